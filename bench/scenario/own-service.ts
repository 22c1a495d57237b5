/**
 * The main program of an image from elsewhere as a service: what the scenario leaves open (command, port,
 * readiness) is taken from the image's configuration, and the program is found in its tree. Its user, folder
 * and environment are those of the image, by the same program beside it on every runner.
 */
import type { Healthcheck, Image, ImageConfig } from '../../images/image.ts';
import { locateProgram } from '../../images/locate.ts';
import { UserError } from '../../model/errors.ts';
import type {
  OwnService,
  ProgramSpec,
  Readiness,
  Scenario,
  ServiceSpec,
  WorkloadSpec,
} from '../../model/scenario.ts';
import { usualPace } from './readiness.ts';

/** What engines set where an image has none. */
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Of the agent's environment; the rest (a padding drawn per launch) is meant for the program. */
const agentVariables = ['TARE_BUSYBOX', 'TARE_BESIDE', 'TARE_SCRATCH', 'TARE_MODE', 'PWD', 'OLDPWD', 'SHLVL'];

/** Path inside of the program that takes on the image's user and folder. */
const asUser = '/.tare/as-user';

/**
 * The scenario with every service of its own bound to this image.
 * @throws UserError where the image does not say enough, or does not hold the program
 */
export async function bindServices(scenario: Scenario, image: Image): Promise<Scenario> {
  const workloads = await Promise.all(
    scenario.workloads.map(async (workload) => {
      const { service } = workload;
      const own = service?.own ?? null;
      return {
        ...workload,
        service: service === null || own === null ? service : await bind(service, own, image, workload.id),
        programs: await bindPrograms(workload, image),
      };
    }),
  );
  return { ...scenario, workloads };
}

async function bind(
  service: ServiceSpec,
  own: OwnService,
  image: Image,
  workload: string,
): Promise<ServiceSpec> {
  const { config } = image;
  const where = `workloads.${workload}.service`;
  if (config === null) {
    throw new UserError(
      `${where}: the image ${image.name} has no program of its own to run`,
      'name an image from elsewhere (`image:` or --image), or a service that tare knows',
    );
  }
  const argv = own.run.length > 0 ? own.run : [...config.entrypoint, ...config.command];
  if (argv.length === 0) {
    throw new UserError(
      `${where}: the image ${image.name} has neither entrypoint nor command`,
      'say what it shall run: service: { run: [program, argument] }',
    );
  }
  const environment = environmentOf(config, own);
  const dress = (words: readonly string[], place: string) =>
    dressed(words, environment, config, image, place);
  const main = await dress(argv, where);
  const port = service.port ?? onlyPort(config);
  const ready = readinessOf(service.ready, config, port, where);
  return {
    ...service,
    argv: main.argv,
    port,
    ready:
      ready.kind === 'check' ? { ...ready, argv: (await dress(ready.argv, `${where}.ready`)).argv } : ready,
    own: {
      ...own,
      program: main.file,
      stop: own.stop && { ...own.stop, signal: own.stop.signal ?? config.stopSignal },
    },
  };
}

/** Programs of an image from elsewhere run as its user, like its main program. */
async function bindPrograms(
  { id, programs, service }: WorkloadSpec,
  image: Image,
): Promise<readonly ProgramSpec[]> {
  const { config } = image;
  if (config === null) return programs;
  return Promise.all(
    programs.map(async (spec, index) => {
      const words = spec.options['run'];
      if (spec.use !== 'program' || !Array.isArray(words)) return spec;
      const environment = environmentOf(config, service?.own ?? null);
      const place = `workloads.${id}.programs.${index}.run`;
      const { argv } = await dressed(words as readonly string[], environment, config, image, place);
      return { ...spec, options: { ...spec.options, run: argv } };
    }),
  );
}

/** A command line found in the image's tree, with what makes it run in the image's way; and the file it runs. */
async function dressed(
  [word = '', ...rest]: readonly string[],
  environment: Readonly<Record<string, string>>,
  { workingFolder }: ImageConfig,
  image: Image,
  place: string,
): Promise<{ readonly argv: readonly string[]; readonly file: string }> {
  const located = await locateProgram(image.rootfs, word, environment['PATH'] ?? usualPath, workingFolder);
  if (located === null) throw notFound(place, word, image);
  return { argv: [...guiseOf(environment), located.path, ...rest], file: located.file };
}

function notFound(where: string, program: string, image: Image): UserError {
  return new UserError(
    `${where}: the image ${image.name} holds no program ${JSON.stringify(program)} that may be run`,
    'give its path inside the image, or another program with `run:`',
  );
}

/** The image's own, then the scenario's; HOME as its user has it. */
function environmentOf(config: ImageConfig, own: OwnService | null): Readonly<Record<string, string>> {
  return { PATH: usualPath, HOME: config.identity.home, ...config.environment, ...own?.environment };
}

/** What comes before the program: its environment, then its user and folder. */
function guiseOf(environment: Readonly<Record<string, string>>): readonly string[] {
  return [
    ...['busybox', 'env', ...agentVariables.flatMap((name) => ['-u', name])],
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    asUser,
  ];
}

function onlyPort({ ports }: ImageConfig): number | null {
  const tcp = ports.filter(({ protocol }) => protocol === 'tcp');
  return tcp.length === 1 ? (tcp[0]?.port ?? null) : null;
}

/** Exported for its test. @throws UserError where nothing says when it is ready */
export function readinessOf(
  ready: Readiness,
  config: Pick<ImageConfig, 'healthcheck' | 'ports'>,
  port: number | null,
  where: string,
): Readiness {
  if (ready.kind === 'image') {
    const health = healthOf(config, usualPace);
    if (health !== null) return health;
    if (port !== null) return { kind: 'tcp' };
    const exposed = config.ports.map((one) => `${one.port}/${one.protocol}`).join(', ');
    throw new UserError(
      `${where}: nothing says when it is ready: no health check, and ${exposed === '' ? 'no port' : `several ports (${exposed})`}`,
      'say it: port: 8080, or ready: { line: "text it prints" }, or ready: exit',
    );
  }
  if (ready.kind === 'health') {
    const health = healthOf(config, ready.everySeconds);
    if (health !== null) return health;
    throw new UserError(
      `${where}.ready: the image has no health check`,
      'use a port, a line or a check of yours',
    );
  }
  if ((ready.kind === 'http' || ready.kind === 'tcp') && port === null) {
    throw new UserError(`${where}: it is to be ready on a port, and none is known`, 'give it: port: 8080');
  }
  return ready;
}

/**
 * The health check of an image, null where it has none or switched it off. However often it is looked at, it is
 * unhealthy when an engine could have found it so at the latest: each of its retries after the start period has
 * waited for the interval and used up its time.
 * @param everySeconds null: as often as the image says, the first time after one interval
 */
function healthOf(
  { healthcheck }: Pick<ImageConfig, 'healthcheck'>,
  everySeconds: number | null,
): Readiness | null {
  if (healthcheck === null) return null;
  const argv = healthProgram(healthcheck);
  if (argv === null) return null;
  const { intervalSeconds, timeoutSeconds, startPeriodSeconds, retries } = healthcheck;
  return {
    kind: 'check',
    argv,
    limitSeconds: timeoutSeconds,
    delaySeconds: everySeconds === null ? intervalSeconds : 0,
    everySeconds: everySeconds ?? intervalSeconds,
    patienceSeconds: startPeriodSeconds + retries * (intervalSeconds + timeoutSeconds),
  };
}

/** As argv: `CMD` as it is, `CMD-SHELL` through the image's shell; null: switched off. */
function healthProgram({ test: [kind, ...words] }: Healthcheck): readonly string[] | null {
  if (kind === 'CMD' && words.length > 0) return words;
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', words[0] ?? ''] : null;
}
