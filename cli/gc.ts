/** `tare gc`: removes what killed runs left (cgroups, processes, containers, folders), and only that. */
import { exitCode } from '../bench/errors.ts';
import type { Command } from './command.ts';

interface GcArguments {
  dryRun: boolean;
  json: boolean;
}

export const gc: Command<GcArguments> = {
  command: 'gc',
  describe: 'Remove what killed runs left behind; a run that lives is never touched.',
  builder: (yargs) =>
    yargs
      .option('dry-run', { type: 'boolean', default: false, describe: 'Say what would be removed.' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the report as JSON.' })
      .example('$0 gc', 'every `tare run` does the same before it starts') as never,
  run: async ({ dryRun, json }, output) => {
    const { collectGarbage } = await import('../host/gc.ts');
    const report = await collectGarbage({ dryRun });
    if (json) output.out(JSON.stringify(report, null, 2));
    else {
      const verb = dryRun ? 'would remove' : 'removed';
      for (const line of report.removed) output.out(`${verb} ${line}`);
      for (const line of report.failed) output.out(`could not remove ${line}`);
      if (report.removed.length + report.failed.length === 0) output.out('nothing to remove');
    }
    return report.failed.length > 0 ? exitCode.hostCannot : exitCode.ok;
  },
};
