/**
 * The checker on this machine, in throw-away namespaces: it ends, leaves nothing behind, answers the same
 * twice, and tells one confinement from another. It is what runs as root elsewhere, so its harmlessness is
 * seen here first.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTool } from '../../host/exec.ts';
import { callNumber } from './call-names.ts';
import { buildChecker } from './checker.ts';
import { parseFacts, type InsideFacts } from './facts.ts';

const supported = process.arch === 'x64' && process.geteuid?.() === 0;
const reason = supported ? '' : ' [needs root on x86-64]';
let folder: string;
let checker: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-checker-'));
  checker = join(folder, 'checker');
  writeFileSync(checker, buildChecker());
  chmodSync(checker, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

const namespaces = ['unshare', '--mount', '--pid', '--fork', '--net', '--uts', '--ipc', '--kill-child'];
const facts = 'kernel.release x\nkernel.boot-id x\nprocess.CapEff x\nmemory.total x\nneighbour.file no\n';

async function check(confine: readonly string[]): Promise<InsideFacts> {
  const script = '"$0" >"$1"; status=$?; ipcs -q | grep -c "^0x"; exit $status';
  const answers = join(folder, 'answers');
  const argv = [...namespaces, ...confine, 'sh', '-c', script, checker, answers];
  const { exitCode, stdout, stderr } = await runTool(argv, { timeoutSeconds: 60 });
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout.trim(), 'message queues left').toBe('0');
  const words = readFileSync(answers);
  const hex = Array.from({ length: words.length / 2 }, (_, at) => words.readUInt16LE(at * 2));
  return parseFacts(`${facts}calls ${hex.map((word) => word.toString(16).padStart(4, '0')).join('')}\n`);
}

test.skipIf(!supported)(`the same answers twice, and the host is as it was${reason}`, async () => {
  const seen = () => ['hostname', 'boot_id'].map((name) => readFileSync(places[name] ?? '', 'utf8'));
  const before = seen();
  const [one, two] = [await check([]), await check([])];
  expect(one).toEqual(two);
  expect(seen()).toEqual(before);
  const reached = one.calls?.reached ?? [];
  for (const name of ['read', 'fork', 'mount', 'kill', 'pause', 'exit']) {
    expect(reached).toContain(callNumber(name));
  }
  expect(reached.length).toBeGreaterThan(300);
});
const places: Readonly<Record<string, string>> = {
  hostname: '/proc/sys/kernel/hostname',
  boot_id: '/proc/sys/kernel/random/boot_id',
};

test.skipIf(!supported)(`dropped capabilities show as refused calls${reason}`, async () => {
  const all = await check([]);
  const few = await check(['setpriv', '--no-new-privs', '--bounding-set=-all']);
  const refused = few.calls?.refused ?? [];
  for (const name of ['swapoff', 'sethostname', 'fsopen', 'acct']) {
    expect(refused).toContain(callNumber(name));
    expect(all.calls?.reached).toContain(callNumber(name));
  }
  expect(all.attempts['mount']).toBe('EINVAL');
  expect(few.attempts['mount']).toBe('EPERM');
  expect(few.calls?.reached).not.toContain(callNumber('fsopen'));
});
