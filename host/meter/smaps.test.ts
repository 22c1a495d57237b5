import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseSmaps, readProcessMemory, splitHypervisor } from './smaps.ts';

/** Cut from the smaps of an emulated QEMU with 256 MiB, its RAM above its translated code. */
const smaps = `564b88aee000-564b88ef5000 r--p 00000000 fe:00 2170905                    /usr/bin/qemu-system-x86_64
Size:               4124 kB
KernelPageSize:        4 kB
Rss:                4124 kB
Pss:                4100 kB
Pss_Dirty:             0 kB
Anonymous:             0 kB
THPeligible:           0
VmFlags: rd mr mw me sd
7f6683e00000-7f6693e00000 rw-p 00000000 00:00 0 
Size:             262144 kB
KernelPageSize:        4 kB
Rss:              124928 kB
Pss:              124928 kB
Pss_Dirty:        124928 kB
AnonHugePages:    124928 kB
THPeligible:           1
VmFlags: rd wr mr mw me ac sd hg
7f6694000000-7f66d3fff000 rwxp 00000000 00:00 0 
Size:            1048572 kB
Rss:               47104 kB
Pss:               47104 kB
VmFlags: rd wr ex mr mw me ac hg
7ffd1e5b4000-7ffd1e5d5000 rw-p 00000000 00:00 0                          [stack]
Size:                132 kB
Rss:                  60 kB
Pss:                  60 kB
VmFlags: rd wr mr mw me gd ac
`;
const kiB = 1024;
const guestBytes = 256 * kiB * kiB;
const expected = { guestRamBytes: 124928 * kiB, translationBytes: 47104 * kiB, otherBytes: 4160 * kiB };

const proc = mkdtempSync(join(tmpdir(), 'tare-smaps-'));
afterAll(() => rmSync(proc, { recursive: true, force: true }));

function record(pid: number, pss: number, rss: number, full: string): void {
  mkdirSync(join(proc, String(pid)));
  writeFileSync(
    join(proc, String(pid), 'smaps_rollup'),
    `0-1 ---p 0 00:00 0 [rollup]\nRss: ${rss} kB\nPss: ${pss} kB\n`,
  );
  writeFileSync(join(proc, String(pid), 'smaps'), full);
}

describe('mappings of a process', () => {
  it('are read with size, permissions, name and PSS', () => {
    const mappings = parseSmaps(smaps);
    expect(mappings).toHaveLength(4);
    expect(mappings[0]).toEqual({
      sizeBytes: 4124 * kiB,
      permissions: 'r--p',
      name: '/usr/bin/qemu-system-x86_64',
      pssBytes: 4100 * kiB,
    });
    expect(mappings[1]?.name).toBe('');
    expect(mappings[3]?.name).toBe('[stack]');
    expect(parseSmaps('')).toEqual([]);
  });

  it('divide a hypervisor into guest RAM, translated code and the rest', () => {
    expect(splitHypervisor(parseSmaps(smaps), guestBytes)).toEqual(expected);
  });

  it('are no hypervisor when none is as large as the guest, or that one is a file', () => {
    expect(splitHypervisor(parseSmaps(smaps), guestBytes / 2)).toBeNull();
    const file = smaps.replace(/(7f6683e00000.*) $/m, '$1                          /var/lib/data');
    expect(file).not.toBe(smaps);
    expect(splitHypervisor(parseSmaps(file), guestBytes)).toBeNull();
  });

  it('find guest RAM that is shared memory without a file on disk', () => {
    const shared = smaps.replace(
      /(7f6683e00000.*) $/m,
      '$1             /memfd:memory-backend-memfd (deleted)',
    );
    expect(splitHypervisor(parseSmaps(shared), guestBytes)).toEqual(expected);
  });
});

describe('memory of an instance', () => {
  it('sums over its processes and splits the one that maps the guest', () => {
    record(1, 100, 900, '');
    record(2, 200, 900, smaps);
    expect(readProcessMemory([1, 2, 99], guestBytes, proc)).toEqual({
      pssBytes: 300 * kiB,
      rssBytes: 1800 * kiB,
      hypervisor: expected,
    });
    expect(readProcessMemory([1, 2], null, proc).hypervisor).toBeNull();
  });

  it('is unknown when one process may not be read', () => {
    mkdirSync(join(proc, '3', 'smaps_rollup'), { recursive: true });
    expect(readProcessMemory([1, 3], null, proc)).toEqual({
      pssBytes: null,
      rssBytes: null,
      hypervisor: null,
    });
  });

  it('finds memory that this process has touched', () => {
    const before = readProcessMemory([process.pid], null).pssBytes ?? 0;
    const touched = Buffer.alloc(64 * 2 ** 20, 1);
    const after = readProcessMemory([process.pid], null).pssBytes ?? 0;
    expect(after - before).toBeGreaterThan(50 * 2 ** 20);
    expect(touched.length).toBe(64 * 2 ** 20);
  });
});
