/** The OCI runner keeps the contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Image } from '../../images/image.ts';
import { describeRunner } from '../conformance.ts';
import { makeTinyImage } from '../tiny-image.ts';
import { oci as runner } from './index.ts';

const folder = await mkdtemp(join(tmpdir(), 'tare-image-'));
let made: Promise<Image> | null = null;
afterAll(() => rm(folder, { recursive: true, force: true }));

for (const runtime of ['runc', 'crun']) {
  describeRunner(`oci, ${runtime}`, {
    runner,
    options: { runtime },
    image: () => (made ??= makeTinyImage(folder)),
  });
}
describeRunner('oci, runc with seccomp', {
  runner,
  options: { runtime: 'runc', seccomp: true },
  image: () => (made ??= makeTinyImage(folder)),
});
