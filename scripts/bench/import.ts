/**
 * What taking a foreign image costs: unpacked and made into a disk by tare, over `umoci unpack` and `mke2fs -d` by
 * hand, in turn on the same image of some 200 MB; and using it a second time. tare checks every digest, hashes
 * every file and writes a manifest in that time, the other side does none of this but the layers' digests.
 */
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicSeconds } from '../../host/clock.ts';
import { ensureMiniImage } from '../../images/builtin.ts';
import { run } from '../process.ts';
import { boundRow, interleave, ratioRow, type Bench } from './row.ts';

const wantedBytes = 200e6;
const layers = 3;
const rounds = 5;

async function must(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { code, stdout, stderr } = await run([
    'env',
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...argv,
  ]);
  if (code !== 0) throw new Error(`${argv.join(' ')} ends with ${String(code)}: ${stderr}`);
  return stdout;
}

/** Files of this machine, as many as are wanted, in a folder for each layer: real content, of real sizes. */
function gather(folder: string): void {
  let bytes = 0;
  let files = 0;
  const walk = (from: string, to: string): void => {
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      if (bytes >= wantedBytes) return;
      const place = join(from, entry.name);
      if (entry.isDirectory()) walk(place, join(to, entry.name));
      else if (entry.isFile() && lstatSync(place).size < 20e6) {
        bytes += lstatSync(place).size;
        const layer = join(folder, String(Math.min(layers - 1, Math.floor((bytes / wantedBytes) * layers))));
        mkdirSync(join(layer, to), { recursive: true });
        cpSync(place, join(layer, to, entry.name));
        files += 1;
      }
    }
  };
  for (const place of [
    '/usr/share/perl',
    '/usr/lib/python3',
    '/usr/share/zoneinfo',
    '/usr/bin',
    '/usr/lib',
  ]) {
    try {
      walk(place, place);
    } catch (error) {
      // Not every machine has each of them.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  if (bytes < wantedBytes / 2)
    throw new Error(`this machine has too few files for an image: ${String(files)}`);
}

async function makeLayout(folder: string): Promise<string> {
  gather(join(folder, 'layers'));
  const layout = join(folder, 'layout');
  await must(['umoci', 'init', '--layout', layout]);
  await must(['umoci', 'new', '--image', `${layout}:latest`]);
  for (let layer = 0; layer < layers; layer++) {
    await must([
      'umoci',
      'insert',
      '--image',
      `${layout}:latest`,
      join(folder, 'layers', String(layer)),
      '/',
    ]);
  }
  rmSync(join(folder, 'layers'), { recursive: true });
  return layout;
}

interface Taken {
  readonly seconds: number;
  readonly peakMebibytes: number;
}

/** In a process of its own, started and ended within the time measured. */
async function byTare(layout: string, cache: string, busybox: string, makeDisk: boolean): Promise<Taken> {
  const module = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    const { importImage } = await import(${module('../../images/import/index.ts')});
    const { ensureDisk } = await import(${module('../../images/disks/disk.ts')});
    const busybox = () => Promise.resolve(${JSON.stringify(busybox)});
    const image = await importImage(${JSON.stringify(layout)}, { report: () => undefined, busybox });
    if (${String(makeDisk)}) await ensureDisk(image);
    console.log(process.resourceUsage().maxRSS);`;
  const start = monotonicSeconds();
  const peak = await must([process.execPath, '--input-type=module', '-e', script], { TARE_CACHE_DIR: cache });
  return { seconds: monotonicSeconds() - start, peakMebibytes: Number(peak) / 1024 };
}

async function byHand(layout: string, folder: string): Promise<number> {
  const start = monotonicSeconds();
  await must([
    'umoci',
    'unpack',
    ...(process.geteuid?.() === 0 ? [] : ['--rootless']),
    '--image',
    `${layout}:latest`,
    folder,
  ]);
  await must([
    'mke2fs',
    '-q',
    '-F',
    '-t',
    'ext4',
    '-d',
    join(folder, 'rootfs'),
    join(folder, 'disk'),
    '400M',
  ]);
  return monotonicSeconds() - start;
}

/** A compressed root file system with one file of a gibibyte, and one of 16 that is a hole but for its end. */
async function makeHuge(folder: string): Promise<string> {
  const root = join(folder, 'huge');
  mkdirSync(root);
  const script = `cd "$1" && yes 0123456789abcdef | head -c 1073741824 >dense && truncate -s 16G hole &&
    echo end >>hole && tar --sparse -cf - dense hole | gzip -1 >"$2"`;
  const archive = join(folder, 'huge.tar.gz');
  await must(['sh', '-c', script, 'sh', root, archive]);
  rmSync(root, { recursive: true });
  return archive;
}

export const imports: Bench = async (say) => {
  const folder = mkdtempSync(join(tmpdir(), 'tare-bench-'));
  try {
    const { busybox } = await ensureMiniImage();
    say('import: making an image of 200 MB');
    const layout = await makeLayout(folder);
    let count = 0;
    let peak = 0;
    const fresh = (): string => join(folder, `work-${String(count++)}`);
    say(`import: ${String(rounds)} rounds of both sides`);
    const whole = await interleave(
      rounds,
      async () => {
        const cache = fresh();
        const { seconds, peakMebibytes } = await byTare(layout, cache, busybox, true);
        peak = Math.max(peak, peakMebibytes);
        rmSync(cache, { recursive: true });
        return seconds;
      },
      async () => {
        const place = fresh();
        const seconds = await byHand(layout, place);
        rmSync(place, { recursive: true });
        return seconds;
      },
    );
    const cache = fresh();
    await byTare(layout, cache, busybox, true);
    const again = await byTare(layout, cache, busybox, true);
    say('import: huge files');
    const huge = await byTare(await makeHuge(folder), fresh(), busybox, false);
    return [
      ratioRow('import of 200 MB with its disk, over umoci and mke2fs', whole, 1.2),
      boundRow('import: the second use, from the cache', again.seconds, 's', 1),
      boundRow('import: peak memory', peak, 'MiB', 400, rounds),
      boundRow(
        'import: peak memory with files of 1 GiB and of 16 GiB of hole',
        huge.peakMebibytes,
        'MiB',
        400,
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
