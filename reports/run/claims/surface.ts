/**
 * The parts of claims S5 (isolation, its security half) and S6 (the whole of an operating system) that
 * surface facts answer. Each fact is a row of its own: no count of facts, no sum, and no mixing with what
 * a neighbour costs (C28). What a check from inside cannot see, such as the device emulation of a VMM, is
 * said to be unknown.
 */
import type { RunRecord } from '../../../model/record.ts';
import type { ClaimRow, ClaimState } from '../../parts/claim.ts';
import type { Subjects } from '../../parts/subjects.ts';
import {
  attemptOf,
  foundIn,
  hostValues,
  neighbourSeen,
  outsideCapabilities,
  outsideWords,
  seesHost,
  sharesKernel,
  writableOf,
  type Attempt,
  type Found,
  type HostValue,
} from '../families/surface-facts.ts';

/** How one examined cell stands to the host in one matter. */
interface Stand {
  /** It does not reach, or does not see, what is the host's. */
  readonly apart: boolean;
  readonly words: string;
}

interface Matter {
  readonly resource: string;
  readonly stand: (found: Found) => Stand;
}

const onHostKernel = (found: Found, may: boolean, done: string, not: string): Stand => {
  if (!may) return { apart: true, words: not };
  return sharesKernel(found)
    ? { apart: false, words: `${done}, the host’s` }
    : { apart: true, words: `${done}, of its own kernel only` };
};

const attempted = (attempt: Attempt, done: string): Matter['stand'] => {
  return (found) => onHostKernel(found, attemptOf(found, attempt) === 'allowed', done, 'cannot');
};

/** What a wall could be expected to keep apart. */
const matters: readonly Matter[] = [
  {
    resource: 'kernel underneath',
    stand: (found) => ({
      apart: !sharesKernel(found),
      words: sharesKernel(found) ? 'the host’s own kernel' : `a kernel of its own`,
    }),
  },
  {
    resource: 'host state in /proc',
    stand: (found) => {
      const seen = (Object.keys(hostValues) as HostValue[]).filter((value) => seesHost(found, value));
      return {
        apart: seen.length === 0,
        words:
          seen.length === 0
            ? 'sees none of it'
            : `sees the host’s ${seen.map((value) => hostValues[value]).join(', ')}`,
      };
    },
  },
  {
    resource: 'kernel log and addresses',
    stand: (found) => {
      const { facts } = found.surface;
      const may = facts['read.dmesg'] === 'yes' || facts['read.kallsyms'] === 'addresses';
      return onHostKernel(found, may, 'reads them', 'cannot');
    },
  },
  { resource: 'loading kernel modules', stand: attempted('module', 'can') },
  { resource: 'setting the clock', stand: attempted('clock', 'can') },
  {
    resource: 'writing kernel settings',
    stand: (found) => onHostKernel(found, writableOf(found, 'sysctls').opened > 0, 'can', 'cannot'),
  },
  {
    resource: 'opening a disk',
    stand: (found) => onHostKernel(found, found.surface.facts['device.block'] === 'opened', 'can', 'cannot'),
  },
  {
    resource: 'seeing other instances',
    stand: (found) => {
      const seen = neighbourSeen(found);
      return {
        apart: seen.length === 0,
        words: seen.length === 0 ? 'sees none' : `sees its ${seen.join(', ')}`,
      };
    },
  },
];

const toMeasure = 'to find out, run the scenario "surface" with a VM runner and a container runner.';

/** Security rows of S5. */
export function surfaceRows(record: RunRecord, subjects: Subjects): ClaimRow[] {
  const { vms, containers } = sides(record, subjects);
  if (vms.length === 0 || containers.length === 0) {
    return [row('surface from inside', 'not-measured', `No VM and container were examined; ${toMeasure}`)];
  }
  const label = (found: Found) => subjects.label(found.cell.id);
  return [
    ...matters.map(({ resource, stand }) => {
      const state = apartState(vms.map(stand), containers.map(stand));
      const alike = state === 'does-not-hold' && vms.every((found) => stand(found).apart);
      const evidence = `${saying([...containers, ...vms], label, (found) => stand(found).words)}.`;
      return row(resource, state, alike ? `${evidence} No difference: each keeps it apart.` : evidence);
    }),
    behindRow(vms, containers, label),
    callsRow(containers, vms, label),
  ];
}

/** Holds where every VM keeps apart what no container does. */
function apartState(vms: readonly Stand[], containers: readonly Stand[]): ClaimState {
  if (!vms.every(({ apart }) => apart)) return 'does-not-hold';
  const open = containers.filter(({ apart }) => !apart).length;
  if (open === 0) return 'does-not-hold';
  return open === containers.length ? 'holds' : 'partly';
}

/** Who breaks out of an instance is the process that the host sees: what may that one do? */
function behindRow(
  vms: readonly Found[],
  containers: readonly Found[],
  label: (found: Found) => string,
): ClaimRow {
  const resource = 'process behind the wall';
  const [more, less] = [vms, containers].map((side) =>
    side.map(outsideCapabilities).filter((some) => some !== null),
  );
  const words = saying([...containers, ...vms], label, (found) => outsideWords(found) ?? 'not seen');
  if (more === undefined || less === undefined || more.length === 0 || less.length === 0) {
    return row(resource, 'not-measured', `${words}.`);
  }
  const state =
    Math.max(...more) <= Math.min(...less)
      ? 'holds'
      : Math.min(...more) > Math.max(...less)
        ? 'does-not-hold'
        : 'partly';
  return row(
    resource,
    state,
    `On the host: ${words}. Whoever got out would be that process; as configured here.`,
  );
}

function callsRow(
  containers: readonly Found[],
  vms: readonly Found[],
  label: (found: Found) => string,
): ClaimRow {
  const reached = (found: Found) => {
    const { calls } = found.surface;
    return calls === null ? 'unknown' : String(calls.reached.length);
  };
  return row(
    'system calls of the host’s kernel',
    'not-measured',
    `Containers reach them from inside: ${saying(containers, label, reached)}. Calls inside ${vms.map(label).join(', ')} end in a kernel of its own; what its VMM asks of the host’s kernel is not seen from inside, and published work found it to be no less of it.`,
  );
}

/** An operating system's powers, and whether an instance has them. */
const powers: readonly { readonly resource: string; readonly has: (found: Found) => boolean | null }[] = [
  { resource: 'a kernel of its own', has: (found) => !sharesKernel(found) },
  { resource: 'its own init (PID 1)', has: (found) => found.surface.facts['init'] === 'own' },
  { resource: 'kernel modules', has: power('module') },
  { resource: 'kernel settings (sysctl)', has: (found) => writableOf(found, 'sysctls').opened > 0 },
  { resource: 'mounting file systems', has: power('mount') },
  { resource: 'setting the clock', has: power('clock') },
  { resource: 'restarting', has: power('reboot') },
  { resource: 'disks as devices', has: (found) => found.surface.facts['device.block'] === 'opened' },
  { resource: 'I/O ports', has: power('ports') },
  { resource: 'raw sockets', has: power('rawSocket') },
];

function power(attempt: Attempt): (found: Found) => boolean | null {
  return (found) => {
    const answer = attemptOf(found, attempt);
    return answer === 'unknown' ? null : answer === 'allowed';
  };
}

/** Rows of S6: one per power of an operating system. */
export function wholeSystemRows(record: RunRecord, subjects: Subjects): ClaimRow[] {
  const { vms, containers } = sides(record, subjects);
  if (vms.length === 0) {
    return [row('powers of an operating system', 'not-measured', `No VM was examined; ${toMeasure}`)];
  }
  return powers.map(({ resource, has }) => {
    const words = (found: Found) => ({ true: 'has it', false: 'has not', null: 'unknown' })[`${has(found)}`];
    const answers = vms.map(has);
    const state: ClaimState = answers.includes(null)
      ? 'not-measured'
      : answers.every((answer) => answer === true)
        ? 'holds'
        : answers.includes(true)
          ? 'partly'
          : 'does-not-hold';
    const too = containers.length > 0 && containers.every((found) => has(found) === true);
    const evidence = `${saying([...vms, ...containers], (found) => subjects.label(found.cell.id), words)}.`;
    return row(resource, state, too ? `${evidence} A container has it too.` : evidence);
  });
}

function sides(
  record: RunRecord,
  subjects: Subjects,
): Readonly<Record<'vms' | 'containers', readonly Found[]>> {
  const found = foundIn(record).filter(({ cell }) => cell.role === 'measured');
  const of = (wanted: string) => found.filter(({ cell }) => subjects.isolation(cell.id) === wanted);
  return { vms: of('virtual machine'), containers: of('container') };
}

/** "a, b: cannot; vm: can": those that say the same are named together. */
function saying(
  found: readonly Found[],
  label: (found: Found) => string,
  words: (found: Found) => string,
): string {
  const groups = new Map<string, string[]>();
  for (const each of found) groups.set(words(each), [...(groups.get(words(each)) ?? []), label(each)]);
  return [...groups].map(([said, names]) => `${names.join(', ')}: ${said}`).join('; ');
}

function row(resource: string, state: ClaimState, evidence: string): ClaimRow {
  return { resource, state, evidence, metric: null, rule: null };
}
