/**
 * A network of tare's own: one network namespace with one bridge in it, to which instances are joined by veth
 * pairs or taps. The host's own interfaces, routes and filters are never touched. The namespace has no name
 * and no file: a sleeping process holds it, so that whoever ends that process (a run's end, `tare gc`, the
 * kernel at tare's death) has removed namespace, bridge, veth and tap together.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, readlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { runTool, toolPath } from './exec.ts';
import type { Lease, Resource } from './lease.ts';
import { killQuietly, processIdentity } from './process-identity.ts';

/** Name of the bridge inside its namespace. */
const bridgeName = 'tare0';
/** Private, and in a namespace of its own: it cannot collide with anything of the host's. */
const subnet = '10.137';
const prefix = 16;
/** How long an interface may take to go after its instance: the kernel takes namespaces down in the background. */
const goneSeconds = 5;
const toolSeconds = 10;

/** What one instance is joined by. */
export interface Link {
  /** Name of the veth's outer end, or of the tap, in the bridge's namespace. */
  readonly name: string;
  /** The instance's address, without its prefix. */
  readonly address: string;
  /** The same with the prefix: "10.137.0.2/16". */
  readonly addressWithPrefix: string;
  /** Unique on the bridge. */
  readonly mac: string;
}

export interface BridgeNetwork {
  /** The namespace as a file, for `nsenter --net=` and `ip link ... netns`. */
  readonly path: string;
  /** argv that puts a command into the namespace. */
  readonly enter: readonly string[];
  /** A name and an address nobody has had; nothing is made yet. */
  newLink(): Link;
  /** Waits until an interface has gone with its instance, removes it if it has not; names what is left. */
  gone(link: Link): Promise<readonly string[]>;
  /** Ends the namespace with all that is in it; idempotent. */
  close(): Promise<void>;
}

/** Where a program is, on the path that tools are looked for on; null: nowhere. */
export function findTool(name: string): string | null {
  for (const folder of toolPath().split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return null;
}

/** Makes the namespace and its bridge. @throws Error with the tool's own words where this host refuses */
export async function openBridge(lease: Lease): Promise<BridgeNetwork> {
  const own = readlinkSync('/proc/self/ns/net');
  const holder = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', 'sleep', 'infinity'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: toolPath() },
  });
  let complaint = '';
  holder.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaint = (complaint + text).slice(-500)));
  const gone = new Promise<void>((resolve) => {
    holder.once('exit', () => resolve());
    holder.once('error', (error) => {
      complaint ||= error.message;
      resolve();
    });
  });
  const pid = holder.pid ?? 0;
  const identity = processIdentity(pid);
  const owned: Resource | null = identity === null ? null : { kind: 'process', ...identity };
  if (owned !== null) lease.own(owned);
  const close = async (): Promise<void> => {
    if (holder.exitCode === null && holder.signalCode === null) killQuietly(pid);
    await gone;
    if (owned !== null) lease.release(owned);
  };
  try {
    await untilElsewhere(pid, own, () => holder.exitCode !== null || holder.pid === undefined);
    const path = `/proc/${pid}/ns/net`;
    const enter = ['nsenter', `--net=${path}`, '--'];
    await ip(enter, [
      'link set lo up',
      `link add ${bridgeName} type bridge`,
      `addr add ${subnet}.0.1/${prefix} dev ${bridgeName}`,
      `link set ${bridgeName} up`,
    ]);
    return { path, enter, newLink: linksOf(), gone: (link) => linkGone(enter, link), close };
  } catch (error) {
    await close();
    const why = complaint.trim() || (error instanceof Error ? error.message : String(error));
    throw new Error(`no network of tare's own can be made: ${why}`, { cause: error });
  }
}

/** Until the process has left the namespace it was started in. */
async function untilElsewhere(pid: number, own: string, dead: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (dead()) throw new Error('unshare --net ended');
    try {
      if (readlinkSync(`/proc/${pid}/ns/net`) !== own) return;
    } catch {
      throw new Error('unshare --net ended');
    }
    await delay(5);
  }
  throw new Error('unshare --net made no namespace in 5 s');
}

async function ip(enter: readonly string[], lines: readonly string[]): Promise<void> {
  const argv = [...enter, 'ip', '-batch', '-'];
  const result = await runTool(argv, { timeoutSeconds: toolSeconds, input: `${lines.join('\n')}\n` });
  if (result.exitCode !== 0) throw new Error(result.stderr.trim().split('\n')[0] ?? 'ip failed');
}

/** Links counted from 2: 1 is the bridge itself. */
function linksOf(): () => Link {
  let last = 1;
  return () => {
    last += 1;
    const [high, low] = [Math.floor(last / 250), (last % 250) + 1];
    const address = `${subnet}.${high}.${low}`;
    const hex = (value: number) => value.toString(16).padStart(2, '0');
    return {
      name: `link${last}`,
      address,
      addressWithPrefix: `${address}/${prefix}`,
      mac: `52:54:00:89:${hex(high)}:${hex(low)}`,
    };
  };
}

async function linkGone(enter: readonly string[], { name }: Link): Promise<readonly string[]> {
  const deadline = Date.now() + goneSeconds * 1000;
  for (;;) {
    const shown = await runTool([...enter, 'ip', 'link', 'show', name], { timeoutSeconds: toolSeconds });
    if (/does not exist/i.test(shown.stderr)) return [];
    // The namespace itself has gone, and the link with it.
    if (/cannot open|No such (file|process)/i.test(shown.stderr)) return [];
    if (Date.now() > deadline) break;
    await delay(5);
  }
  const removed = await runTool([...enter, 'ip', 'link', 'delete', name], { timeoutSeconds: toolSeconds });
  return removed.exitCode === 0 ? [] : [`interface ${name} on tare's bridge`];
}

/** A port of this host's loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Whether somebody listens on a port of this host's loopback already. */
export async function portTaken(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}
