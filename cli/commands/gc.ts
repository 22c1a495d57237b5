/** `tare gc`: removes what killed runs left (cgroups, processes, containers, folders), and only that. */
import { exitCode } from '../../model/errors.ts';
import type { Resource } from '../../host/lease.ts';
import type { Command } from '../command.ts';

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
      .example('$0 gc', 'every `tare run` does the same before it starts'),
  run: async ({ dryRun, json }, output) => {
    const { collectGarbage } = await import('../../host/gc.ts');
    const report = await collectGarbage({ dryRun });
    const dead = report.runs.filter(({ live }) => !live);
    if (json) output.out(JSON.stringify(report, null, 2));
    else {
      for (const { runId, actions, removed } of dead) {
        for (const { resource, state, note } of actions) {
          if (state !== 'absent')
            output.out(`${runId}: ${nameOf(resource)}: ${state}${note === '' ? '' : ` (${note})`}`);
        }
        output.out(`${runId}: ${removed ? 'removed' : dryRun ? 'would be removed' : 'not wholly removed'}`);
      }
      for (const { runId } of report.runs.filter(({ live }) => live))
        output.out(`${runId}: lives, left alone`);
      if (report.runs.length === 0) output.out('nothing to remove');
    }
    return dead.some(({ removed }) => !removed && !dryRun) ? exitCode.hostCannot : exitCode.ok;
  },
};

function nameOf(resource: Resource): string {
  if (resource.kind === 'process') return `process ${resource.pid}`;
  if (resource.kind === 'command') return resource.what;
  if (resource.kind === 'loop') return `loop device of ${resource.file}`;
  return `${resource.kind} ${resource.path}`;
}
