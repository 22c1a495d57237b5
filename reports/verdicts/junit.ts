/**
 * `tare gate` as JUnit XML, which every CI service reads: a suite per metric, a case per check. Kept to what
 * the schema of Ant's JUnit task and that of Jenkins both allow. What only warns passes and speaks in the
 * suite's output, what could not be decided is skipped, both with the whole story.
 */
import type { GateCheck, GateReport } from '../../verdicts/model.ts';
import type { Markup } from '../formats/html/markup.ts';
import { element } from '../formats/html/markup.ts';
import { oneLine } from '../../model/visible-text.ts';
import { checkLine, gateAnswer, manyScenarios } from './gate-view.ts';
import { cellLabel, checkWord, inUrgency } from './words.ts';

export function gateJunit(report: GateReport): string {
  const metrics = [...new Set(report.checks.map((check) => check.key.metric))];
  const suites = metrics.map((metric, index) => {
    const checks = report.checks.filter((check) => check.key.metric === metric);
    return suiteOf(report, metric, index, inUrgency(checks));
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', {}, '\n', ...apart(suites)).markup}\n`;
}

function suiteOf(report: GateReport, metric: string, id: number, checks: readonly GateCheck[]): Markup {
  const withScenario = manyScenarios(report);
  const failures = checks.filter((check) => check.state === 'fail' && check.level === 'error').length;
  const skipped = checks.filter((check) => check.state === 'inconclusive').length;
  const said = checks
    .filter((check) => ['WARN', 'SUSPECT'].includes(checkWord(check).text))
    .map((check) => `${checkWord(check).text} ${oneLine(checkLine(check, withScenario))}\n`);
  return element(
    'testsuite',
    {
      name: nameOf(metric),
      package: 'tare.gate',
      id,
      timestamp: timestampOf(report),
      hostname: nameOf(report.head[0]?.host.name ?? 'localhost'),
      tests: checks.length,
      failures,
      errors: 0,
      skipped,
      time: 0,
    },
    '\n',
    ...apart([
      propertiesOf(report),
      ...checks.map((check) => caseOf(check, withScenario)),
      element('system-out', {}, said.join('')),
      element('system-err', {}),
    ]),
  );
}

function propertiesOf(report: GateReport): Markup {
  const property = (name: string, value: string) => element('property', { name, value: oneLine(value) });
  return element(
    'properties',
    {},
    property('policy', report.policy.name),
    property('policy.file', report.policy.file),
    property('verdict', report.state),
    property('answer', gateAnswer(report)),
    ...report.base.map((run) => property('base', run.runId)),
    ...report.head.map((run) => property('head', run.runId)),
    ...report.remarks.map((remark) => property('remark', remark.message)),
  );
}

function caseOf(check: GateCheck, withScenario: boolean): Markup {
  const story = oneLine(checkLine(check, withScenario));
  const { state, level } = check;
  const outcome =
    state === 'inconclusive'
      ? element('skipped', { message: story })
      : state === 'fail' && level === 'error'
        ? element('failure', { message: story, type: check.kind }, story)
        : null;
  const attributes = {
    name: nameOf(`${check.kind}, ${level}: ${cellLabel(check.key, withScenario)}`),
    classname: nameOf(`tare.${check.key.scenario}.${check.key.metric}`),
    time: 0,
  };
  return element('testcase', attributes, outcome);
}

/** Never empty: schemas ask for one letter at least. */
function nameOf(label: string): string {
  const name = oneLine(label);
  return name === '' ? '(unnamed)' : name;
}

/** When the last run of head started, in UTC, without a zone, as the schema has it. */
function timestampOf({ head }: GateReport): string {
  const times = head.map((run) => Date.parse(run.startedAt)).filter(Number.isFinite);
  return new Date(times.length === 0 ? 0 : Math.max(...times)).toISOString().slice(0, 19);
}

function apart(children: readonly Markup[]): readonly (Markup | string)[] {
  return children.flatMap((child) => [child, '\n']);
}
