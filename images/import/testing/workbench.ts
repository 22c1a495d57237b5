/** A cache of its own and a folder for sources, so that a test sees everything an import writes. Not shipped. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { Image } from '../../image.ts';
import { parseManifest } from '../../tree.ts';
import { importImage, type ImportOptions } from '../index.ts';

export interface Workbench {
  readonly folder: string;
  readonly cache: string;
  /** Lines reported so far. */
  readonly lines: string[];
  /** Writes a source file; answers its path. */
  readonly write: (name: string, bytes: Buffer) => string;
  readonly importImage: (reference: string, options?: Partial<ImportOptions>) => Promise<Image>;
  /** What lies in the workbench beside its own three folders, and in the cache's temporary folder. */
  readonly strays: () => readonly string[];
  readonly close: () => void;
}

export function createWorkbench(): Workbench {
  const folder = mkdtempSync(join(tmpdir(), 'tare-import-'));
  const cache = join(folder, 'cache');
  const before = process.env['TARE_CACHE_DIR'];
  process.env['TARE_CACHE_DIR'] = cache;
  mkdirSync(join(folder, 'in'));
  const busybox = join(folder, 'busybox');
  writeFileSync(busybox, 'no program');
  const lines: string[] = [];
  return {
    folder,
    cache,
    lines,
    write: (name, bytes) => {
      const path = join(folder, 'in', name);
      writeFileSync(path, bytes);
      return path;
    },
    importImage: (reference, options) =>
      importImage(reference, {
        report: (line) => lines.push(line),
        busybox: () => Promise.resolve(busybox),
        ...options,
      }),
    strays: () => [
      ...readdirSync(folder).filter((name) => !['in', 'cache', 'busybox'].includes(name)),
      ...list(join(cache, 'tmp')),
    ],
    close: () => {
      if (before === undefined) delete process.env['TARE_CACHE_DIR'];
      else process.env['TARE_CACHE_DIR'] = before;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The manifest as lines without hashes: "f 0644 /path". */
export function outline(image: Image): readonly string[] {
  return parseManifest(readFileSync(image.manifest, 'utf8')).map(({ kind, mode, path, uid, gid }) => {
    const bits = mode === null ? '' : ` ${mode.toString(8).padStart(4, '0')}`;
    return `${kind}${bits} ${path}${uid === 0 && gid === 0 ? '' : ` (${String(uid)}:${String(gid)})`}`;
  });
}
