/**
 * What other programs keep for an instance, as the lease lists it: how it is removed, and how to tell that it is
 * gone already. The same words every time, since what is owned is released by them.
 */
import { join } from 'node:path';
import type { RemovedByCommand } from './lease.ts';

/** A container of an OCI runtime. */
export function ociContainer(at: {
  /** The runtime with its state's root and flags, everything before the command. */
  readonly argv: readonly string[];
  readonly stateRoot: string;
  readonly id: string;
}): RemovedByCommand {
  return {
    kind: 'command',
    what: `container ${at.id}`,
    argv: [...at.argv, 'delete', '-f', at.id],
    environment: {},
    goneIf: { missing: join(at.stateRoot, at.id) },
    asksTheRun: false,
  };
}

/**
 * A container that an engine keeps. An engine that is gone keeps nothing: groups and folders, which are listed
 * too, hold the rest.
 */
export function engineContainer(
  client: { readonly argv: readonly string[]; readonly environment: Readonly<Record<string, string>> },
  name: string,
): RemovedByCommand {
  return {
    kind: 'command',
    what: `container ${name}`,
    argv: [...client.argv, 'rm', '--force', '--volumes', name],
    environment: client.environment,
    goneIf: {
      silent: true,
      says: 'no such container|cannot connect to the docker daemon|no such file or directory',
    },
    asksTheRun: true,
  };
}
