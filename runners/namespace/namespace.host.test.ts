/** The namespace runner keeps the contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Image } from '../../images/image.ts';
import { describeRunner } from '../testing/conformance.ts';
import { makeTinyImage } from '../testing/tiny-image.ts';
import { namespace as runner } from './index.ts';

const folder = await mkdtemp(join(tmpdir(), 'tare-image-'));
let made: Promise<Image> | null = null;
afterAll(() => rm(folder, { recursive: true, force: true }));

for (const user of ['root', 'rootless'] as const) {
  describeRunner(`namespace, ${user}`, {
    runner,
    options: { user },
    image: () => (made ??= makeTinyImage(folder)),
    marks: ['T0', 'T1', 'T2', 'T4', 'T5', 'T6'],
  });
}
