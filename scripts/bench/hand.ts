/** The same containers as the runners start, by the leanest scripts: what a bare loop would run. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MeteredGroup } from '../../host/cgroup/cgroup.ts';
import { keptCapabilities, makeBeside, makeInstanceFolder } from '../../runners/container-root.ts';
import { insideEnvironment } from '../../runners/hosted.ts';
import { fstab } from '../../runners/namespace/args.ts';
import { containerGroup } from '../../runners/oci/index.ts';
import { ociSpec } from '../../runners/oci/spec.ts';
import { root } from '../process.ts';
import type { Bed, ByHand } from './launches.ts';

/** Makes an instance's folder and gives the command that starts the container in it. */
export type HandCommand = (group: MeteredGroup) => Promise<ByHand>;

const channels = { channel: 0, last: 3, greeting: '' } as const;

interface Beside {
  readonly folder: string;
  readonly busybox: string;
}

async function handBeside(bed: Bed): Promise<Beside> {
  const folder = await mkdtemp(join(bed.context.workDir, 'hand-beside-'));
  await makeBeside(folder, bed.image, join(root, 'runners/agent.sh'), true);
  return { folder, busybox: join(folder, '.tare/busybox') };
}

/** An instance's folder as the runners make it. */
async function handFolder(bed: Bed, beside: string): Promise<string> {
  const folder = await mkdtemp(join(bed.context.workDir, 'hand-'));
  await makeInstanceFolder(folder, beside, bed.image);
  return folder;
}

export async function namespaceCommand(bed: Bed): Promise<HandCommand> {
  const { folder, busybox } = await handBeside(bed);
  const bounding = ['-all', ...keptCapabilities.map((name) => `+${name}`)].join(',');
  const argv = ['sh', join(root, 'scripts/bench/namespace-by-hand.sh'), busybox, bounding, 'outside'];
  return async () => {
    const cwd = await handFolder(bed, folder);
    await writeFile(join(cwd, 'fstab'), fstab(false));
    return { argv, cwd, environment: insideEnvironment, ...channels };
  };
}

export async function runcCommand(bed: Bed): Promise<HandCommand> {
  const { folder, busybox } = await handBeside(bed);
  const script = join(root, 'scripts/bench/runc-by-hand.sh');
  let count = 0;
  return async (group) => {
    const cwd = await handFolder(bed, folder);
    await mkdir(join(cwd, 'state'));
    const cgroupsPath = containerGroup(group);
    const spec = ociSpec({ environment: insideEnvironment, cgroupsPath, seccomp: false });
    await writeFile(join(cwd, 'config.json'), JSON.stringify(spec));
    const id = `tare-bench-${String(process.pid)}-${String(count++)}`;
    return { argv: ['sh', script, busybox, id, 'outside'], cwd, environment: {}, ...channels };
  };
}
