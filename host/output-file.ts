/**
 * The one way in which what tare makes gets to where the user asked for it. A file is written whole or not at all:
 * next to its place under a temporary name, then renamed. What is no file (a terminal, a pipe, `/dev/stdout`, the
 * descriptor of a process substitution) is a stream, and is written to, never replaced.
 */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { exitCode, messageOf, UserError } from '../model/errors.ts';

export interface OutputOptions {
  /** What to do where it cannot be written. */
  readonly remedy?: string;
  /** For messages: "the baseline " before the path, or "--junit: " before all. */
  readonly flag?: string;
  /** Makes the folder that the file is in. */
  readonly makeFolder?: boolean;
  /** Refuses to replace a file that is there. */
  readonly fresh?: boolean;
}

const usualRemedy = 'name a file in a folder that is there and can be written';

/**
 * Writes a text to a file, whole or not at all, or to a stream.
 * @throws UserError (exit 2) naming the path and what the system said; an earlier file is then as it was
 */
export function writeOutput(path: string, text: string, options: OutputOptions = {}): void {
  const { remedy = usualRemedy, flag, makeFolder = false, fresh = false } = options;
  try {
    const stream = streamOf(path);
    if (stream !== null) writeStream(stream, text);
    else {
      if (makeFolder) mkdirSync(dirname(path), { recursive: true });
      writeWhole(path, text, fresh);
    }
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EEXIST' && fresh;
    throw new UserError(
      `${flag === undefined ? '' : `${flag}: `}cannot write ${path}: ${taken ? 'it is there already' : messageOf(error)}`,
      taken ? 'name another file, or move that one away' : remedy,
      exitCode.usage,
      error,
    );
  }
}

/** Adds a text to a file that others write to as well. @throws UserError (exit 2) naming it by `flag` */
export function appendOutput(path: string, text: string, flag: string): void {
  try {
    appendFileSync(path, text);
  } catch (error) {
    throw new UserError(
      `${flag}: cannot write ${path}: ${messageOf(error)}`,
      usualRemedy,
      exitCode.usage,
      error,
    );
  }
}

/** A descriptor of this process, or the path of something that is no regular file; null for files and what is not there. */
function streamOf(path: string): number | string | null {
  const own = /^\/(?:dev\/fd|proc\/(?:self|thread-self)\/fd)\/(\d+)$/.exec(path)?.[1];
  if (own !== undefined) return Number(own);
  const standard = ['/dev/stdin', '/dev/stdout', '/dev/stderr'].indexOf(path);
  // As a descriptor, and not by its name: behind that may be a file which another program is writing, too.
  if (standard > 0) return standard;
  const facts = factsOf(path);
  return facts === null || facts.isFile() || facts.isDirectory() ? null : path;
}

function factsOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

function writeStream(stream: number | string, text: string): void {
  const descriptor = typeof stream === 'number' ? stream : openSync(stream, 'w');
  try {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length;) done += writeSome(descriptor, bytes, done);
  } catch (error) {
    // Whoever read has read enough.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  } finally {
    if (typeof stream === 'string') closeSync(descriptor);
  }
}

/** Bytes taken; 0 where a pipe is full and its other end has to read first. */
function writeSome(descriptor: number, bytes: Buffer, from: number): number {
  try {
    return writeSync(descriptor, bytes, from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return 0;
  }
}

/** Errors by which a folder refuses a new name though the file in it may be written (a single file mounted in, say). */
const inPlace = new Set(['EACCES', 'EPERM', 'EBUSY', 'EXDEV', 'EROFS']);

function writeWhole(path: string, text: string, fresh: boolean): void {
  const before = factsOf(path);
  if (before !== null && fresh) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
  if (before?.isDirectory() === true) throw new Error('it is a folder');
  // Through a link, so that the link stays one.
  const target = before === null ? path : realpathSync(path);
  const draft = `${target}.${String(process.pid)}.part`;
  try {
    writeFileSync(draft, text);
    if (before !== null) chmodSync(draft, before.mode & 0o7777);
    if (fresh) linkSync(draft, target);
    else renameSync(draft, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST' || !inPlace.has(code) || (before === null && !fresh)) throw error;
    // A folder that takes no other name, or a file system without hard links.
    writeFileSync(target, text, fresh ? { flag: 'wx' } : {});
  } finally {
    rmSync(draft, { force: true });
  }
}
