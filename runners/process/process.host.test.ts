/** The process runner keeps the contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Image } from '../../images/image.ts';
import { describeRunner } from '../testing/conformance.ts';
import { makeTinyImage } from '../testing/tiny-image.ts';
import { process as runner } from './index.ts';

// The cache may lie anywhere, and this runner alone works with its path: nothing in it may be special.
const folder = await mkdtemp(join(tmpdir(), "tare image|of * it's [own]-"));
let made: Promise<Image> | null = null;
afterAll(() => rm(folder, { recursive: true, force: true }));

describeRunner('process', {
  runner,
  options: {},
  image: () => (made ??= makeTinyImage(folder)),
  ownRoot: false,
});
