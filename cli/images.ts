/** `tare images`: what is in the image cache, building the built-in image and fetching the guest kernel. */
import { exitCode, UserError } from '../bench/errors.ts';
import { formatValue } from '../bench/units.ts';
import type { Command } from './command.ts';
import { table } from './table.ts';

interface ImagesArguments {
  action: string;
  json: boolean;
}

export const images: Command<ImagesArguments> = {
  command: 'images [action]',
  describe: 'List the cached images, build the built-in one, or remove unused ones.',
  builder: (yargs) =>
    yargs
      .positional('action', {
        choices: ['list', 'build', 'prune'],
        default: 'list',
        describe:
          'list: what is there; build: assemble the built-in image and kernel; prune: drop old images.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print the list as JSON.' })
      .example(
        '$0 images build',
        'assembled from Debian packages, without root and without a container engine',
      )
      .example('$0 images prune', 'keeps the newest of each name'),
  run: async ({ action, json }, output) => {
    const store = await import('../images/store.ts');
    if (action === 'build') {
      const { ensureBuiltinImage } = await import('../images/builtin.ts');
      const { ensureKernel } = await import('../images/kernel.ts');
      const image = await ensureBuiltinImage(output.err);
      const kernel = await ensureKernel(output.err);
      if (json) output.out(JSON.stringify({ image, kernel }, null, 2));
      else {
        output.out(`image  ${image.name}  ${image.digest}  ${formatValue(image.treeBytes, 'B')}`);
        output.out(`kernel ${kernel.release}  ${kernel.source}`);
      }
      return exitCode.ok;
    }
    if (action === 'prune') {
      const all = await store.listImages();
      // Newest first: the first of each name is the one in use.
      const newest = new Map(all.toReversed().map(({ image }) => [image.name, image.digest]));
      const removed = await store.removeUnusedImages(new Set(newest.values()));
      if (json) output.out(JSON.stringify(removed, null, 2));
      else
        for (const { image, diskBytes } of removed)
          output.out(`removed ${image.name} ${image.digest.slice(0, 12)} (${formatValue(diskBytes, 'B')})`);
      if (!json && removed.length === 0) output.out('nothing to remove');
      return exitCode.ok;
    }
    if (action !== 'list') throw new UserError(`unknown action ${action}`, 'list, build or prune');
    const stored = await store.listImages();
    if (json) output.out(JSON.stringify(stored, null, 2));
    else if (stored.length === 0) output.out('no image yet; `tare images build` makes the built-in one');
    else {
      output.out(
        table([
          ['NAME', 'DIGEST', 'TREE', 'ON DISK', 'MADE', 'FORMS'],
          ...stored.map(({ image, diskBytes, forms, madeAt }) => [
            image.name,
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
