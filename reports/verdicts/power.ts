/** What `tare gate --power` found: what each check of the policy could see, and what it would take. */
import { formatShare } from '../../model/units.ts';
import { growthText } from '../../verdicts/gate-words.ts';
import type { PowerReport } from '../../verdicts/power-check.ts';
import { oneLine } from '../../model/visible-text.ts';
import { count } from '../parts/words.ts';
import { safeJson } from './json.ts';
import { withoutCommands } from './text.ts';
import { cellLabel, severalScenarios } from './words.ts';

export function powerJson(report: PowerReport): string {
  return safeJson({ schema: 1, kind: 'power', ...report });
}

/** A line is "ok" if the check would see a growth of its own limit in 80 % of gates. */
export function powerText({ sights, sharp }: PowerReport): string {
  const several = severalScenarios(sights.map(({ key }) => key));
  const lines = sights.map(({ key, source, level, limit, unit, n, sees, needed, note }) => {
    const good = sees !== null && sees <= limit * (1 + 1e-9);
    const units = unit === 'run' ? count(n, 'run') : count(n, 'launch', 'launches');
    const what =
      sees === null ? 'sees nothing' : `${units} ${n === 1 ? 'shows' : 'show'} ${growthText(sees)}`;
    const more = [
      ...(needed === null ? [] : [`${needed} launches of either side would do`]),
      ...(note === null ? [] : [note]),
    ];
    return `${good ? 'ok    ' : 'BLIND '} ${source}${level === 'warn' ? ' (warn)' : ''}: ${key.metric} of ${cellLabel(key, several)}: ${what}, limit +${formatShare(limit)}${more.map((text) => `; ${text}`).join('')}`;
  });
  const end = sharp
    ? 'sharp: each of the checks that count sees a change of its limit in 80 % of gates'
    : 'BLIND: a check that counts would miss a change of its own limit more often than in one of five gates; measure more, or widen its limit';
  return `${withoutCommands([...lines, end].map(oneLine).join('\n'))}\n`;
}
