import { expect, test } from 'vitest';
import { parseConfig, readConfig } from './config.ts';
import { resolveIdentity } from './identity.ts';
import { parseReference } from './reference.ts';
import { copyCommands, formatReference } from './tools.ts';

const place = { archive: 'image' };
const identity = { uid: 0, gid: 0, groups: [], home: '/' };
const read = (config: object) =>
  readConfig(parseConfig({ os: 'linux', architecture: 'amd64', config, rootfs: {} }, place), identity, place);

test('a configuration as docker writes it', () => {
  expect(
    read({
      Entrypoint: ['/entry'],
      Cmd: ['serve', '--all'],
      Env: ['PATH=/bin', 'A=1=2', 'EMPTY=', 'NOTHING', 'A=3', '__proto__=x'],
      User: 'www',
      WorkingDir: 'srv/../data',
      StopSignal: 'SIGQUIT',
      ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000-8002': {}, '9/sctp': {} },
      Volumes: { '/data': {} },
      Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 5e9, Timeout: 0, StartPeriod: 15e8, Retries: 7 },
      Labels: { ignored: 'yes' },
    }),
  ).toEqual({
    entrypoint: ['/entry'],
    command: ['serve', '--all'],
    environment: Object.fromEntries([
      ['PATH', '/bin'],
      ['A', '3'],
      ['EMPTY', ''],
      ['__proto__', 'x'],
    ]),
    user: 'www',
    identity,
    workingFolder: '/data',
    stopSignal: 'SIGQUIT',
    ports: [
      { port: 80, protocol: 'tcp' },
      { port: 53, protocol: 'udp' },
      { port: 8000, protocol: 'tcp' },
      { port: 8001, protocol: 'tcp' },
      { port: 8002, protocol: 'tcp' },
    ],
    volumes: ['/data'],
    healthcheck: {
      test: ['CMD-SHELL', 'true'],
      intervalSeconds: 5,
      timeoutSeconds: 30,
      startPeriodSeconds: 1.5,
      retries: 7,
    },
    architecture: 'amd64',
    os: 'linux',
  });
});

test('an empty configuration has the defaults, and a health check can be switched off', () => {
  expect(read({ Entrypoint: null, Healthcheck: { Test: ['NONE'] } })).toMatchObject({
    entrypoint: [],
    command: [],
    environment: {},
    user: '',
    workingFolder: '/',
    stopSignal: 'SIGTERM',
    ports: [],
    healthcheck: null,
  });
});

test.each([
  { Cmd: ['/bin/sh', 'a\0b'] },
  { Entrypoint: ['a\0b'] },
  { Env: ['A=a\0b'] },
  { WorkingDir: 'a\0b' },
  { Volumes: { 'a\0b': {} } },
  { Healthcheck: { Test: ['CMD', 'a\0b'] } },
])('a text that a NUL would cut off is refused: %j', (config) => {
  expect(() => read(config)).toThrow(/^image: its configuration has ".*a\\u0000b", and a NUL ends a text$/);
  expect(read({ Cmd: ['printf', '\\u0000'], Labels: { note: '\0' } }).command).toEqual(['printf', '\\u0000']);
});

test('a stop signal that Linux has not is refused', () => {
  expect(read({ StopSignal: '3' }).stopSignal).toBe('SIGQUIT');
  expect(() => read({ StopSignal: 'SIGNONE' })).toThrow('stop signal "SIGNONE" is none that Linux has');
});

test("users by the image's own accounts", () => {
  const passwd =
    'root:x:0:0:root:/root:/bin/sh\nwww:x:33:34::/var/www:\n7:x:70:71::/seven:\nodd:x:nine:1::/:\n';
  const group = 'root:x:0:\nweb:x:34:www\nlog:x:4:other,www\nlog2:x:4:www\n';
  const who = (user: string) => resolveIdentity(user, { passwd, group }, place);
  expect(who('')).toEqual({ uid: 0, gid: 0, groups: [], home: '/root' });
  expect(who('www')).toEqual({ uid: 33, gid: 34, groups: [34, 4], home: '/var/www' });
  expect(who('33')).toEqual(who('www'));
  expect(who('www:log')).toEqual({ uid: 33, gid: 4, groups: [], home: '/var/www' });
  expect(who('www:99')).toMatchObject({ uid: 33, gid: 99, groups: [] });
  // A name that looks like a number is a name first.
  expect(who('7')).toMatchObject({ uid: 70, gid: 71, home: '/seven' });
  expect(who('1234')).toEqual({ uid: 1234, gid: 0, groups: [], home: '/' });
  expect(who('1234:5')).toEqual({ uid: 1234, gid: 5, groups: [], home: '/' });
  for (const bad of ['nobody', 'www:nogroup', 'a:b:c', '4294967296', 'odd', '-1'])
    expect(() => who(bad)).toThrow('image: it');
  expect(resolveIdentity('', { passwd: '', group: '' }, place)).toEqual({
    uid: 0,
    gid: 0,
    groups: [],
    home: '/',
  });
});

test('references by prefix, by path, and with a tag behind a path that may hold colons', () => {
  const exists = (path: string): boolean => ['/a', '/a:b', '/dir/x.tar'].includes(path);
  const parse = (text: string) => parseReference(text, exists);
  expect(parse('/a')).toEqual({ kind: 'path', path: '/a', tag: null });
  expect(parse('/a:b')).toEqual({ kind: 'path', path: '/a:b', tag: null });
  expect(parse('/a:b:c')).toEqual({ kind: 'path', path: '/a:b', tag: 'c' });
  expect(parse('oci:/a:host:5000/name:1')).toEqual({ kind: 'oci', path: '/a', tag: 'host:5000/name:1' });
  expect(parse('rootfs:/dir/x.tar')).toEqual({ kind: 'rootfs', path: '/dir/x.tar', tag: null });
  expect(parse('docker://redis:7')).toEqual({ kind: 'docker', name: 'redis:7' });
  expect(parse('containers-storage:localhost/a')).toEqual({
    kind: 'containers-storage',
    name: 'localhost/a',
  });
  for (const bad of ['redis:7', '', 'docker://', 'docker://-x', 'rootfs:', 'oci:/none', '/none', 'a\0b'])
    expect(() => parse(bad)).toThrow();
});

test('images are copied by the tool that knows the place best', () => {
  const commands = (kind: 'docker' | 'docker-daemon' | 'containers-storage') =>
    copyCommands({ kind, name: 'a:1' }, null, '/w', 'tcp://far').map(({ argv }) => argv.join(' '));
  expect(commands('docker-daemon')).toEqual([
    'docker save -o /w/copy.tar a:1',
    'skopeo copy --quiet --src-daemon-host tcp://far docker-daemon:a:1 dir:/w/copy',
  ]);
  expect(commands('containers-storage')).toEqual([
    'skopeo copy --quiet containers-storage:a:1 dir:/w/copy',
    'podman save --quiet --format docker-archive -o /w/copy.tar a:1',
  ]);
  expect(commands('docker')).toEqual(['skopeo copy --quiet docker://a:1 dir:/w/copy']);
  const [first] = copyCommands(
    { kind: 'docker', name: 'a' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
    '/w',
    null,
  );
  expect(first?.argv.slice(0, 8)).toEqual([
    'skopeo',
    '--override-os',
    'linux',
    '--override-arch',
    'arm',
    '--override-variant',
    'v7',
    'copy',
  ]);
  expect(formatReference({ kind: 'docker', name: 'a' })).toBe('docker://a');
});
