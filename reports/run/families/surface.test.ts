/** Facts found inside, as a table and as answers to claims: each by itself, and nothing where nothing was found. */
import { expect, test } from 'vitest';
import { analyse } from '../../../bench/analyse.ts';
import type { SurfaceFacts } from '../../../model/observation.ts';
import type { RunRecord } from '../../../model/record.ts';
import type { ClaimRow } from '../../parts/claim.ts';
import { buildRecord } from '../../../bench/record/testing/builder.ts';
import { callNumber } from '../../../bench/surface/call-names.ts';
import { capabilitiesIn } from './capabilities.ts';
import { claimsOf } from '../claims/claims.ts';
import type { Table } from '../../parts/parts.ts';
import { subjectsOf } from '../../parts/subjects.ts';
import { surfaceBlocks } from './surface.ts';

const host = {
  'kernel.boot-id': 'h',
  'memory.total': '1000',
  'cpus.online': '8',
  uptime: '50.00',
  load: '1.00 1.00 1.00',
  cmdline: 'c',
  partitions: 'sda',
};
const refusals = { module: 'EPERM', mount: 'EPERM', clock: 'EPERM', reboot: 'EPERM', ports: 'EPERM' };
const container: SurfaceFacts = {
  kind: 'surface',
  facts: {
    ...host,
    uptime: '51.2',
    'kernel.release': '6.1',
    'process.CapEff': '00000000a00425fb',
    'process.Seccomp': '2',
    'process.Seccomp_filters': '1',
    'process.uid-map': '0 0 4294967295',
    'read.dmesg': 'refused',
    'read.kallsyms': 'zeros',
    'write.sysctls': '0 of 789',
    'device.block': 'mknod refused',
    init: 'own',
    'neighbour.process': 'no',
    'neighbour.file': 'no',
  },
  calls: {
    reached: [0, 1],
    refused: [callNumber('reboot')],
    absent: [callNumber('uselib')],
    untried: [callNumber('sync')],
  },
  attempts: { ...refusals, rawSocket: 'done', userNamespace: 'done' },
  hostBefore: host,
  hostAfter: { ...host, uptime: '53.00', load: '1.20 1.00 1.00' },
  outside: { Name: 'sh', CapEff: '00000000a00425fb', Seccomp: '2', Uid: '0', UserNamespace: "the host's" },
};
const machine: SurfaceFacts = {
  ...container,
  facts: {
    ...container.facts,
    'kernel.boot-id': 'g',
    'process.CapEff': '000001ffffffffff',
    'write.sysctls': '802 of 802 /proc/sys/abi/x',
    'read.dmesg': 'yes',
    'device.block': 'opened',
  },
  attempts: {
    module: 'ENOEXEC',
    mount: 'EINVAL',
    clock: 'EINVAL',
    reboot: 'EINVAL',
    ports: 'done',
    rawSocket: 'done',
  },
  outside: { Name: 'qemu', CapEff: '000001ffffffffff', Seccomp: '0', Uid: '0', UserNamespace: "the host's" },
};
const seeing: SurfaceFacts = { ...container, facts: { ...container.facts, 'neighbour.process': 'yes' } };

function examined(kinds: Readonly<Record<string, SurfaceFacts>>): RunRecord {
  return buildRecord({
    blocks: 2,
    alter: (trial) => {
      const facts = kinds[trial.cell.split('/')[0] ?? ''];
      return facts === undefined ? trial : { ...trial, observations: [facts] };
    },
  });
}
const both = { namespace: container, vm: machine };

function claimRows(record: RunRecord, id: string): readonly ClaimRow[] {
  const claims = claimsOf(record, analyse(record, { resamples: 200 }));
  return claims.find((claim) => claim.id === id)?.rows ?? [];
}
const rowOf = (record: RunRecord, id: string, resource: string) =>
  claimRows(record, id).find((row) => row.resource === resource);

function tablesOf(record: RunRecord): readonly Table[] {
  return surfaceBlocks(record, analyse(record, { resamples: 200 }), subjectsOf(record)).flatMap((block) =>
    block.kind === 'table' ? [block.table] : [],
  );
}
function reading(record: RunRecord, head: string, column: string): string | undefined {
  const found = tablesOf(record).find(({ rows }) => rows.some((row) => row.head === head));
  const at = found?.columns.findIndex(({ title }) => title.startsWith(column)) ?? -1;
  const cell = found?.rows.find((row) => row.head === head)?.cells[at - 1];
  return cell?.kind === 'text' ? cell.text : undefined;
}

test('what an instance sees is the host’s only on the host’s kernel, and only while it is true', () => {
  const record = examined(both);
  expect(reading(record, 'Memory size', 'namespace')).toMatch(/^1,000 B, the host’s \(its cap/);
  expect(reading(record, 'Uptime', 'namespace')).toBe('the host’s');
  expect(reading(record, 'Load', 'namespace')).toBe('the host’s');
  // Equal values on another kernel are an accident.
  expect(reading(record, 'Partitions', 'vm')).toBe('sda, its own');
  const late = examined({ namespace: { ...container, facts: { ...container.facts, uptime: '9.00' } } });
  expect(reading(late, 'Uptime', 'namespace')).toBe('its own');
});

test('what it may do is told with whose kernel answers', () => {
  const record = examined(both);
  expect(reading(record, 'Capabilities', 'namespace')).toBe('13 of 41');
  expect(reading(record, 'System call filter', 'namespace')).toBe('1 filter');
  expect(reading(record, 'System calls reached', 'namespace')).toBe('2 of 4 tried; 1 refused');
  expect(reading(record, 'Load a kernel module', 'namespace')).toBe('refused');
  expect(reading(record, 'Load a kernel module', 'vm')).toBe('allowed (ENOEXEC to nonsense)');
  expect(reading(record, 'Kernel settings it can write', 'vm')).toBe('802 of 802, its own');
  const blind = examined({ namespace: { ...container, calls: null, attempts: {} } });
  expect(reading(blind, 'System calls reached', 'namespace')).toContain('no checker');
  expect(reading(blind, 'Set the clock', 'namespace')).toContain('no checker');
});

test('launches that differ are told, what varies by nature is not', () => {
  const record = examined(both);
  const notes = () => tablesOf(record).flatMap((table) => table.notes);
  expect(notes().join(' ')).not.toContain('differed');
  let launch = 0;
  const unsteady = buildRecord({
    blocks: 2,
    alter: (trial) => ({
      ...trial,
      observations: [
        {
          ...container,
          facts: { ...container.facts, uptime: String((launch += 1)), init: launch > 3 ? 'own' : 'x' },
        },
      ],
    }),
  });
  expect(
    tablesOf(unsteady)
      .flatMap((table) => table.notes)
      .join(' '),
  ).toContain('differed');
});

test('S5: a VM is more isolated where it keeps apart what a container does not, and nowhere else', () => {
  const record = examined(both);
  expect(rowOf(record, 'S5', 'kernel underneath')?.state).toBe('holds');
  expect(rowOf(record, 'S5', 'host state in /proc')?.state).toBe('holds');
  expect(rowOf(record, 'S5', 'loading kernel modules')?.state).toBe('does-not-hold');
  expect(rowOf(record, 'S5', 'seeing other instances')?.evidence).toContain('No difference');
  expect(rowOf(examined({ ...both, namespace: seeing }), 'S5', 'seeing other instances')?.state).toBe(
    'holds',
  );
  expect(rowOf(examined({ ...both, vm: { ...machine, ...seeing } }), 'S5', 'kernel underneath')?.state).toBe(
    'does-not-hold',
  );
  // QEMU as the host's root with every capability is a weaker last wall than a container's process.
  expect(rowOf(record, 'S5', 'process behind the wall')?.state).toBe('does-not-hold');
  expect(rowOf(record, 'S5', 'system calls of the host’s kernel')?.state).toBe('not-measured');
});

test('S6: every power of an operating system answers for itself', () => {
  const record = examined(both);
  expect(rowOf(record, 'S6', 'kernel modules')).toMatchObject({
    state: 'holds',
    evidence: 'vm: has it; namespace: has not.',
  });
  expect(rowOf(record, 'S6', 'its own init (PID 1)')?.evidence).toContain('A container has it too.');
  const poor = examined({ vm: { ...machine, attempts: { ...machine.attempts, ports: 'ENOSYS' } } });
  expect(rowOf(poor, 'S6', 'I/O ports')?.state).toBe('does-not-hold');
  expect(rowOf(examined({ vm: { ...machine, attempts: {} } }), 'S6', 'kernel modules')?.state).toBe(
    'not-measured',
  );
});

test('without facts nothing is shown, and the claims say what to run', () => {
  const record = buildRecord({ blocks: 2 });
  expect(tablesOf(record)).toEqual([]);
  for (const id of ['S5', 'S6']) {
    expect(claimRows(record, id).map(({ state }) => state)).toEqual(['not-measured']);
    expect(claimRows(record, id)[0]?.evidence).toContain('"surface"');
  }
});

test('capabilities are read from their bits', () => {
  expect(capabilitiesIn('0000000000000000')).toEqual([]);
  expect(capabilitiesIn('20000420')).toEqual(['kill', 'net_bind_service', 'audit_write']);
  expect(capabilitiesIn('800000000000').join()).toBe('capability 47');
  expect(capabilitiesIn('rubbish')).toEqual([]);
});
