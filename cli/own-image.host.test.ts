/**
 * An image from elsewhere on every runner that has a root of its own: the same program, as the image's user,
 * in its folder and environment, with what engines give it, and the image itself untouched.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunRecord } from '../model/record.ts';
import { readRecord } from '../bench/record/record.ts';
import { ensureMiniImage } from '../images/builtin.ts';
import {
  file,
  folder as tarFolder,
  layoutFiles,
  link,
  tar,
  writeFiles,
} from '../images/import/testing/archives.ts';

const program = join(import.meta.dirname, 'main.ts');
const run = promisify(execFile);
const isRoot = process.geteuid?.() === 0;

let folder: string;
let busybox: Buffer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tare-own-image-'));
  busybox = readFileSync((await ensureMiniImage()).busybox);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const server = `#!/bin/sh
echo "started as $(busybox id -u) in $(pwd)" >/dev/stdout || exit 7
exec busybox httpd -f -p 8080 -h /app "$@"
`;

/** A layout of busybox, a server script, accounts, and a folder of the user's own. */
function layout(name: string, user: string): string {
  const executable = { mode: 0o755 };
  const layer = tar(
    tarFolder('bin/'),
    file('bin/busybox', busybox, executable),
    link('bin/sh', 'busybox'),
    tarFolder('app/'),
    file('app/server', server, executable),
    file('app/index.html', 'hello'),
    tarFolder('own/', { uid: 123, gid: 456, mode: 0o700 }),
    tarFolder('etc/'),
    file('etc/passwd', 'root:x:0:0::/root:/bin/sh\nweb:x:123:456::/home/web:/bin/sh\n'),
    tarFolder('var/'),
    link('var/kept', '/own'),
    file('etc/group', 'root:x:0:\nweb:x:456:\nmore:x:789:web\n'),
  );
  const config = {
    Entrypoint: ['server'],
    Env: ['PATH=/bin:/app', 'GREETING=hello world', 'ODD=a=b "c"\n$d'],
    User: user,
    WorkingDir: '/made/for it',
    ExposedPorts: { '8080/tcp': {} },
    StopSignal: 'SIGINT',
    // There, absent, and absent behind a link into a folder of the user's own.
    Volumes: { '/app': {}, '/data/new': {}, '/var/kept/new': {} },
  };
  return writeFiles(join(folder, name), layoutFiles({ layers: [{ plain: layer }], config }));
}

async function tare(
  name: string,
  image: string,
  runners: string,
): Promise<{ record: RunRecord; stdout: string }> {
  const look =
    'id; pwd; echo "$HOME|$GREETING|$ODD|${TARE_MODE-}"; touch /own/file 2>&1; touch /app/file 2>&1; cat /etc/hosts; stat -c "%n %u:%g %a" /data/new /own /own/new; echo n=1';
  const scenario = join(folder, `${name}.yaml`);
  writeFileSync(
    scenario,
    `
name: own
image: ${image}
runners: { ${runners} }
control: null
shapes: { small: { cpus: 1, memory: 128MiB } }
blocks: 1
warmup: 0
cooldown: 0s
limits: { trial: 180s }
workloads:
  web:
    service: { ready: { http: /, status: 200 } }
    programs:
      - { use: program, run: [sh, -c, ${JSON.stringify(look)}], metrics: { n: { regex: 'n=(\\d+)', unit: count, better: higher } } }
`,
  );
  const out = join(folder, name);
  const environment = { ...process.env, CI: 'true', XDG_RUNTIME_DIR: folder };
  const { stdout } = await run(process.execPath, [program, 'run', scenario, '--out', out], {
    env: environment,
  });
  return { record: readRecord(out), stdout };
}

test.skipIf(!isRoot)(
  'the same inside everywhere: user, groups, folder, environment, rights, names',
  async () => {
    layout('image', 'web');
    const runners =
      'namespace: {}, runc: { kind: oci, runtime: runc }, crun: { kind: oci, runtime: crun }, podman: { kind: podman }, docker: { kind: docker, engine: private }, vm: { kind: qemu }, erofs: { kind: qemu, machine: microvm, rootFormat: erofs }, whole: { kind: qemu, machine: microvm, root: initramfs }, process: {}';
    const { record, stdout } = await tare('same', './image', runners);
    expect(stdout).toContain('has no root of its own');
    expect(record.trials.map(({ cell, outcome }) => [cell, outcome])).toEqual(
      record.trials.map(({ cell }) => [cell, { state: 'ok' }]),
    );
    expect(record.trials).toHaveLength(8);
    for (const { cell, outputs, observations, samples, provenDigest } of record.trials) {
      const lines = outputs.find(({ program: name }) => name === 'program')?.stdout.split('\n') ?? [];
      expect([cell, ...lines]).toEqual([
        cell,
        'uid=123(web) gid=456(web) groups=789(more)',
        '/made/for it',
        '/home/web|hello world|a=b "c"',
        '$d|',
        expect.stringMatching(/^touch: \/app\/file: (Permission denied|Read-only)/),
        '127.0.0.1 localhost',
        '::1 localhost',
        '/data/new 0:0 755',
        '/own 123:456 700',
        '/own/new 0:0 755',
        'n=1',
        '',
      ]);
      expect(observations).toContainEqual({
        ...{ kind: 'service-end', signal: 'SIGINT', graceSeconds: 10, how: 'ended', exitCode: 130 },
        seconds: expect.any(Number) as number,
      });
      expect(samples.map(({ metric }) => metric)).toContain('startup.stop');
      expect(samples).toContainEqual({ metric: 'app.n', value: 1 });
      expect(provenDigest).toBe(record.header.imageDigest);
      // Docker's daemons are shared: reported separately, for docker only.
      const shared = samples.filter(({ metric }) => metric.startsWith('startup.shared-'));
      expect([cell, shared.map(({ metric }) => metric)]).toEqual([
        cell,
        cell.includes('docker') ? ['startup.shared-cpu', 'startup.shared-memory'] : [],
      ]);
      for (const { value } of shared) expect(value).toBeGreaterThan(0);
    }
  },
);

test('without root, an image of root runs, and one of another user says what prevents it', async () => {
  layout('of-root', '');
  const { record } = await tare('rootless', './of-root', 'rootless: { kind: namespace, user: rootless }');
  expect(record.trials.map(({ outcome }) => outcome)).toEqual([{ state: 'ok' }]);
  layout('of-web', 'web');
  const failed = await tare('refused', './of-web', 'rootless: { kind: namespace, user: rootless }').catch(
    () => null,
  );
  const { trials } = failed?.record ?? readRecord(join(folder, 'refused'));
  expect(trials[0]?.outcome).toMatchObject({
    state: 'failed',
    reason: 'crash',
    detail: expect.stringContaining('user 123:456 of the image cannot be taken on here'),
  });
});
