/** What sets the count and what would change it, in a planner's words: the headline of an answer. */
import { formatValue } from '../../model/units.ts';
import { limitOf, type Factor, type Limit, type Limits } from '../../sizing/explain/limits.ts';
import type { SizingPolicy } from '../../sizing/model.ts';
import { alternatives } from '../../sizing/problem.ts';
import type { BothWeights } from '../../sizing/weights.ts';
import type { Answer, Sizing } from '../../sizing/size.ts';
import { alternativeNames, assumedMark, dimensionName, hostsWord } from './words.ts';

/** "`apart: 4` of shop", "memory", "the limit of 110 instances on a host" */
export function limitName({ kind, name, most }: Limit): string {
  if (kind === 'apart') return `\`apart: ${String(most)}\` of ${name}`;
  if (kind === 'instances') return `the limit of ${String(most)} instances on a host`;
  return dimensionName(name);
}

/** The same with the hosts that it alone asks for. */
export function limitCell(answer: Answer): string {
  const limit = answer.unplaced.length > 0 ? null : limitOf(answer);
  if (limit === null) return '–';
  const { kind, name, most, hosts } = limit;
  const short =
    kind === 'apart'
      ? `apart ${String(most)} of ${name}`
      : kind === 'instances'
        ? `${String(most)} a host`
        : dimensionName(name);
  return `${short}: ${kind === 'apart' ? String(hosts) : hosts.toFixed(2)}`;
}

interface Told {
  readonly sizing: Sizing;
  readonly policy: SizingPolicy;
  readonly weights: BothWeights;
  /** Null: nobody asked what easing would save. */
  readonly limits?: Limits | null;
}

/** What it means, what sets the count, and what would change it: each a sentence. */
export function headline(view: Told): string[] {
  const { answers, today } = view.sizing;
  const now = today === null ? '' : `; today ${hostsWord(today.hosts)}`;
  const fitting = answers.filter(({ hosts }) => hosts !== null);
  const [first] = fitting;
  const count = ({ alternative, hosts }: Answer) =>
    `${hosts === null ? 'no number of hosts' : hostsWord(hosts)} as ${alternativeNames[alternative]}${assumedMark(alternative, view.weights)}`;
  if (first === undefined) return [`${answers.map(count).join(', ')}${now}.`];
  const limits = fitting.flatMap((answer) => limitOf(answer) ?? []);
  const names = [...new Set(limits.map(limitName))];
  const [name = ''] = names;
  const isOne = names.length === 1;
  const isEqual = fitting.length === answers.length && answers.every(({ hosts }) => hosts === first.hosts);
  const isRule = limits.every(({ kind }) => kind !== 'resource');
  const decided = decisionWords(view);
  const isDefault = alternatives.some((name) => assumedMark(name, view.weights) !== '');
  const isAssumed = isDefault ? ', by assumed weights' : '';
  if (isEqual && answers.every(({ working }) => working === 1))
    return [
      `The same ${hostsWord(first.hosts ?? 0)} each way${now}${isAssumed}: one holds it all${first.hosts === 1 ? '' : ', the rest is there for losses'}.`,
    ];
  if (isEqual && isOne) {
    const because = isRule
      ? `${name} decides, not the isolation`
      : `${name} decides, and what the isolation adds is less than a host`;
    return [
      `The same ${hostsWord(first.hosts ?? 0)} each way${now}${isAssumed}: ${because}.`,
      ...easedWords(view),
      ...decided,
    ];
  }
  const sets = isOne
    ? `${upper(name)} sets the count`
    : `What sets the count: ${fitting
        .flatMap((answer) => {
          const limit = limitOf(answer);
          return limit === null ? [] : [`${limitName(limit)} as ${alternativeNames[answer.alternative]}`];
        })
        .join(', ')}`;
  const counts = isEqual
    ? `The same ${hostsWord(first.hosts ?? 0)} each way${now}${isAssumed}`
    : `${answers.map(count).join(', ')}${now}`;
  return [`${counts}.`, `${sets}.`, ...decided, ...easedWords(view)];
}

/** Hosts after the limit of each answer is eased. */
function easedWords({ sizing, limits }: Told): string[] {
  if (limits == null) return [];
  const found = sizing.answers.flatMap((answer) => {
    const eased = limits.eased[answer.alternative];
    const limit = limitOf(answer);
    if (eased?.hosts == null || limit === null || answer.hosts === null) return [];
    const what =
      eased.how === 'dropped' ? `Without ${limitName(limit)}` : `With ${eased.how} of ${limitName(limit)}`;
    const saved = eased.hosts === 0 && (eased.cost ?? 0) === 0;
    return [
      {
        what,
        hosts: saved ? 'no fewer' : String(answer.hosts + eased.hosts),
        money: eased.cost === null || eased.cost === 0 ? '' : ` (cost ${eased.cost.toFixed(0)})`,
        name: alternativeNames[answer.alternative],
      },
    ];
  });
  const whats = [...new Set(found.map(({ what }) => what))];
  return whats.map((what) => {
    const own = found.filter((one) => one.what === what);
    const all = new Set(own.map(({ hosts, money }) => hosts + money));
    const [only] = own;
    if (all.size === 1 && only !== undefined && own.length === alternatives.length)
      return `${what}: ${only.hosts}${only.money} each way.`;
    return `${what}: ${own.map(({ hosts, money, name }) => `${hosts}${money} as ${name}`).join(', ')}.`;
  });
}

/** What separates virtual machines and containers, where something does. */
function decisionWords({ sizing, policy, limits }: Told): string[] {
  const decision = limits?.decision ?? null;
  if (decision === null) return [];
  const [vm, container] = (['vm', 'container'] as const).map((name) =>
    sizing.answers.find(({ alternative }) => alternative === name),
  );
  if (vm === undefined || container === undefined) return [];
  const bytes = (value: number) => formatValue(value, 'B');
  const { maxInstances } = policy;
  const words: Readonly<Record<Factor, string>> = {
    reserves: `what hosts reserve for their systems (${bytes(vm.keptBytes)} of VMs, ${bytes(container.keptBytes)} of containers)`,
    instances: `how many a host may hold (${String(maxInstances.vm)} VMs, ${String(maxInstances.container)} containers)`,
    tare: `the weight of the isolation (${bytes(vm.tareBytes)} as VMs, ${bytes(container.tareBytes)} as containers)`,
    licences: 'licences',
  };
  const what = decision.measure === 'hosts' ? 'virtual machines and containers' : 'their cost';
  return decision.factors.length === 0
    ? [`No single one of reserves, limits of instances, weight and licences separates ${what}.`]
    : [`What separates ${what}: ${decision.factors.map((factor) => words[factor]).join('; or ')}.`];
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
