import { expect, test } from 'vitest';
import { metadataCommands, quoted } from './metadata.ts';
import { diskBlocks } from './disk.ts';

const entry = { hash: null, xattrs: null, uid: 0, gid: 0 };

test('only what differs from the tree on the host is set', () => {
  const onHost = { mode: 0o100755, uid: 1000, gid: 1000 };
  expect(
    metadataCommands(
      [
        { ...entry, kind: 'file', path: '/right', mode: 0o755, uid: 1000, gid: 1000, onHost },
        { ...entry, kind: 'file', path: '/usr/bin/su', mode: 0o4755, onHost },
        {
          ...entry,
          kind: 'folder',
          path: '/d',
          mode: 0o2750,
          gid: 70_000,
          onHost: { ...onHost, mode: 0o40750 },
        },
        { ...entry, kind: 'link', path: '/l', mode: null, gid: 1000, onHost: { ...onHost, mode: 0o120777 } },
      ],
      { '/right': { 'user.a"b': '/tmp/a file' } },
    ),
  ).toEqual([
    'ea_set -f "/tmp/a file" "/right" "user.a""b"',
    'sif "/usr/bin/su" uid 0',
    'sif "/usr/bin/su" gid 0',
    'sif "/usr/bin/su" mode 0104755',
    'sif "/d" uid 0',
    'sif "/d" gid 70000',
    'sif "/d" mode 042750',
    'sif "/l" uid 0',
  ]);
});

test('quotes are doubled, the rest stays', () => {
  expect(quoted('/a "b" \\c')).toBe('"/a ""b"" \\c"');
});

test('long names in one folder get room', () => {
  const names = (nameBytes: number) =>
    diskBlocks(Array.from({ length: 10_000 }, () => ({ bytes: 0, nameBytes })));
  expect(names(250) - names(10)).toBeGreaterThan((10_000 * 240) / 4096);
});
