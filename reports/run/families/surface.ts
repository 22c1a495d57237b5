/**
 * What a program inside can reach and see: one row per fact, one column per runner. Facts have no better
 * or worse and no sum; what a row means for a given use is the reader's to say (C28).
 */
import { capital } from '../../../model/units.ts';
import type { Analysis } from '../../../model/analysis.ts';
import type { RunRecord } from '../../../model/record.ts';
import { capabilitiesIn, knownCapabilities } from './capabilities.ts';
import {
  columns,
  folded,
  number,
  table,
  text,
  type Block,
  type Table,
  type TableCell,
} from '../../parts/parts.ts';
import type { Subjects } from '../../parts/subjects.ts';
import {
  attemptOf,
  attemptTitles,
  bytesWords,
  callsWith,
  foundIn,
  hostValues,
  neighbourSeen,
  outsideWords,
  seesHost,
  sharesKernel,
  writableOf,
  type Attempt,
  type Found,
  type HostValue,
} from './surface-facts.ts';
import { count } from '../../parts/words.ts';

/** A fact's title and how it reads for one examined cell. */
type Row = readonly [title: string, read: (found: Found) => TableCell];

const fact = (found: Found, key: string): string => found.surface.facts[key] ?? '';
const whose = (found: Found): string => (sharesKernel(found) ? 'the host’s' : 'its own');

/** Blocks of the isolation section; none where nothing was examined. */
export function surfaceBlocks(record: RunRecord, _analysis: Analysis, subjects: Subjects): Block[] {
  const found = foundIn(record);
  if (found.length === 0) return [];
  const heads = columns('Found inside', ...found.map(({ cell }) => subjects.label(cell.id)));
  const made = (id: string, caption: string, rows: readonly Row[], notes: readonly string[] = []): Table =>
    table(
      id,
      caption,
      heads,
      rows.map(([head, read]) => ({ head, cells: found.map((each) => narrowed(read(each))) })),
      notes,
    );
  const unsteady = found.filter(({ steady }) => !steady).map(({ cell }) => subjects.label(cell.id));
  const notes = [
    'Found by trying from inside: files opened, calls made, a second instance started to be seen. “Allowed” means that the kernel got past the question of who may; nothing was changed.',
    'Launches of voided blocks count here: what an instance may do does not depend on what else the host did.',
    ...(unsteady.length === 0
      ? []
      : [`Launches differed from one another: ${unsteady.join(', ')}. The first is shown.`]),
  ];
  return [
    { kind: 'prose', lines: differences(found, subjects) },
    { kind: 'table', table: made('surface-may', 'What a program inside may do', powers) },
    { kind: 'table', table: made('surface-sees', 'What it sees', views, notes) },
    ...callBlocks(found, subjects),
  ];
}

/** Many runners stand side by side: their columns have to share the page. */
function narrowed(cell: TableCell): TableCell {
  return cell.kind === 'text' ? { ...cell, narrow: true } : cell;
}

const powers: readonly Row[] = [
  ['Kernel', (found) => text(`${fact(found, 'kernel.release')}, ${whose(found)}`)],
  ['Capabilities', (found) => capabilityCell(fact(found, 'process.CapEff'))],
  ['System call filter', (found) => text(filterWords(found))],
  [
    'New privileges',
    (found) => text(fact(found, 'process.NoNewPrivs') === '1' ? 'cannot be gained' : 'can be gained'),
  ],
  ['Root inside is', (found) => text(rootWords(found))],
  ['System calls reached', reachedCell],
  ...(Object.keys(attemptTitles) as Attempt[]).map((attempt): Row => [
    attemptTitles[attempt],
    (found) => text(attemptWords(found, attempt)),
  ]),
  ['Make a node for a disk and open it', (found) => text(diskWords(found))],
  ['Kernel settings it can write', (found) => text(writableWords(found, 'sysctls'))],
  ['Files of /sys it can write', (found) => text(writableWords(found, 'sysfs'))],
  ['Behind it on the host', (found) => text(outsideWords(found) ?? 'not seen')],
];

const views: readonly Row[] = [
  ...(Object.keys(hostValues) as HostValue[]).map((value): Row => [
    capital(hostValues[value]),
    (found) => valueCell(found, value),
  ]),
  ['Kernel addresses', (found) => text(kernelFile(found, 'read.kallsyms', 'addresses'))],
  ['Kernel log', (found) => text(kernelFile(found, 'read.dmesg', 'yes'))],
  ['Kernel memory (kcore)', (found) => text(kernelFile(found, 'read.kcore', 'yes'))],
  [
    'Firmware tables',
    (found) => text(fact(found, 'read.firmware') === '0' ? 'none' : `${whose(found)} machine’s`),
  ],
  ['Devices', devicesCell],
  ['PID 1', (found) => text(fact(found, 'init') === 'own' ? 'its own' : 'the host’s')],
  ['Processes', (found) => text(fact(found, 'processes'))],
  [
    'Another instance next to it',
    (found) => {
      const seen = neighbourSeen(found);
      return text(seen.length === 0 ? 'not seen' : `seen: its ${seen.join(', ')}`);
    },
  ],
];

function capabilityCell(mask: string): TableCell {
  const names = capabilitiesIn(mask);
  if (names.length === 0) return text('none');
  const short = `${names.length} of ${knownCapabilities}`;
  return { kind: 'text', text: short, full: `${short}: ${names.join(', ')}` };
}

function filterWords(found: Found): string {
  const filters = Number(fact(found, 'process.Seccomp_filters'));
  if (fact(found, 'process.Seccomp') === '0') return 'none';
  return filters > 0 ? count(filters, 'filter') : 'on';
}

function rootWords(found: Found): string {
  const map = fact(found, 'process.uid-map');
  if (!sharesKernel(found)) return 'root of its own kernel';
  const [inside, outside, length] = map.split(' ').map(Number);
  if (inside === 0 && outside === 0 && length === 4294967295) return 'root of the host';
  return `user ${outside ?? '?'} of the host, in a user namespace`;
}

function reachedCell(found: Found): TableCell {
  const { calls } = found.surface;
  if (calls === null) return text('unknown: no checker for this architecture');
  const known = calls.reached.length + calls.refused.length + calls.absent.length;
  return text(`${calls.reached.length} of ${known} tried; ${calls.refused.length} refused`);
}

function attemptWords(found: Found, attempt: Attempt): string {
  const word = found.surface.attempts[attempt] ?? '';
  switch (attemptOf(found, attempt)) {
    case 'unknown':
      return 'unknown: no checker for this architecture';
    case 'refused':
      return 'refused';
    case 'absent':
      return 'not in this kernel';
    case 'allowed':
      return word === 'done' ? 'allowed' : `allowed (${word} to nonsense)`;
  }
}

function diskWords(found: Found): string {
  const word = fact(found, 'device.block');
  if (word === 'opened') return `allowed: ${whose(found)} disk`;
  return word;
}

function writableWords(found: Found, what: 'sysctls' | 'sysfs'): string {
  const { opened, tried } = writableOf(found, what);
  return opened === 0 ? `none of ${tried}` : `${opened} of ${tried}, ${whose(found)}`;
}

function valueCell(found: Found, value: HostValue): TableCell {
  const seen = fact(found, value);
  const owner = seesHost(found, value) ? 'the host’s' : 'its own';
  switch (value) {
    case 'memory.total':
      return text(
        `${bytesWords(seen)}, ${owner} (its cap: ${bytesWords(String(found.cell.shape.memoryBytes))})`,
      );
    case 'cpus.online':
      return text(`${seen}, ${owner}; usable: ${fact(found, 'cpus.usable')}`);
    case 'partitions':
      return seen === '' ? text('none') : text(`${seen}, ${owner}`);
    case 'uptime':
    case 'load':
    case 'cmdline':
      return text(owner);
  }
}

function kernelFile(found: Found, key: string, open: string): string {
  const word = fact(found, key);
  return word === open ? `readable, ${whose(found)}` : word === 'zeros' ? 'hidden' : word;
}

function devicesCell(found: Found): TableCell {
  const names = fact(found, 'devices').split(' ');
  return { kind: 'text', text: String(names.length), full: `${names.length}: ${names.join(', ')}` };
}

/** What sets the runners apart, in sentences. */
function differences(found: readonly Found[], subjects: Subjects): string[] {
  const named = (some: readonly Found[]) => some.map(({ cell }) => subjects.label(cell.id)).join(', ');
  const [shared, own] = [found.filter(sharesKernel), found.filter((each) => !sharesKernel(each))];
  const see = found.filter((each) => neighbourSeen(each).length > 0);
  return [
    [
      ...(shared.length === 0 ? [] : [`On the host’s kernel: ${named(shared)}.`]),
      ...(own.length === 0 ? [] : [`On a kernel of its own: ${named(own)}.`]),
      see.length === 0
        ? 'No instance saw the one next to it.'
        : `Saw the instance next to it: ${named(see)}.`,
    ].join(' '),
  ];
}

/** Calls by name, where runners on one kernel differ: what a filter or a capability takes away. */
function callBlocks(found: readonly Found[], subjects: Subjects): Block[] {
  const rows = found
    .filter(({ surface }) => surface.calls !== null)
    .map((each) => ({
      head: subjects.label(each.cell.id),
      cells: [
        number(String(callsWith(each, 'refused').length)),
        text(callsWith(each, 'refused').join(', ')),
        number(String(callsWith(each, 'absent').length)),
        text(callsWith(each, 'absent').join(', ')),
      ],
    }));
  if (rows.length === 0) return [];
  const heads = columns('Runner', '#Refused', 'Refused calls', '#Not in the kernel', 'Calls it lacks');
  const notes = [
    'Every call that x86-64 Linux had up to version 6.18 was made with void arguments (sync was not: it would write out the whole host’s memory). Refused: EPERM or killed by a filter. A count says how much of a kernel is in reach, not how safe it is.',
  ];
  return [folded(table('surface-calls', 'System calls refused and missing, by name', heads, rows, notes))];
}
