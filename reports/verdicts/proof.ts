/** What `tare gate --prove` showed: one line per check of the policy, and the sum of it. */
import { verdictAlpha } from '../../bench/statistics/power.ts';
import type { GateState } from '../../verdicts/model.ts';
import type { ProofReport } from '../../verdicts/prove.ts';
import { oneLine } from '../../model/visible-text.ts';
import { safeJson } from './json.ts';
import { withoutCommands } from './text.ts';

export function proofJson(report: ProofReport): string {
  return safeJson({ schema: 1, kind: 'proof', ...report });
}

/** A line is "ok" if the check passes unchanged and fails on a regression of its own limit. */
export function proofText({ proofs, proven }: ProofReport): string {
  const words: Readonly<Record<GateState, string>> = {
    pass: 'passes',
    fail: 'fails',
    inconclusive: 'is undecided',
  };
  const lines = [
    ...proofs.map(({ unchanged, injected, line, source, factor, level }) => {
      const good = unchanged === 'pass' && injected === 'fail';
      const where = `${source}${level === 'warn' ? ' (warn)' : ''}`;
      return `${good ? 'ok    ' : 'NOT ok'} ${where}: unchanged it ${words[unchanged]}, with values times ${factor.toPrecision(4)} it ${words[injected]}: ${line}`;
    }),
    proven
      ? `proven: each of the checks that count fails on a regression of its limit (p < ${verdictAlpha}) and passes on none`
      : 'NOT proven: a check that counts would not fail on a regression of its own limit, or does not pass unchanged; measure more blocks, or widen its limit',
  ];
  return `${withoutCommands(lines.map(oneLine).join('\n'))}\n`;
}
