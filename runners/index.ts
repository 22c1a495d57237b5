/** Every runner by kind; the only file that knows them all. A new one is its folder and its line here. */
import type { z } from 'zod';
import type { RunnerKind } from '../model/scenario.ts';
import { docker } from './docker/index.ts';
import { fake } from './fake.ts';
import { namespace } from './namespace/index.ts';
import { oci } from './oci/index.ts';
import { podman } from './podman/index.ts';
import { process } from './process/index.ts';
import { qemu } from './qemu/index.ts';
import type { Runner, Runners } from './runner.ts';

const all: readonly Runner[] = [fake, process, namespace, oci, podman, docker, qemu];

export const runners: Runners = Object.fromEntries(all.map((runner) => [runner.kind, runner]));

/** Option schemas by kind, for reading scenarios. */
export const runnerSchemas: Readonly<Record<RunnerKind, z.ZodType>> = Object.fromEntries(
  all.map(({ kind, options }) => [kind, options]),
);

/** What `doctor` examines: every runner in the forms that scenarios use. */
export const exampleRunners: readonly {
  readonly id: string;
  readonly kind: RunnerKind;
  readonly options: Readonly<Record<string, unknown>>;
}[] = [
  { id: 'process', kind: 'process', options: {} },
  { id: 'namespace', kind: 'namespace', options: {} },
  { id: 'oci (runc)', kind: 'oci', options: { runtime: 'runc' } },
  { id: 'oci (crun)', kind: 'oci', options: { runtime: 'crun' } },
  { id: 'podman', kind: 'podman', options: { user: 'root' } },
  { id: 'podman (rootless)', kind: 'podman', options: { user: 'rootless' } },
  { id: 'docker', kind: 'docker', options: {} },
  { id: 'qemu (q35)', kind: 'qemu', options: { machine: 'q35' } },
  { id: 'qemu (microvm)', kind: 'qemu', options: { machine: 'microvm' } },
];
