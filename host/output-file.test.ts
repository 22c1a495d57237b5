import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  mkdirSync,
  lstatSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../model/errors.ts';
import { writeOutput } from './output-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-output-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const writer = join(import.meta.dirname, 'output-file.ts');

/** A process that writes `text` to `path`, with bash around it: pipes and redirections are real ones. */
function inShell(command: string): string {
  const script = `import { writeOutput } from ${JSON.stringify(writer)}; writeOutput(process.argv[1], process.argv[2]);`;
  const { stdout, stderr, status } = spawnSync(
    'bash',
    ['-o', 'pipefail', '-c', `write() { "$NODE" --input-type=module -e "$SCRIPT" -- "$@"; }; ${command}`],
    {
      timeout: 30_000,
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE: process.execPath, SCRIPT: script },
    },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

describe('a file', () => {
  test('appears whole, keeps its mode, and leaves nothing else', () => {
    writeOutput(at('page'), 'one');
    chmodSync(at('page'), 0o600);
    writeOutput(at('page'), 'two');
    expect(readFileSync(at('page'), 'utf8')).toBe('two');
    expect(statSync(at('page')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['page']);
  });

  test('behind a link is written, and the link stays one', () => {
    mkdirSync(at('real'));
    writeFileSync(at('real/page'), 'old');
    symlinkSync('real/page', at('link'));
    writeOutput(at('link'), 'new');
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('real/page'), 'utf8')).toBe('new');
  });

  test('that cannot be written is as it was, and the error names flag, path and remedy', () => {
    expect(() => writeOutput(at('no/page'), 'x', { flag: '--junit' })).toThrow(
      /^--junit: cannot write .*no\/page: ENOENT/,
    );
    mkdirSync(at('folder'));
    expect(() => writeOutput(at('folder'), 'x')).toThrow(/cannot write .*folder: it is a folder/);
    writeFileSync(at('kept'), 'old');
    expect(() => writeOutput(at('kept'), 'new', { fresh: true })).toThrow(UserError);
    expect(readFileSync(at('kept'), 'utf8')).toBe('old');
    expect(readdirSync(folder).toSorted()).toEqual(['folder', 'kept']);
  });

  test('is made with its folder where asked for, and only once where it must be fresh', () => {
    writeOutput(at('a/b/c'), 'x', { makeFolder: true, fresh: true });
    expect(readFileSync(at('a/b/c'), 'utf8')).toBe('x');
    expect(readdirSync(at('a/b'))).toEqual(['c']);
  });
});

describe('a stream', () => {
  test.each(['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'])(
    '%s is written to, as a pipe and as a file',
    (path) => {
      expect(inShell(`write ${path} text | cat`)).toBe('text');
      const before = lstatSync('/dev/stdout').ino;
      expect(inShell(`(echo first; write ${path} text; echo last) > out; cat out`)).toBe('first\ntextlast\n');
      expect(lstatSync('/dev/stdout').ino).toBe(before);
    },
  );

  test('takes more than a pipe holds, and a reader that goes away', () => {
    writeFileSync(at('long'), 'x'.repeat(120_000));
    expect(inShell('write /dev/stdout "$(cat long)" | (sleep 0.2; wc -c)').trim()).toBe('120000');
    expect(inShell('set +o pipefail; write /dev/stdout "$(cat long)" | head -c 1')).toBe('x');
  });

  test('is a named pipe, too, and /dev/null stays what it is', () => {
    expect(inShell('mkfifo p; (timeout 20 cat p > got) & write p text; wait; cat got')).toBe('text');
    writeOutput('/dev/null', 'text');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(readdirSync(folder).toSorted()).toEqual(['got', 'p']);
  });
});
