/** What `tare calibrate` found: noise, false alarms and what can be seen, a line per metric and cell. */
import { formatValue, formatShare } from '../../model/units.ts';
import type { Calibration, Noise } from '../../verdicts/calibrate.ts';
import { cellLabel } from '../../verdicts/rows.ts';
import { oneLine } from '../../model/visible-text.ts';
import { count } from '../parts/words.ts';
import { safeJson } from './json.ts';
import { withoutCommands } from './text.ts';

export function calibrationJson(calibration: Calibration): string {
  return safeJson({ schema: 1, kind: 'calibration', ...calibration });
}

export function calibrationText({ runs, rows }: Calibration): string {
  const gated = rows.filter(({ limit }) => limit !== null).length;
  const several = runs.length > 1;
  const lines = [
    `${runs.length} ${several ? 'runs' : 'run'} of one thing against ${several ? 'each other' : 'itself'}: ${gated} of ${rows.length} rows can be gated.`,
    ...(several
      ? []
      : ['One run tells nothing of the noise between runs: calibrate from several (`--runs 5`).']),
    '',
    ...rows.map(lineOf),
  ];
  return `${withoutCommands(lines.map((line) => oneLine(line)).join('\n'))}\n`;
}

function lineOf(noise: Noise): string {
  const {
    key,
    metric,
    median,
    within,
    between,
    cautious,
    falseAlarms,
    comparisons,
    detectable,
    launches,
    limit,
  } = noise;
  const title = `${key.metric} of ${cellLabel(key, true)}: ${formatValue(median, metric.unit)}, ${count(launches, 'launch', 'launches')}`;
  if (noise.refusal !== null) return `${title}; not gated (${noise.refusal.rule}): ${noise.refusal.message}`;
  const parts = [
    `noise ${known(within)} within${between === null ? '' : ` and ${known(between)} between`} runs${cautious === null ? '' : ` (counted as ${known(cautious)}, as so few runs may miss)`}`,
    `false alarms ${falseAlarms === null ? 'unknown' : `${known(falseAlarms)} of ${comparisons}`}`,
    detectable !== null
      ? `sees +${known(detectable)}`
      : within === null
        ? 'no limit: its noise is not known (too few values, or zeros)'
        : 'too few launches for a limit',
    ...(limit === null ? [] : [`limit ${known(limit)}`]),
  ];
  return `${title}; ${parts.join('; ')}`;
}

const known = (share: number | null): string => (share === null ? 'unknown' : formatShare(share));
