/** A sizing for a terminal: the three answers side by side, then what each stands on. */
import { formatValue } from '../../bench/units.ts';
import type { SizingPolicy } from '../../sizing/model.ts';
import type { Alternative } from '../../sizing/problem.ts';
import type { Answer, Sizing } from '../../sizing/size.ts';
import type { BothWeights } from '../../sizing/weights.ts';
import { oneLine } from '../text.ts';

/** Everything that a reader of the count must see beside it. */
export interface SizingView {
  readonly sizing: Sizing;
  readonly policy: SizingPolicy;
  readonly weights: BothWeights;
  /** Hosts with the tare at the ends of its 95 % interval; null: it has none. */
  readonly between: Readonly<Record<Alternative, readonly [number, number]>> | null;
  /** Hosts more with so much more memory per instance. */
  readonly steps: readonly {
    readonly bytes: number;
    readonly more: Readonly<Record<Alternative, number | null>>;
  }[];
  readonly preview: readonly string[];
}

export const alternativeNames: Readonly<Record<Alternative, string>> = {
  vm: 'virtual machines',
  container: 'containers',
  'containers-in-vms': 'containers in VMs',
};

export function sizingText({ sizing, policy, weights, between, steps, preview }: SizingView): string {
  const bytes = (value: number) => formatValue(value, 'B');
  const { answers } = sizing;
  const rows: string[][] = [
    ['', ...answers.map(({ alternative }) => alternativeNames[alternative])],
    ['hosts', ...answers.map(({ hosts }) => (hosts === null ? 'does not fit' : String(hosts)))],
    ...(between === null
      ? []
      : [['  95 % of the tare', ...answers.map(({ alternative }) => between[alternative].join(' to '))]]),
    ['  of them working', ...answers.map(({ working }) => String(working))],
    ['  at least (proven)', ...answers.map(({ bound }) => String(bound))],
    ['  losses survived', ...answers.map(lossWords)],
    [
      'by type',
      ...answers.map((a) => a.byType.map(({ type, hosts }) => `${hosts} ${oneLine(type)}`).join(', ')),
    ],
    ['fullest', ...answers.map(({ why }) => bindingWords(why.binding))],
    ['tare, memory', ...answers.map(({ tareBytes }) => bytes(tareBytes))],
    ['machines', ...answers.map(({ machines }) => String(machines))],
    [
      'cost a month',
      ...answers.map(({ cost }) => (cost === null ? '-' : `${cost.perMonth.toFixed(0)} ${cost.currency}`)),
    ],
    ['power', ...answers.map(({ watts }) => (watts === null ? '-' : `${watts.toFixed(0)} W`))],
    ...steps.map(({ bytes: more, more: hosts }) => [
      `+${bytes(more)} per instance`,
      ...answers.map(({ alternative }) => hostsMore(hosts[alternative])),
    ]),
  ];
  const [first] = answers;
  const lines = [
    ...preview,
    '',
    ...(first === undefined
      ? []
      : [
          `${first.instances} instances; their own need: ${bytes(first.own.memory)}, ${first.own.cpu.toFixed(1)} threads`,
        ]),
    `stands on ${sizing.basis.words}`,
    ...(sizing.today === null ? [] : [`today: ${sizing.today} hosts`]),
    '',
    ...aligned(rows),
    '',
    ...answers.flatMap((answer) => remarksOf(answer)),
    'containers in VMs: a spread over failure domains is not asked of the machines',
    ...(['vm', 'container'] as const).flatMap((form) => [
      `tare of a ${form === 'vm' ? 'virtual machine' : 'container'}: ${weights[form].evidence}, ${oneLine(weights[form].source)}`,
      ...weights[form].remarks.map((remark) => `  ${oneLine(remark)}`),
    ]),
    `policy ${oneLine(policy.name)}: ${policy.choices.filter(({ from }) => from === 'default').length} of ${policy.choices.length} values are published defaults (--json lists them)`,
  ];
  return lines.join('\n');
}

function lossWords({ survives, hosts, spared }: Answer): string {
  if (survives.losses === 0) return 'none asked for';
  const words = `any ${survives.losses} ${survives.unit}${survives.losses === 1 ? '' : 's'}`;
  return hosts === null || spared === null ? `${words}: no` : `${words}, replayed`;
}

function bindingWords(binding: Answer['why']['binding']): string {
  return (
    binding.map(({ dimension, share }) => `${dimension} ${(100 * share).toFixed(0)} %`).join(', ') || '-'
  );
}

function hostsMore(more: number | null): string {
  if (more === null) return '-';
  return more === 0 ? 'no host more' : `${more > 0 ? '+' : ''}${more} host${Math.abs(more) === 1 ? '' : 's'}`;
}

/** Why not one fewer, and what has no place. */
function remarksOf({ alternative, why, unplaced }: Answer): string[] {
  return [
    `${alternativeNames[alternative]}: ${why.whyNotFewer.state}: ${oneLine(why.whyNotFewer.because)}`,
    ...unplaced
      .slice(0, 5)
      .map(({ item, count, reason }) => `  no place for ${count} of ${oneLine(item)}: ${oneLine(reason)}`),
  ];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
