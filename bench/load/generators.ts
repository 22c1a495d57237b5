/** The load generators of a run: what they cost tare in CPU, and their end at the run's end at the latest. */
import type { Lease } from '../../host/lease.ts';
import { startLoadGenerator, type GeneratorPlace, type LoadGenerator } from './load.ts';

export interface Generators {
  start(place: Omit<GeneratorPlace, 'lease'>): Promise<LoadGenerator>;
  /** CPU seconds of all of them so far, those that have ended included. */
  cpuSeconds(): number;
  close(): Promise<void>;
}

export function createGenerators(lease: Lease): Generators {
  const live = new Set<LoadGenerator>();
  let spent = 0;
  return {
    async start(place) {
      const generator = await startLoadGenerator({ ...place, lease });
      live.add(generator);
      return {
        ...generator,
        async close() {
          await generator.close();
          if (live.delete(generator)) spent += generator.cpuSeconds();
        },
      };
    },
    cpuSeconds: () => [...live].reduce((sum, generator) => sum + generator.cpuSeconds(), spent),
    async close() {
      await Promise.all([...live].map((generator) => generator.close()));
    },
  };
}
