/**
 * What the host's kernel shows of the whole machine in /proc, under the names the surface check uses
 * inside an instance: equal values mean that the instance sees the host and not itself. And what a
 * process may do on the host, read from outside.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { release } from 'node:os';

export type VisibleHost = Readonly<Record<string, string>>;

/** The host's own state, now. */
export function readVisibleHost(): VisibleHost {
  const text = (file: string): string => readFileSync(file, 'utf8');
  const partitions = text('/proc/partitions').split('\n').slice(2);
  return {
    'kernel.release': release(),
    'kernel.boot-id': text('/proc/sys/kernel/random/boot_id').trim(),
    'memory.total': String(Number(/^MemTotal:\s+(\d+)/m.exec(text('/proc/meminfo'))?.[1]) * 1024),
    'cpus.online': String(text('/proc/cpuinfo').match(/^processor/gm)?.length ?? 0),
    uptime: text('/proc/uptime').split(' ')[0] ?? '',
    load: text('/proc/loadavg').split(' ').slice(0, 3).join(' '),
    cmdline: createHash('sha256').update(text('/proc/cmdline')).digest('hex').slice(0, 16),
    partitions: partitions
      .map((line) => line.trim().split(/\s+/)[3] ?? '')
      .filter((name) => name !== '')
      .join(' '),
  };
}

/**
 * Privileges, as the host sees them, of the process that stands for an instance: of those deepest in pid
 * namespaces (helpers that stay outside a container are not it) the first. Null when all are gone.
 */
export function readOutside(pids: readonly number[]): VisibleHost | null {
  const statuses = pids.flatMap((pid) => {
    try {
      const own = readlinkSync(`/proc/${pid}/ns/user`) !== readlinkSync('/proc/self/ns/user');
      const users = `UserNamespace:\t${own ? 'its own' : "the host's"}\n`;
      return [`${readFileSync(`/proc/${pid}/status`, 'utf8')}${users}`];
    } catch {
      return [];
    }
  });
  return outsideOf(statuses);
}

/** The same from the texts of /proc/PID/status, each with the line on its user namespace added above. */
export function outsideOf(statuses: readonly string[]): VisibleHost | null {
  const depth = (status: string): number => field(status, 'NSpid').split(/\s+/).length;
  const deepest = Math.max(0, ...statuses.map(depth));
  const chosen = statuses.find((status) => depth(status) === deepest);
  if (chosen === undefined) return null;
  const keys = ['Name', 'CapEff', 'CapBnd', 'Seccomp', 'NoNewPrivs', 'UserNamespace'];
  return {
    ...Object.fromEntries(keys.map((key) => [key, field(chosen, key)])),
    Uid: field(chosen, 'Uid').split(/\s+/)[1] ?? '',
  };
}

function field(status: string, key: string): string {
  return new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';
}
