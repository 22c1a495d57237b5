/** The rules that a finished text cites, for formats that explain them in a list at the end. */
import { citedRules, ruleAnchor, rules } from '../../model/rules.ts';

/** "Rules:", then a line for each: what it says, and where it is explained. Nothing where none is cited. */
export function ruleList(text: string): string {
  const lines = citedRules(text).map((id) => `  - ${id}: ${rules[id].title} (${ruleAnchor(id)})`);
  return lines.length === 0 ? '' : ['Rules:', ...lines].join('\n');
}
