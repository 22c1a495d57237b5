/** This host as a site: everything is read from its own kernel, when it is asked for. */
import { readFileSync } from 'node:fs';
import { machine } from 'node:os';
import type { ClockError, HostFingerprint } from '../../model/instance.ts';
import { cpuGroupOf } from '../cgroup/cpu-group.ts';
import { diskOf } from '../disk.ts';
import { readHostCounters } from '../drift.ts';
import { readLadderMemory, readMergedBytes } from '../meter/memory.ts';
import { readProcessMemory } from '../meter/smaps.ts';
import { readLoadCounters, readRoom } from '../room.ts';
import type { Site } from './site.ts';
import { readOutside, readVisibleHost } from '../visible.ts';

/** @param workDir on the file system that holds the instances' own files */
export function localSite(facts: HostFingerprint, clock: ClockError, workDir: string): Site {
  const placeable = allowedCpus();
  return {
    id: facts.hostname,
    facts,
    architecture: machine(),
    cpus: { count: placeable.length, placeable },
    clock,
    counters: readHostCounters,
    room: () => readRoom(workDir),
    load: readLoadCounters,
    memory: readLadderMemory,
    processes: readProcessMemory,
    merged: readMergedBytes,
    visible: readVisibleHost,
    outside: readOutside,
    cpuGroupOf: (pid) => cpuGroupOf(pid),
    diskOf: (path) => diskOf(path),
  };
}

/** CPUs this process may use, ascending. */
function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
