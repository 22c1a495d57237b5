/** The docker runner keeps the contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Image } from '../../images/image.ts';
import { describeRunner } from '../testing/conformance.ts';
import { makeTinyImage } from '../testing/tiny-image.ts';
import { docker as runner } from './index.ts';

const folder = await mkdtemp(join(tmpdir(), 'tare-image-'));
let made: Promise<Image> | null = null;
afterAll(() => rm(folder, { recursive: true, force: true }));
const image = () => (made ??= makeTinyImage(folder));

describeRunner('docker, an engine of its own', {
  runner,
  options: { engine: 'private' },
  image,
  patience: 4,
});
