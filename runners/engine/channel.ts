/**
 * The agent's channel where no client stays attached: two FIFOs in a folder that is bound into the container,
 * and a file for its complaints. A writer is held open until the agent's first byte, so that the end of
 * `out` afterwards means that the agent is gone. When tare dies, the agent reads the end of `in` and leaves.
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { runTool } from '../../host/exec.ts';

export interface Channel {
  readonly duplex: Duplex;
  /** The agent spoke and has gone since. */
  readonly ended: () => boolean;
  /** What was complained of inside, the last 8 KiB. */
  readonly complaints: () => string;
  close(): void;
}

const tailBytes = 8192;

/** Makes the folder and both FIFOs. @param owner whom the container's root is outside; null: tare's user */
export async function openChannel(
  folder: string,
  owner: { readonly uid: number; readonly gid: number } | null,
): Promise<Channel> {
  mkdirSync(folder);
  const names = ['in', 'out', 'err'].map((name) => join(folder, name));
  const [into = '', out = '', err = ''] = names;
  const made = await runTool(['mkfifo', '-m', '600', into, out], { timeoutSeconds: 10 });
  if (made.exitCode !== 0) throw new Error(`cannot make FIFOs in ${folder}: ${made.stderr.trim()}`);
  writeFileSync(err, '');
  for (const path of [folder, ...names]) {
    chmodSync(path, path === folder ? 0o700 : 0o600);
    if (owner !== null) chownSync(path, owner.uid, owner.gid);
  }
  const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants;
  // A FIFO opens for writing only while somebody reads it: until the agent does, this descriptor is that one.
  const firstReader = openSync(into, O_RDWR | O_NONBLOCK);
  const writable = new Socket({ fd: openSync(into, O_WRONLY | O_NONBLOCK), readable: false, writable: true });
  const readable = new Socket({ fd: openSync(out, O_RDONLY | O_NONBLOCK), readable: true, writable: false });
  const firstWriter = openSync(out, O_WRONLY | O_NONBLOCK);
  let held = true;
  let over = false;
  const letGo = (): void => {
    if (!held) return;
    held = false;
    closeSync(firstReader);
    closeSync(firstWriter);
  };
  readable.once('data', letGo);
  readable.once('end', () => (over = true));
  for (const socket of [readable, writable]) socket.on('error', () => undefined);
  const duplex = Duplex.from({ readable, writable });
  duplex.on('error', () => undefined);
  return {
    duplex,
    ended: () => over,
    complaints() {
      try {
        return readFileSync(err).subarray(-tailBytes).toString('utf8');
      } catch {
        return '';
      }
    },
    close() {
      letGo();
      duplex.destroy();
      readable.destroy();
      writable.destroy();
    },
  };
}
