/** What `tare gate` is asked: by its type, and that it is one question. */
import { UserError } from '../../model/errors.ts';

export interface GateArguments {
  head: string[];
  baseline: string[];
  policy: string;
  prove: boolean;
  power: boolean;
  blocks: number | undefined;
  scenario: string | undefined;
  runs: number;
  format: string;
  json: boolean;
  junit: string | undefined;
  github: boolean;
  gitlabQuality: string | undefined;
  openmetrics: string | undefined;
  comment: string | undefined;
  html: string | undefined;
  fleet: string | undefined;
  host: string | undefined;
}

/**
 * A flag that is passed over in silence makes a job green that looked at nothing.
 * @throws UserError for records or files together with a check of the gate itself, and for plans of nothing
 */
export function requireOneQuestion(args: GateArguments): void {
  const { prove: proves, power: plans, head } = args;
  const checks = proves ? '--prove' : plans ? '--power' : null;
  const remedy = 'call `tare gate` once for each';
  if (proves && plans) throw new UserError('--prove and --power are two questions', remedy);
  if (checks !== null && head.length > 0) {
    throw new UserError(`${checks} judges no record, got ${head.join(' ')}`, remedy);
  }
  const given = (names: readonly (readonly [string, unknown])[]) =>
    names.find(([, value]) => value !== undefined && value !== false)?.[0];
  const written = given([
    ['--junit', args.junit],
    ['--github', args.github],
    ['--gitlab-quality', args.gitlabQuality],
    ['--openmetrics', args.openmetrics],
    ['--comment', args.comment],
    ['--html', args.html],
    ['--fleet', args.fleet],
    [`--format ${args.format}`, args.format !== 'text' && args.format !== 'json'],
  ]);
  if (checks !== null && written !== undefined) {
    throw new UserError(`${written} is of verdicts, and ${checks} gives none`, remedy);
  }
  const planned = given([
    ['--blocks', args.blocks],
    ['--scenario', args.scenario],
  ]);
  if (!plans && planned !== undefined) {
    throw new UserError(
      `${planned} plans a run, which --power alone looks at`,
      `add --power, or leave out ${planned}`,
    );
  }
}
