/**
 * The words of the fairness ledger that several runners share. Traits are compared as text, so the same
 * condition must be said in the same words everywhere; a runner overrides what differs for it.
 */
import type { Substrate, Traits } from '../model/instance.ts';
import type { Bytes } from '../model/quantities.ts';
import type { Ruler } from '../host/cgroup/cgroup.ts';
import type { Image } from '../images/image.ts';
import type { PrepareRequest } from './runner.ts';

/** Conditions that hold for every runner started through launch.sh with agent.sh inside. */
export function sharedTraits(image: Image, ruler: Ruler): Traits {
  return {
    image: image.digest,
    cpuPlacement: 'every thread held to as many host CPUs as the shape has, before the start',
    pageCache: "the host's warm",
    memoryPolicy: memoryPolicyTrait(),
    environment: 'PATH, HOME, TARE_* and padding only',
    readySignal: 'first reply of the agent, or of the service to the agent inside',
    clock: 'host monotonic, stamped on arrival at the host',
    programClock: "the host's",
    ruler: ruler.usable ? `host cgroup (${ruler.mode})` : 'none',
  };
}

/** What container runners have in common, whatever starts their containers; a runner adds what is its own. */
export function containerTraits(
  { found, image, shape }: Pick<PrepareRequest<unknown>, 'found' | 'image' | 'shape'>,
  ruler: Ruler,
  layer: string,
): Traits {
  return {
    ...sharedTraits(image, ruler),
    kernel: kernelTrait(found.substrate),
    acceleration: found.acceleration.class,
    memoryLimit: memoryLimitTrait(ruler, shape.memoryBytes),
    rootFilesystem: 'overlay of a host folder',
    writableLayer: writableLayerTrait(layer, image),
    startState: 'cold',
  };
}

/** Whose kernel answers inside. */
export function kernelTrait({ isolation, kernel }: Substrate): string {
  const release = kernel ?? 'unknown';
  switch (isolation) {
    case 'process':
    case 'container':
      return `host's (${release})`;
    case 'sandbox':
      return `the sandbox's own (${release})`;
    case 'virtual machine':
      return `own (${release})`;
    case null:
      return 'unknown';
  }
}

/** How memory is given and taken back; without arguments as a process of the host has it. */
export function memoryPolicyTrait(
  { taken, merged, returned } = { taken: 'on first touch', merged: 'not merged', returned: 'not ballooned' },
): string {
  return `taken ${taken}; ${merged}, ${returned}`;
}

/** A memory cap by cgroup, page cache and kernel memory of the instance included. */
export function memoryLimitTrait(ruler: Ruler, bytes: Bytes): string {
  return ruler.usable && ruler.controllers.includes('memory')
    ? `cgroup cap of ${bytes} bytes, page cache and kernel memory included`
    : 'none (no memory cgroup)';
}

/** Where writes go that no volume of the scenario takes: those to the places that the image calls volumes too. */
export function writableLayerTrait(words: string, { config }: Image): string {
  const volumes = (config?.volumes ?? []).toSorted().join(', ');
  return volumes === '' ? words : `${words}, which the image's volumes are part of (${volumes})`;
}
