/** Device nodes, pipes and sockets: left out below /dev and /run, counted, and nothing else of the tree changes. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { file, folder, hardlink, layoutFiles, link, tar, tarOf, type TarMember } from './testing/archives.ts';
import { createWorkbench, outline, type Workbench } from './testing/workbench.ts';

let bench: Workbench;
beforeEach(() => {
  bench = createWorkbench();
});
afterEach(() => {
  expect(bench.strays()).toEqual([]);
  bench.close();
});

const number = { 329: '0000001\0', 337: '0000003\0' };
const special = (name: string, type = '3'): TarMember => ({ name, type, patch: number });
const said = (count: number): string => `left out ${String(count)} device nodes, pipes or sockets`;

test('a tree as debootstrap makes it is taken without its devices, which are counted', async () => {
  const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'console', 'ptmx'];
  const image = await bench.importImage(
    bench.write(
      'debian.tar',
      tar(
        folder('./dev/'),
        ...devices.map((name) => special(`./dev/${name}`)),
        special('./dev/loop0', '4'),
        special('./dev/initctl', '6'),
        special('./run/initctl', '6'),
        link('./dev/fd', '/proc/self/fd'),
        file('./etc/hostname', 'debian'),
      ),
    ),
  );
  expect(outline(image)).toEqual([
    'folder 0755 /dev',
    'link /dev/fd',
    'folder 0755 /etc',
    'file 0644 /etc/hostname',
  ]);
  expect(bench.lines).toContainEqual(expect.stringContaining(said(11)));
});

test('a device is found below /dev by links, is one with its further names, and takes the place of a file', async () => {
  const below = tar(
    folder('dev/'),
    file('dev/log', 'a file'),
    folder('var/'),
    link('var/run', '/run'),
    folder('run/'),
  );
  const above = tar(
    special('var/run/control', '6'),
    special('dev/log', '6'),
    special('/dev/a'),
    hardlink('./dev/b', './dev/a'),
  );
  const files = layoutFiles({ layers: [{ plain: below }, { plain: above }] });
  const image = await bench.importImage(bench.write('i.tar', tarOf(files)));
  expect(outline(image)).toEqual([
    'folder 0755 /dev',
    'folder 0755 /run',
    'folder 0755 /var',
    'link /var/run',
  ]);
  expect(bench.lines).toContainEqual(expect.stringContaining(said(4)));
});

test('whatever lies there, the rest of the tree is as if it had not been', async () => {
  const name = fc.stringMatching(/^[a-z]{1,6}$/);
  const place = fc.tuple(fc.constantFrom('dev', './dev', 'run', '/run', 'dev/pts'), name);
  const member = place.chain(([above, below]) =>
    fc.constantFrom('3', '4', '6').map((type) => special(`${above}/${below}`, type)),
  );
  const kept = [folder('dev/'), folder('dev/pts/'), folder('run/'), file('bin/app', 'x')];
  const plain = await bench.importImage(bench.write('plain.tar', tar(...kept)));
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 8 }), async (members) => {
      round += 1;
      const image = await bench.importImage(
        bench.write(`with-${String(round)}.tar`, tar(...kept, ...members)),
      );
      expect(readFileSync(image.manifest, 'utf8')).toBe(readFileSync(plain.manifest, 'utf8'));
    }),
    { numRuns: 25 },
  );
});
