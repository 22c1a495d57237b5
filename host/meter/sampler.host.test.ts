import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRuler } from '../cgroup/cgroup.ts';
import { startSampler } from './sampler.ts';

describe('the sampler on real groups', () => {
  it('keeps the series of a group that is removed while watched, and continues with the others', async (test) => {
    const ruler = createRuler();
    if (!ruler.usable) return test.skip(ruler.reason);
    const run = `tare/sampler-test-${process.pid}`;
    const dying = await ruler.createGroup(`${run}/dying`);
    const living = await ruler.createGroup(`${run}/living`);
    const sampler = await startSampler({ hertz: 50 });
    await sampler.watch('dying', dying.meter);
    await sampler.watch('living', living.meter);
    await delay(100);
    expect(await dying.remove()).toBe(true);
    await delay(100);
    const short = await sampler.unwatch('dying');
    const long = await sampler.unwatch('living');
    await sampler.close();
    expect(await living.remove()).toBe(true);
    expect(short.at.length).toBeGreaterThan(0);
    expect(long.at.length).toBeGreaterThan(short.at.length);
    expect(long.cpuSeconds).toHaveLength(long.at.length);
    expect(long.memoryBytes).toHaveLength(long.at.length);
  });
});
