/** The program is run for real; only root can become somebody else. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asUserProgram, type Standing } from './as-user.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-as-'));
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(standing: Partial<Standing>, argv: readonly string[], environment = {}) {
  const path = join(folder, 'as');
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  writeFileSync(path, asUserProgram({ ...self, groups: [], folder: '/', ...standing }));
  chmodSync(path, 0o755);
  return spawnSync(path, argv, { env: environment, encoding: 'utf8' });
}
const root = process.getuid?.() === 0;

test.runIf(root)('the program gets its arguments and environment, and runs in the folder', () => {
  const script = 'pwd; echo "$#:$1:$2"; echo "$A"';
  const { stdout, status } = run({ folder: '/usr/bin' }, ['/bin/sh', '-c', script, 'sh', 'a b', ''], {
    A: 'x y',
  });
  expect(status).toBe(0);
  expect(stdout).toBe('/usr/bin\n2:a b:\nx y\n');
});

test.runIf(root)('user, group and further groups are taken on, for good', () => {
  const { stdout } = run({ uid: 1234, gid: 4321, groups: [7, 8] }, ['/usr/bin/id']);
  expect(stdout).toMatch(/^uid=1234 gid=4321 groups=4321,7.*,8/);
  const back = run({ uid: 1234, gid: 4321 }, ['/bin/sh', '-c', 'cat /etc/shadow']);
  expect(back.status).not.toBe(0);
});

test.runIf(root)(
  'what is missing is 127, what may not be run 126, and a folder that is not there is named',
  () => {
    expect(run({}, ['/no/such/program']).status).toBe(127);
    expect(run({}, [folder]).status).toBe(126);
    const { status, stderr } = run({ folder: '/no/such/földer' }, ['/bin/true']);
    expect([status, stderr]).toEqual([
      126,
      "tare: the image's working folder cannot be entered: /no/such/földer\n",
    ]);
  },
);

test.runIf(root)('signals that a shell makes its background ignore are heeded again', () => {
  run({}, ['/bin/true']);
  const script = (prefix: string, signal: string) =>
    `${prefix} sh -c 'kill -${signal} $$; exit 3' & wait $!; echo $?`;
  const ends = (prefix: string, signal: string) =>
    execFileSync('sh', ['-c', script(prefix, signal)], { encoding: 'utf8' }).trim();
  expect(ends('', 'INT')).toBe('3');
  expect(ends(`${join(folder, 'as')} /usr/bin/env`, 'INT')).toBe('130');
  expect(ends(`${join(folder, 'as')} /usr/bin/env`, 'QUIT')).toMatch(/^131/);
});

test.runIf(root)('a user that cannot be taken on is named', () => {
  const path = join(folder, 'as');
  writeFileSync(path, asUserProgram({ uid: 33, gid: 33, groups: [], folder: '/' }));
  chmodSync(path, 0o755);
  const tried = spawnSync('setpriv', ['--reuid=65534', '--clear-groups', path, '/bin/true'], {
    encoding: 'utf8',
  });
  expect([tried.status, tried.stderr]).toEqual([
    126,
    'tare: user 33:33 of the image cannot be taken on here\n',
  ]);
  expect(execFileSync('id', ['-u'], { encoding: 'utf8' }).trim()).toBe('0');
});
