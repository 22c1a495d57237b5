/**
 * How clients outside reach an instance: a declared variable of every runner, because the path is part of what
 * a request costs. none: not at all. host: the network namespace that the client is in. bridge: tare's own
 * namespace and bridge (host/network.ts), joined by a veth pair or a tap as the instance starts. user: a TCP/IP
 * stack in a program (slirp) that forwards a port of the host's loopback; needs no root.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../model/errors.ts';
import { toolPath } from '../host/exec.ts';
import { findTool, freePort, openBridge, portTaken, type BridgeNetwork, type Link } from '../host/network.ts';
import { processIdentity } from '../host/process-identity.ts';
import type { Context, Endpoint, Instance, Job, Needs } from './runner.ts';
import { TrialFailure } from './runner.ts';

export type NetworkMode = 'none' | 'host' | 'bridge' | 'user';

/** Network of containers, as a scenario says it. */
export const containerNetwork = z
  .enum(['none', 'host', 'bridge', 'user'])
  .default('none')
  .describe(
    "How clients reach it: none; host: the host's own namespace; bridge: veth pair on tare's bridge; user: slirp4netns.",
  );

/** Network of VMs. */
export const vmNetwork = z
  .enum(['none', 'bridge', 'user'])
  .default('none')
  .describe("How clients reach it: none; bridge: tap on tare's bridge; user: QEMU's user-mode network.");

export interface Refusal {
  readonly reason: string;
  readonly hint: string;
}

/** Why this mode cannot work here, or does not reach far enough; null: it can be tried. */
export function refuseNetwork(
  mode: NetworkMode,
  needs: Pick<Needs, 'reachable'>,
  kind: 'root container' | 'rootless container' | 'VM',
): Refusal | null {
  switch (mode) {
    case 'none':
      if (!needs.reachable) return null;
      return {
        reason: 'no client outside can reach it: its network is "none"',
        hint: `give the runner \`network: bridge\`${kind === 'VM' ? ' or user' : ', host or user'}`,
      };
    case 'host':
      if (kind !== 'rootless container') return null;
      return {
        reason: "a rootless container cannot mount /sys over the host's network namespace",
        hint: 'run as root, or use `network: user`',
      };
    case 'bridge':
      if (kind === 'rootless container' || process.geteuid?.() !== 0) {
        return { reason: 'a bridge needs root', hint: 'run as root, or use `network: user`' };
      }
      if (findTool('ip') === null) return { reason: 'ip is not installed', hint: 'apt-get install iproute2' };
      if (kind === 'VM' && !existsSync('/dev/net/tun'))
        return {
          reason: 'there is no /dev/net/tun, so no tap',
          hint: 'modprobe tun, or use `network: user`',
        };
      return null;
    case 'user':
      if (kind === 'VM' || findTool('slirp4netns') !== null) return null;
      return { reason: 'slirp4netns is not installed', hint: 'apt-get install slirp4netns' };
  }
}

/** How one instance is attached. */
export interface Attachment {
  readonly mode: NetworkMode;
  /** Address its service listens on. */
  readonly bind: string;
  /** Veth or tap to be made as it starts, and the bridge's namespace; null: none. */
  readonly link: (Link & Pick<BridgeNetwork, 'path' | 'enter'>) | null;
  /** Port of the host's loopback that is forwarded to the service; null: none. */
  readonly hostPort: number | null;
  endpoint(port: number): Endpoint | null;
  /** After it is ready: what can be connected only now. */
  connect(instance: Pick<Instance, 'pids'>): Promise<void>;
  /** After all its processes are gone; names what is left. */
  gone(): Promise<readonly string[]>;
}

/** The network that the instances of one cell share. */
export interface CellNetwork {
  attach(job: Job, context: Context): Promise<Attachment>;
  close(): Promise<void>;
}

const loopback = '127.0.0.1';
const everywhere = '0.0.0.0';

/** Loopback inside alone: nothing to make, nothing to reach. */
export const noNetwork: Attachment = {
  mode: 'none',
  bind: loopback,
  link: null,
  hostPort: null,
  endpoint: () => null,
  connect: () => Promise.resolve(),
  gone: () => Promise.resolve([]),
};

/** @param forwards whether user mode needs a program of its own (a container) or is the VMM's */
export function createCellNetwork(mode: NetworkMode, forwards: 'slirp4netns' | 'vmm'): CellNetwork {
  let bridge: Promise<BridgeNetwork> | null = null;
  return {
    async attach(job, context) {
      const plain = { ...noNetwork, mode };
      switch (mode) {
        case 'none':
          return plain;
        case 'host':
          return { ...plain, ...(await attachToHost(job)) };
        case 'bridge': {
          bridge ??= openBridge(context.lease).catch((error: unknown) => {
            bridge = null;
            throw launchFailure(messageOf(error));
          });
          const network = await bridge;
          const link = { ...network.newLink(), path: network.path, enter: network.enter };
          const endpoint = (port: number) => ({ address: link.address, port, enter: network.enter });
          return { ...plain, bind: everywhere, link, endpoint, gone: () => network.gone(link) };
        }
        case 'user': {
          const hostPort = await freePort();
          const own = job.service?.port;
          const endpoint = (port: number) =>
            port === own ? { address: loopback, port: hostPort, enter: [] } : null;
          const user = { ...plain, bind: everywhere, hostPort, endpoint };
          if (forwards === 'vmm' || own == null) return user;
          return { ...user, ...forwarder(job, context, hostPort, own) };
        }
      }
    },
    async close() {
      await (await bridge)?.close();
    },
  };
}

/** The host's loopback: shared with every other program, so its port may be somebody else's. */
async function attachToHost(job: Job): Promise<Pick<Attachment, 'endpoint'>> {
  const port = job.service?.port;
  if (port != null && (await portTaken(port)))
    throw launchFailure(`port ${port} of the host's loopback is in use by another program`);
  return { endpoint: (asked) => ({ address: loopback, port: asked, enter: [] }) };
}

/** slirp4netns beside a container: its stack, in the container's group as a VMM's own would be. */
function forwarder(
  job: Job,
  context: Context,
  hostPort: number,
  port: number,
): Pick<Attachment, 'connect' | 'gone'> {
  const socket = join(context.workDir, 'slirp.sock');
  let child: ChildProcess | null = null;
  return {
    async connect(instance) {
      const inside = (instance.pids() ?? []).find(isElsewhere);
      if (inside === undefined) throw launchFailure('no process is in a network namespace of its own');
      const settings = ['--configure', '--mtu=65520', '--disable-host-loopback', '--disable-dns'];
      const argv = [...settings, `--api-socket=${socket}`, String(inside), 'tap0'];
      child = spawn('setpriv', ['--pdeathsig', 'KILL', 'slirp4netns', ...argv], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, PATH: toolPath() },
      });
      child.on('error', () => undefined);
      let complaint = '';
      child.stderr
        ?.setEncoding('utf8')
        .on('data', (text: string) => (complaint = (complaint + text).slice(-500)));
      const identity = processIdentity(child.pid ?? 0);
      if (identity !== null) {
        const resource = { kind: 'process', ...identity } as const;
        context.lease.own(resource);
        child.once('exit', () => context.lease.release(resource));
      }
      for (const file of job.group?.procsFiles ?? []) await writeFile(file, String(child.pid));
      const request = {
        execute: 'add_hostfwd',
        arguments: { proto: 'tcp', host_addr: loopback, host_port: hostPort, guest_port: port },
      };
      const answer = await askSocket(socket, JSON.stringify(request), context.signal);
      if (!answer.includes('"return"'))
        throw launchFailure(`slirp4netns forwards no port: ${answer || complaint.trim() || 'no answer'}`);
    },
    async gone() {
      const left = child;
      if (left?.exitCode === null && left.signalCode === null) {
        const exited = new Promise<boolean>((resolve) => left.once('exit', () => resolve(true)));
        left.kill('SIGKILL');
        const slow = delay(5000, false, { ref: false });
        if (!(await Promise.race([exited, slow]))) return [`process ${left.pid ?? 0} (slirp4netns)`];
      }
      await rm(socket, { force: true });
      return [];
    },
  };
}

/** Whether a process is in another network namespace than tare; false where this user cannot tell. */
export function isElsewhere(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net');
  } catch {
    return false;
  }
}

/** One question to a socket that may not be there yet; '' where none answers in 5 s. */
async function askSocket(path: string, question: string, signal: AbortSignal): Promise<string> {
  for (let tries = 0; tries < 250; tries += 1) {
    signal.throwIfAborted();
    const answer = await new Promise<string | null>((resolve) => {
      let text = '';
      const channel = connect(path, () => channel.end(question));
      channel.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      channel.once('error', () => resolve(null));
      channel.once('close', () => resolve(text));
      channel.setTimeout(5000, () => channel.destroy());
    });
    if (answer !== null) return answer;
    await delay(20);
  }
  return '';
}

function launchFailure(message: string): TrialFailure {
  return new TrialFailure({ reason: 'launch', message, detail: '' });
}

const bridgeScript = join(import.meta.dirname, 'bridge.sh');

/** bridge.sh and its arguments for a container's veth pair; empty without a link. */
export function bridgeArguments(link: Attachment['link']): readonly string[] {
  return link === null ? [] : [bridgeScript, 'veth', link.path, link.name, link.addressWithPrefix];
}

/** argv before a VMM's own: makes its tap on the bridge and starts it there; empty without a link. */
export function tapPrefix(link: Attachment['link']): readonly string[] {
  return link === null ? [] : [...link.enter, 'sh', bridgeScript, 'tap', link.path, link.name];
}

/** What the fairness ledger says of it. */
export function networkTrait(mode: NetworkMode, kind: 'container' | 'VM'): string {
  switch (mode) {
    case 'none':
      return kind === 'VM' ? 'loopback of its own kernel' : 'loopback of its own network namespace';
    case 'host':
      return "host's loopback";
    case 'bridge':
      return kind === 'VM'
        ? "tare's bridge, by tap and virtio-net (no vhost, one queue)"
        : "tare's bridge, by veth pair";
    case 'user':
      return kind === 'VM'
        ? "forwarded port through QEMU's user-mode stack and virtio-net"
        : "forwarded port through slirp4netns's user-mode stack";
  }
}
