/** Every format of `tare advise` by name: advice or rules go in, a string comes out. */
import type { Advice } from '../../guidance/advise.ts';
import { readStyle } from '../formats/html/assets.ts';
import { documentOf } from '../formats/html/document.ts';
import { safeJson } from '../verdicts/json.ts';
import { joined, markdownParts } from '../verdicts/markdown.ts';
import { adviceView } from './view.ts';

export { adviceText as renderAdviceText } from './text.ts';
export {
  rulesJson as renderRulesJson,
  rulesMarkdown as renderRulesMarkdown,
  rulesText as renderRulesText,
} from './rules.ts';

/** Raised when a field changes its meaning or goes away; new fields raise nothing. */
const schema = 1;

export function renderAdviceMarkdown(advice: Advice, today: Date): string {
  return joined(markdownParts(adviceView(advice, today)));
}

export function renderAdviceHtml(advice: Advice, today: Date): string {
  return documentOf(adviceView(advice, today), readStyle());
}

export function renderAdviceJson(advice: Advice): string {
  return safeJson({ schema, kind: 'advice', ...advice });
}
