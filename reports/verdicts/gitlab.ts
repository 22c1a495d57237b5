/**
 * `tare gate` as a GitLab code-quality report: an issue, on its line of the policy, for each check that did not
 * simply pass. GitLab compares fingerprints between branches, so they hold no measured number and no line.
 */
import { createHash } from 'node:crypto';
import type { GateCheck, GateReport } from '../../verdicts/model.ts';
import { oneLine } from '../../model/visible-text.ts';
import { shortened } from '../parts/words.ts';
import { checkLine, manyScenarios } from './gate-view.ts';
import { placeOf } from './github.ts';
import { safeJson } from './json.ts';
import { checkWord, inUrgency } from './words.ts';

const longestDescription = 1000;

export function gateGitlabQuality(report: GateReport): string {
  const seen = new Map<string, number>();
  const issues = inUrgency(report.checks)
    .filter((check) => checkWord(check).text !== 'PASS')
    .map((check) => {
      const identity = JSON.stringify([check.kind, check.level, check.key]);
      const same = seen.get(identity) ?? 0;
      seen.set(identity, same + 1);
      const { file, line } = placeOf(check.source);
      const story = `${checkWord(check).text} ${checkLine(check, manyScenarios(report))}`;
      return {
        description: shortened(oneLine(story), longestDescription),
        check_name: `tare-gate-${check.kind}`,
        fingerprint: createHash('sha256').update(`${identity}#${same}`).digest('hex'),
        severity: severityOf(check),
        location: { path: file === '' ? 'gate.yaml' : file, lines: { begin: line ?? 1 } },
      };
    });
  return safeJson(issues);
}

function severityOf({ state, level }: GateCheck): 'critical' | 'major' | 'minor' | 'info' {
  if (state === 'fail') return level === 'error' ? 'critical' : 'minor';
  return state === 'inconclusive' && level === 'error' ? 'major' : 'info';
}
