/** `tare images`: what is in the image cache, building the built-in image and fetching the guest kernel. */
import { exitCode, UserError, type ExitCode } from '../../model/errors.ts';
import { formatValue } from '../../model/units.ts';
import type { ImageConfig } from '../../images/image.ts';
import type { Command, Output } from '../command.ts';
import { table } from '../table.ts';

interface ImagesArguments {
  action: string;
  image: string | undefined;
  platform: string | undefined;
  json: boolean;
}

export const images: Command<ImagesArguments> = {
  command: 'images [action] [image]',
  describe: 'List the cached images, build the built-in one, import others, or remove unused ones.',
  builder: (yargs) =>
    yargs
      .positional('action', {
        choices: ['list', 'build', 'import', 'prune'],
        default: 'list',
        describe:
          'list: what is there; build: assemble the built-in image and kernel, or an application; import: take the image named; prune: drop old images.',
      })
      .positional('image', {
        type: 'string',
        describe:
          'For build: redis, nginx, postgres or node, made as an OCI layout for any tool (here: app:NAME). For import: a path (OCI layout or archive, docker or podman save archive, root file system), or oci:PATH[:TAG], containers-storage:NAME, docker-daemon:NAME, docker://NAME.',
      })
      .option('platform', {
        type: 'string',
        requiresArg: true,
        describe: "For import: OS/ARCHITECTURE[/VARIANT] instead of this host's.",
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print the list as JSON.' })
      .example(
        '$0 images build',
        'assembled from Debian packages, without root and without a container engine',
      )
      .example('$0 images build redis', 'an OCI layout of the packaged redis; prints its path')
      .example('$0 images import redis.tar', 'any image: unpacked once, then found in milliseconds')
      .example(
        '$0 images prune',
        'keeps the newest of each name, and what was used in the last 14 days of its disks',
      ),
  run: async ({ action, image: reference, platform, json }, output) => {
    if (reference !== undefined && (action === 'prune' || action === 'list')) {
      throw new UserError(
        `tare images ${action} takes no image, got ${reference}`,
        action === 'prune' ? 'it removes all that nothing needs' : 'it lists all of them',
      );
    }
    if (platform !== undefined && action !== 'import') {
      throw new UserError('--platform is of `tare images import` alone', 'leave it out');
    }
    const { listNamed } = await import('../../images/named.ts');
    if (action === 'import') return await importOne(reference, platform, json, output);
    if (action === 'build' && reference !== undefined) return await buildApp(reference, json, output);
    if (action === 'build') {
      const { ensureBuiltinImage } = await import('../../images/builtin.ts');
      const { ensureKernel } = await import('../../images/kernel.ts');
      const image = await ensureBuiltinImage(output.err);
      const kernel = await ensureKernel(output.err);
      if (json) output.out(JSON.stringify({ image, kernel }, null, 2));
      else {
        output.out(`image  ${image.name}  ${image.digest}  ${formatValue(image.treeBytes, 'B')}`);
        output.out(`kernel ${kernel.release}  ${kernel.source}`);
      }
      return exitCode.ok;
    }
    if (action === 'prune') return await prune(json, output);
    const stored = await listNamed();
    if (json) output.out(JSON.stringify(stored, null, 2));
    else if (stored.length === 0) output.out('no image yet; `tare images build` makes the built-in one');
    else {
      output.out(
        table([
          ['NAME', 'DIGEST', 'TREE', 'ON DISK', 'MADE', 'FORMS'],
          ...stored.map(({ image, names, diskBytes, forms, madeAt }) => [
            names.join(', '),
            image.digest.slice(0, 12),
            formatValue(image.treeBytes, 'B'),
            formatValue(diskBytes, 'B'),
            madeAt.slice(0, 16).replace('T', ' '),
            forms.join(', ') || '-',
          ]),
        ]),
      );
    }
    return exitCode.ok;
  },
};

/** Never during a run, which may be using what would be removed. */
async function prune(json: boolean, output: Output): Promise<ExitCode> {
  const { collectGarbage } = await import('../../host/gc.ts');
  const { runs } = await collectGarbage({ dryRun: true });
  const running = runs.find(({ live, runId }) => live && runId.startsWith('run-'));
  if (running !== undefined)
    throw new UserError(`${running.runId} is going and may use these images`, 'prune when it is over');
  const { pruneImages } = await import('../../images/prune.ts');
  const { pruneStores } = await import('../../runners/engine/prune.ts');
  const { withScratch } = await import('../edges.ts');
  const { images: gone, unreadable, forms, kept } = await pruneImages(Date.now() / 1000);
  const copies = await withScratch(({ lease }) => pruneStores(kept, lease));
  if (json) {
    output.out(JSON.stringify({ images: gone, unreadable, forms, copies }, null, 2));
    return exitCode.ok;
  }
  const lines = [
    ...gone.map(
      ({ image, diskBytes }) =>
        `removed ${image.name} ${image.digest.slice(0, 12)} (${formatValue(diskBytes, 'B')})`,
    ),
    ...unreadable.map((digest) => `removed ${digest.slice(0, 12)}, made by another version of tare`),
    ...forms.map(
      ({ image, form, bytes }) => `removed ${form} of ${image}, long unused (${formatValue(bytes, 'B')})`,
    ),
    ...copies.map((digest) => `removed ${digest.slice(0, 12)} from podman's store`),
  ];
  for (const line of lines.length === 0 ? ['nothing to remove'] : lines) output.out(line);
  return exitCode.ok;
}

async function buildApp(reference: string, json: boolean, output: Output): Promise<ExitCode> {
  const { appNamed, ensureApp } = await import('../../images/apps/index.ts');
  const app = await ensureApp(appNamed(reference) ?? reference, output.err);
  output.out(json ? JSON.stringify(app, null, 2) : app.path);
  return exitCode.ok;
}

async function importOne(
  reference: string | undefined,
  platform: string | undefined,
  json: boolean,
  output: Output,
): Promise<ExitCode> {
  if (reference === undefined) throw new UserError('there is no image to import', 'tare images import IMAGE');
  const { importImage } = await import('../../images/import/index.ts');
  const { appNamed, openApp } = await import('../../images/apps/index.ts');
  const app = appNamed(reference);
  const image =
    app === null
      ? await importImage(reference, {
          report: output.err,
          signal: output.signal,
          ...(platform === undefined ? {} : { platform }),
        })
      : await openApp(app, output.err, output.signal);
  if (json) output.out(JSON.stringify(image, null, 2));
  else {
    output.out(`image ${image.name}  ${image.digest}  ${formatValue(image.treeBytes, 'B')}`);
    if (image.config !== null) output.out(table(configRows(image.config)));
  }
  return exitCode.ok;
}

/** What the image says about how it is run; what it leaves open is left out. */
function configRows(config: ImageConfig): readonly (readonly [string, string])[] {
  const { identity, healthcheck, ports } = config;
  const runs = [...config.entrypoint, ...config.command];
  const groups = identity.groups.length === 0 ? '' : `, groups ${identity.groups.join(' ')}`;
  return (
    [
      ['runs', runs.length === 0 ? 'nothing: neither entrypoint nor command' : JSON.stringify(runs)],
      [
        'as',
        `${String(identity.uid)}:${String(identity.gid)}${groups} (${config.user || 'root by default'})`,
      ],
      ['in', config.workingFolder],
      ['environment', Object.keys(config.environment).join(' ')],
      ['stops by', config.stopSignal],
      ['ports', ports.map(({ port, protocol }) => `${String(port)}/${protocol}`).join(' ')],
      ['volumes', config.volumes.join(' ')],
      ['healthcheck', healthcheck === null ? '' : JSON.stringify(healthcheck.test)],
      ['platform', `${config.os}/${config.architecture}`],
    ] as const
  ).filter(([, value]) => value !== '');
}
