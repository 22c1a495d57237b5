/**
 * The fingerprint of this machine: facts in three classes, `must` match before two runs are compared, `note`
 * is shown beside results, `ignore` only moves. This file does the reading and the hashing; which fact
 * belongs where is decided in facts.ts. Only reads, and never asks the network.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { cpu, cpuCache } from 'systeminformation';
import type { HostFingerprint } from '../model/instance.ts';
import { classifyFacts, hashFacts, type Processor, type Source } from './facts.ts';

/** Reads the facts of this host: about 50 ms, no network, nothing written. */
export async function readFingerprint(): Promise<HostFingerprint> {
  const facts = classifyFacts(await readProcessor(), liveSource);
  return { hostname: hostname(), ...facts, hash: hashFacts(facts.must) };
}

async function readProcessor(): Promise<Processor> {
  const [processor, caches] = await Promise.all([cpu(), cpuCache()]);
  return {
    vendor: processor.vendor,
    model: `${processor.manufacturer} ${processor.brand}`.trim(),
    family: processor.family,
    stepping: processor.stepping,
    flags: processor.flags,
    cpus: processor.cores,
    cores: processor.physicalCores,
    sockets: processor.processors,
    caches: [caches.l1d, caches.l1i, caches.l2, caches.l3],
  };
}

const liveSource: Source = {
  read(path) {
    try {
      return readFileSync(path, 'utf8').trimEnd();
    } catch {
      return undefined;
    }
  },
  list(path) {
    try {
      return readdirSync(path).toSorted();
    } catch {
      return [];
    }
  },
};
