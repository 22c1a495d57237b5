/** A policy as the YAML that reads back to it, for rules that were moved on a page. */
import type { AssumedTare, SizingPolicy } from '../model.ts';

/** Every value spelled out: a default that changes later changes nothing here. */
export function policyYaml(policy: SizingPolicy): string {
  const {
    headroom,
    survive,
    overcommit,
    reserved,
    maxInstances,
    growth,
    basis,
    worker,
    uncertainty,
    assume,
  } = policy;
  const flow = (values: Readonly<Record<string, string | number | boolean | null>>) =>
    `{ ${Object.entries(values)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => `${key}: ${String(value)}`)
      .join(', ')} }`;
  const bytes = (value: number) => `${String(Math.round(value))}B`;
  const { vm } = reserved;
  return [
    `name: ${JSON.stringify(policy.name)}`,
    `headroom: ${flow({ ...headroom })}`,
    `survive: ${flow({ ...survive })}`,
    `overcommit: { vm: ${flow({ ...overcommit.vm })}, container: ${flow({ ...overcommit.container })} }`,
    `fill: ${String(policy.fill)}`,
    'reserved:',
    `  vm: ${flow({ cpuThreads: vm.cpuThreads, memory: bytes(vm.memoryBytes) })}`,
    ...(['container', 'worker'] as const).map((where) => {
      const { rule, cpuThreads, memoryBytes } = reserved[where];
      return `  ${where}: ${flow({ rule, cpuThreads, memory: bytes(memoryBytes) })}`;
    }),
    `maxInstances: ${flow({ ...maxInstances })}`,
    `growth: ${flow({ ...growth })}`,
    `smt: ${String(policy.smt)}`,
    `basis: ${flow({ ...basis })}`,
    `affinity: ${String(policy.affinity)}`,
    `worker: ${flow({ cpuThreads: worker.cpuThreads, memory: bytes(worker.memoryBytes) })}`,
    `uncertainty: ${flow({ ...uncertainty })}`,
    ...(assume.vm === null && assume.container === null ? [] : ['assume:']),
    ...(['vm', 'container'] as const).flatMap((form) => {
      const given = assume[form];
      return given === null ? [] : [`  ${form}: ${flow(assumedOf(given, bytes))}`];
    }),
    '',
  ].join('\n');
}

function assumedOf(given: AssumedTare, bytes: (value: number) => string) {
  const { rule, memoryBytes, perThread, insideBytes, diskBytes, idleThreads } = given;
  return {
    rule,
    memory: bytes(memoryBytes),
    perVcpu: bytes(perThread),
    // A rule without a guest is read as one of 0 bytes.
    guest: insideBytes === null || (rule !== null && insideBytes === 0) ? null : bytes(insideBytes),
    disk: bytes(diskBytes),
    cpuThreads: idleThreads,
  };
}
