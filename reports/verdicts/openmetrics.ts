/**
 * `tare gate` as OpenMetrics 1.0 text, for Prometheus and for GitLab's metrics report: the verdict, each check's
 * state, the cost ratios, and the values in base units, a family per metric.
 */
import type { Unit } from '../../model/quantities.ts';
import type { GateCheck, GateReport } from '../../verdicts/model.ts';
import { oneLine } from '../../model/visible-text.ts';

/** Names and values of one sample's labels; empty values are left out, as the format equates the two. */
type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'stateset' | 'info';
  readonly unit: string;
  readonly help: string;
  /** Sample lines by name and labels, so that none comes twice. */
  readonly samples: Map<string, number>;
}

const unitNames: Readonly<Record<Unit, string>> = {
  s: 'seconds',
  B: 'bytes',
  'B/s': 'bytes_per_second',
  '1/s': 'per_second',
  's/op': 'seconds_per_op',
  cores: 'cores',
  count: '',
  ratio: 'ratio',
  share: 'ratio',
};

const states = ['pass', 'fail', 'inconclusive'] as const;

export function gateOpenMetrics(report: GateReport): string {
  const families = [
    infoFamily(report),
    verdictFamily(report),
    checksFamily(report),
    stateFamily(report),
    changeFamily(report),
    ...valueFamilies(report),
  ];
  return `${families
    .filter((family) => family.samples.size > 0)
    .map(familyText)
    .join('')}# EOF\n`;
}

function infoFamily({ policy }: GateReport): Family {
  const family = made('tare_gate', 'info', '', 'The policy that was applied.');
  put(family, 'tare_gate_info', { policy: policy.name, file: policy.file }, 1);
  return family;
}

function verdictFamily({ state }: GateReport): Family {
  const family = made('tare_gate_verdict', 'stateset', '', 'What the gate decided.');
  for (const each of states) put(family, family.name, { tare_gate_verdict: each }, Number(each === state));
  return family;
}

function checksFamily({ checks }: GateReport): Family {
  const family = made('tare_gate_checks', 'gauge', '', 'Checks by level and state.');
  for (const level of ['error', 'warn'] as const) {
    for (const state of states) {
      const n = checks.filter((check) => check.level === level && check.state === state).length;
      put(family, family.name, { level, state }, n);
    }
  }
  return family;
}

function stateFamily({ checks }: GateReport): Family {
  const family = made('tare_gate_check', 'stateset', '', 'What each check decided.');
  for (const check of checks) {
    for (const state of states) {
      const labels = { ...checkLabels(check), tare_gate_check: state };
      put(family, family.name, labels, Number(check.state === state));
    }
  }
  return family;
}

function changeFamily({ checks }: GateReport): Family {
  const help = 'Head against base as a cost: above 1 is worse, whichever way the metric points.';
  const family = made('tare_gate_cost_ratio', 'gauge', 'ratio', help);
  for (const check of checks) {
    if (check.kind !== 'change' || check.change === null) continue;
    const bounds = {
      estimate: check.change,
      low: check.interval?.low,
      high: check.interval?.high,
      limit: 1 + check.limit,
    };
    for (const [bound, value] of Object.entries(bounds)) {
      if (value !== undefined) put(family, family.name, { ...checkLabels(check), bound }, value);
    }
  }
  return family;
}

function valueFamilies({ checks }: GateReport): Family[] {
  const families = new Map<string, Family>();
  for (const check of checks) {
    if (check.metric === null) continue;
    const unit = check.key.reference === null ? unitNames[check.metric.unit] : 'ratio';
    const stem = `tare_metric_${check.key.metric.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}`;
    const named = unit === '' || stem.endsWith(`_${unit}`) ? stem : `${stem}_${unit}`;
    // Two metrics may come to the same name in different units: the second gets a number before its unit.
    let name = named;
    for (let n = 2; (families.get(name)?.unit ?? unit) !== unit; n += 1) {
      name = unit === '' ? `${stem}_${n}` : `${stem}_${n}_${unit}`;
    }
    const family = families.get(name) ?? made(name, 'gauge', unit, check.metric.title);
    families.set(name, family);
    const sides = { base: check.old, head: check.value };
    for (const [side, value] of Object.entries(sides)) {
      if (value !== null) put(family, name, { ...cellLabels(check), side }, value);
    }
  }
  return [...families.values()];
}

function cellLabels({ key }: GateCheck): Labels {
  const { metric, scenario, runner, workload, shape, reference } = key;
  return { metric, scenario, runner, workload, shape, reference: reference ?? '' };
}

function checkLabels(check: GateCheck): Labels {
  return { kind: check.kind, level: check.level, source: check.source, ...cellLabels(check) };
}

function made(name: string, type: Family['type'], unit: string, help: string): Family {
  return { name, type, unit, help, samples: new Map() };
}

/** The first value stays where labels are equal: two checks of one row carry the same value. */
function put(family: Family, name: string, labels: Labels, value: number): void {
  if (!Number.isFinite(value)) return;
  const pairs = Object.entries(labels)
    .map(([label, text]) => [label, oneLine(text)] as const)
    .filter(([, text]) => text !== '')
    .map(([label, text]) => `${label}="${escaped(text)}"`);
  const line = pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
  if (!family.samples.has(line)) family.samples.set(line, value);
}

function familyText({ name, type, unit, help, samples }: Family): string {
  const lines = [`# TYPE ${name} ${type}`];
  if (unit !== '') lines.push(`# UNIT ${name} ${unit}`);
  lines.push(`# HELP ${name} ${escaped(oneLine(help))}`);
  for (const [line, value] of samples) lines.push(`${line} ${String(value)}`);
  return `${lines.join('\n')}\n`;
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}
