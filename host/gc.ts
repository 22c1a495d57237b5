/**
 * Removes what dead runs left, and only that: a run folder whose lock can be taken belongs to nobody alive,
 * and its ledger names everything the run made. Doing it twice does nothing more.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../model/errors.ts';
import { createRuler } from './cgroup/cgroup.ts';
import type { Ruler } from './cgroup/cgroup.ts';
import { runTool } from './exec.ts';
import { lockFolder, runsFolder } from './lease.ts';
import type { LedgerLine, RemovedByCommand, Resource } from './lease.ts';
import { engineContainer, ociContainer } from './kept.ts';
import { detachLoop, loopsOf } from './loop.ts';
import { isAlive } from './process-identity.ts';

export interface GcAction {
  readonly resource: Resource;
  /** `absent`: was gone already. `would-remove`: dry run. */
  readonly state: 'removed' | 'absent' | 'failed' | 'would-remove';
  readonly note: string;
}

export interface GcRun {
  readonly runId: string;
  /** A live run is never touched. */
  readonly live: boolean;
  readonly actions: readonly GcAction[];
  /** The run's own folder is gone. */
  readonly removed: boolean;
}

export interface GcReport {
  readonly runs: readonly GcRun[];
}

export interface GcOptions {
  readonly dryRun: boolean;
  readonly runs?: string;
}

/** A folder that a run was still making when it died shows no earlier than this. */
const unfinishedSeconds = 60;

export async function collectGarbage({ dryRun, runs = runsFolder() }: GcOptions): Promise<GcReport> {
  if (!existsSync(runs)) return { runs: [] };
  const ruler = createRuler();
  const found: GcRun[] = [];
  for (const name of readdirSync(runs).sort()) {
    const folder = join(runs, name);
    if (!isRunFolder(folder, name)) continue;
    const lock = lockFolder(folder);
    if (lock === null) {
      found.push({ runId: name, live: true, actions: [], removed: false });
      continue;
    }
    try {
      found.push(await collectRun(name, folder, ruler, dryRun));
    } finally {
      lock.unlock();
    }
  }
  return { runs: found };
}

function isRunFolder(folder: string, name: string): boolean {
  const facts = statSync(folder, { throwIfNoEntry: false });
  if (facts?.isDirectory() !== true) return false;
  return !name.startsWith('.') || Date.now() - facts.mtimeMs > unfinishedSeconds * 1000;
}

async function collectRun(runId: string, folder: string, ruler: Ruler, dryRun: boolean): Promise<GcRun> {
  const left = outstanding(folder);
  const actions: GcAction[] = [];
  for (const resource of left.toSorted((a, b) => turnOf(a) - turnOf(b))) {
    actions.push(dryRun ? wouldRemove(resource) : await remove(resource, ruler));
  }
  const clean = !dryRun && actions.every(({ state }) => state === 'removed' || state === 'absent');
  if (clean) rmSync(folder, { recursive: true, force: true });
  return { runId, live: false, actions, removed: clean };
}

/**
 * First what still lives of the run is asked to remove what it keeps. Then processes before other programs'
 * things before groups before devices before folders: each needs the former gone.
 */
function turnOf(resource: Resource): number {
  if (resource.kind === 'command' && resource.asksTheRun) return -1;
  return (['process', 'command', 'group', 'loop', 'folder'] as const).indexOf(resource.kind);
}

/** Listed and not released; newest first, so that children go before what holds them. */
function outstanding(folder: string): readonly Resource[] {
  const file = join(folder, 'owned.jsonl');
  const left = new Map<string, Resource>();
  for (const text of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
    let line: LedgerLine;
    try {
      line = JSON.parse(text) as LedgerLine;
    } catch {
      continue; // the last line of a run that died while writing: what it announced was not made
    }
    if ('own' in line) left.set(JSON.stringify(line.own), lifted(line.own));
    else left.delete(JSON.stringify(line.release));
  }
  return [...left.values()].reverse();
}

/** Kinds of resources in ledgers of tare 0.1, whose runs may have been killed before an update. */
type OldResource =
  | { readonly kind: 'oci'; readonly binary: string; readonly stateRoot: string; readonly id: string }
  | {
      readonly kind: 'container';
      readonly argv: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
      readonly name: string;
    };

/** What an old ledger lists, as it is listed today. */
function lifted(resource: Resource | OldResource): Resource {
  switch (resource.kind) {
    case 'oci': {
      const { binary, stateRoot, id } = resource;
      return ociContainer({ argv: [binary, '--root', stateRoot], stateRoot, id });
    }
    case 'container':
      return engineContainer(resource, resource.name);
    default:
      return resource;
  }
}

const wouldRemove = (resource: Resource): GcAction => ({ resource, state: 'would-remove', note: '' });

async function remove(resource: Resource, ruler: Ruler): Promise<GcAction> {
  try {
    return { resource, ...(await removeOne(resource, ruler)) };
  } catch (error) {
    return { resource, state: 'failed', note: messageOf(error) };
  }
}

type Outcome = Pick<GcAction, 'state' | 'note'>;
const absent: Outcome = { state: 'absent', note: '' };
const removed: Outcome = { state: 'removed', note: '' };

async function removeOne(resource: Resource, ruler: Ruler): Promise<Outcome> {
  switch (resource.kind) {
    case 'process':
      // Pid, start time and boot must all match: a pid alone may be somebody else's by now.
      if (!isAlive(resource)) return absent;
      process.kill(resource.pid, 'SIGKILL');
      return removed;
    case 'command':
      return removeByCommand(resource);
    case 'group': {
      if (!ruler.usable) return { state: 'failed', note: ruler.reason };
      const group = ruler.existingGroup(resource.path);
      if (!group.exists()) return absent;
      if (!(await group.kill(10))) return { state: 'failed', note: `alive: ${group.pids().join(' ')}` };
      return (await group.remove()) ? removed : { state: 'failed', note: 'still busy' };
    }
    case 'loop':
      if (loopsOf(resource.file).length === 0) return absent;
      return (await detachLoop(resource.file)) ? removed : { state: 'failed', note: 'still in use' };
    case 'folder':
      if (!existsSync(resource.path)) return absent;
      rmSync(resource.path, { recursive: true, force: true });
      return removed;
  }
}

async function removeByCommand({ argv, environment, goneIf }: RemovedByCommand): Promise<Outcome> {
  const { missing, silent, says } = goneIf;
  if (missing !== undefined && !existsSync(missing)) return absent;
  const { exitCode, stdout, stderr } = await runTool(argv, { timeoutSeconds: 60, environment });
  if (says !== undefined && new RegExp(says, 'i').test(stderr)) return absent;
  if (exitCode !== 0) return { state: 'failed', note: stderr.trim() };
  return silent === true && stdout.trim() === '' ? absent : removed;
}
