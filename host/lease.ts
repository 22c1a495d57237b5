/**
 * Intent before deed: the ledger of what a run has made on this host, held under a lock that the
 * kernel drops when the run dies. `tare gc` and the next run remove what a dead run listed, only that.
 * A run's folder: RUNS/RUNID/{lock, owned.jsonl, work/}.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { exitCode, messageOf, UserError } from '../model/errors.ts';
import { toolPath } from './exec.ts';

/** Something outside tare's own memory that must not outlive the run. */
export type Resource =
  | { readonly kind: 'group'; readonly path: string }
  | { readonly kind: 'process'; readonly pid: number; readonly startTicks: string; readonly bootId: string }
  | { readonly kind: 'folder'; readonly path: string }
  /** Loop devices of an image file. */
  | { readonly kind: 'loop'; readonly file: string }
  | RemovedByCommand;

/** Something that another program keeps and removes when it is asked: a container, a pod, a domain. */
export interface RemovedByCommand {
  readonly kind: 'command';
  /** As `tare gc` names it: "container i-3". */
  readonly what: string;
  /** Removes it. Everything that decides what is removed stands here, so that gc knows no program. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** When there is nothing to remove, any of these; all that fails otherwise is told and tried again. */
  readonly goneIf: {
    /** This path is not there. */
    readonly missing?: string;
    /** The command ends well and prints nothing. */
    readonly silent?: true;
    /** The command says so: a regular expression over its stderr, case ignored. */
    readonly says?: string;
  };
  /** Whether the program asked may itself be a process of the run, and so has to be asked before those are ended. */
  readonly asksTheRun: boolean;
}

export interface Lease {
  readonly runId: string;
  /** Writes the intent durably; call before making the resource. */
  own(resource: Resource): void;
  /** Notes that it is gone. */
  release(resource: Resource): void;
}

/** The lease of a run of our own. */
export interface RunLease extends Lease {
  /** The run's folder. */
  readonly folder: string;
  /** Scratch folder inside it. */
  readonly workDir: string;
  /**
   * Drops the lock and removes the folder; keeps it for `tare gc` when something listed was never released.
   * Idempotent.
   */
  close(): void;
}

/** $TARE_CACHE_DIR/runs where set, else $XDG_RUNTIME_DIR/tare/runs, else the cache's. */
export function runsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const set = (name: string): string | null => {
    const value = environment[name];
    return value === undefined || value === '' ? null : value;
  };
  const own = set('TARE_CACHE_DIR');
  if (own !== null) return join(own, 'runs');
  return join(set('XDG_RUNTIME_DIR') ?? set('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'tare', 'runs');
}

/** One line of owned.jsonl. */
export type LedgerLine = { readonly own: Resource } | { readonly release: Resource };

/**
 * Takes the lock of a run folder on a descriptor of this process: the lock belongs to the open file, so it
 * survives the helper that asked for it, is not inherited by children (close-on-exec) and is dropped by
 * the kernel on any death of ours. null: somebody else holds it.
 */
export function lockFolder(folder: string): { unlock(): void } | null {
  const descriptor = openSync(join(folder, 'lock'), 'a');
  const asked = spawnSync('flock', ['-n', '-x', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', descriptor],
    env: { PATH: toolPath() },
  });
  if (asked.status === 0) return { unlock: () => closeSync(descriptor) };
  closeSync(descriptor);
  if (asked.error === undefined) return null;
  throw new UserError(
    `cannot run flock: ${asked.error.message}`,
    'apt-get install util-linux',
    exitCode.hostCannot,
    asked.error,
  );
}

/** Makes the run's folder and holds it until close(). @throws UserError where it cannot be made or is held */
export function acquireLease(runId: string, runs: string = runsFolder()): RunLease {
  if (!/^[\w][\w.-]*$/.test(runId)) throw new Error(`run id ${JSON.stringify(runId)} is no file name`);
  const folder = join(runs, runId);
  // Locked under a hidden name first: a folder that others can see is always already held.
  const fresh = join(runs, `.${runId}-${process.pid}`);
  let lock: { unlock(): void } | null;
  try {
    mkdirSync(join(fresh, 'work'), { recursive: true });
    lock = lockFolder(fresh);
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (error instanceof UserError) throw error;
    throw new UserError(
      `cannot make the run folder ${folder}: ${messageOf(error)}`,
      'set TARE_CACHE_DIR to a folder you can write, or choose another run id',
      exitCode.hostCannot,
      error,
    );
  }
  const ledger = openSync(join(folder, 'owned.jsonl'), 'a');
  const owned = new Set<string>();
  const write = (line: LedgerLine): void => {
    writeSync(ledger, `${JSON.stringify(line)}\n`);
  };
  let open = true;
  return {
    runId,
    folder,
    workDir: join(folder, 'work'),
    own(resource) {
      owned.add(JSON.stringify(resource));
      write({ own: resource });
      // On disk before the deed; a lost release only makes gc look for what is gone.
      fsyncSync(ledger);
    },
    release(resource) {
      if (!open) return;
      if (owned.delete(JSON.stringify(resource))) write({ release: resource });
    },
    close() {
      if (!open) return;
      open = false;
      closeSync(ledger);
      if (owned.size === 0) rmSync(folder, { recursive: true, force: true });
      lock?.unlock();
    },
  };
}
