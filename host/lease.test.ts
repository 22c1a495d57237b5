/** The ledger and the lock: what is listed is on disk before the deed, and a dead holder holds nothing. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLease, lockFolder, runsFolder } from './lease.ts';
import type { Resource } from './lease.ts';

let runs: string;
beforeEach(() => (runs = mkdtempSync(join(tmpdir(), 'tare-runs-'))));
afterEach(() => rmSync(runs, { recursive: true, force: true }));
const folder: Resource = { kind: 'folder', path: '/nowhere/x' };

test('intent is on disk at once, and a held folder cannot be locked by another', () => {
  const lease = acquireLease('run-1', runs);
  lease.own(folder);
  expect(readFileSync(join(lease.folder, 'owned.jsonl'), 'utf8')).toBe(`{"own":${JSON.stringify(folder)}}\n`);
  expect(lockFolder(lease.folder)).toBeNull();
  lease.release(folder);
  lease.close();
  lease.close();
  expect(existsSync(lease.folder)).toBe(false);
});

test('closing with something unreleased keeps the ledger for gc and drops the lock', () => {
  const lease = acquireLease('run-1', runs);
  lease.own(folder);
  lease.close();
  const lock = lockFolder(lease.folder);
  expect(lock).not.toBeNull();
  lock?.unlock();
});

test('a run id in use, a bad one and a folder that cannot be made are refused', () => {
  const lease = acquireLease('run-1', runs);
  expect(() => acquireLease('run-1', runs)).toThrow(/run folder/);
  expect(() => acquireLease('../x', runs)).toThrow(/file name/);
  expect(() => acquireLease('run-2', '/dev/null')).toThrow(/cannot make the run folder/);
  lease.close();
});

test('the folder is where the environment says', () => {
  expect(runsFolder({ TARE_CACHE_DIR: '/c', XDG_RUNTIME_DIR: '/r' })).toBe('/c/runs');
  expect(runsFolder({ XDG_RUNTIME_DIR: '/r', XDG_CACHE_HOME: '/x' })).toBe('/r/tare/runs');
  expect(runsFolder({ XDG_RUNTIME_DIR: '', XDG_CACHE_HOME: '/x' })).toBe('/x/tare/runs');
});
