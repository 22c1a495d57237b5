/**
 * An image's configuration as the image has it (OCI image specification, "Image Configuration", and docker's
 * older form, which alone has health checks), turned into ours. Times there are nanoseconds.
 */
import { posix } from 'node:path';
import { z } from 'zod';
import type { Healthcheck, ImageConfig, ImageIdentity } from '../image.ts';
import { signalName } from '../signals.ts';
import { printable, refusal, type Place } from './refusal.ts';

const strings = z.array(z.string()).nullish();
const named = z.record(z.string(), z.unknown()).nullish();

const settings = z.object({
  Entrypoint: strings,
  Cmd: strings,
  Env: strings,
  User: z.string().nullish(),
  WorkingDir: z.string().nullish(),
  StopSignal: z.string().nullish(),
  ExposedPorts: named,
  Volumes: named,
  Healthcheck: z
    .object({
      Test: strings,
      Interval: z.number().nullish(),
      Timeout: z.number().nullish(),
      StartPeriod: z.number().nullish(),
      Retries: z.number().nullish(),
    })
    .nullish(),
});

const schema = z.object({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().nullish(),
  config: settings.nullish(),
  rootfs: z.object({ type: z.string().nullish(), diff_ids: z.array(z.string()).nullish() }),
});

export type RawConfig = z.infer<typeof schema>;

/** @throws UserError where it is no image configuration */
export function parseConfig(value: unknown, place: Place): RawConfig {
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    const cut = textsOf(parsed.data).find((text) => text.includes('\0'));
    if (cut === undefined) return parsed.data;
    throw refusal(place, `its configuration has ${printable(cut)}, and a NUL ends a text`);
  }
  const [issue] = parsed.error.issues;
  throw refusal(
    place,
    `its configuration is not that of an image: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    'what has no image configuration (a chart, a signature, an artifact) cannot be run',
  );
}

/** What becomes arguments, variables and paths. */
function textsOf({ config }: RawConfig): string[] {
  const { Entrypoint, Cmd, Env, WorkingDir, Volumes, Healthcheck } = config ?? {};
  const lists = [Entrypoint, Cmd, Env, [WorkingDir ?? ''], Object.keys(Volumes ?? {}), Healthcheck?.Test];
  return lists.flatMap((list) => list ?? []);
}

/** What a bare root file system has: nothing to run, and this machine's architecture. */
export function bareConfig(architecture: string): RawConfig {
  return { architecture, os: 'linux', config: null, rootfs: {} };
}

/** @param identity what the image's user means, see identity.ts */
export function readConfig(raw: RawConfig, identity: ImageIdentity, place: Place): ImageConfig {
  const { config } = raw;
  return {
    entrypoint: config?.Entrypoint ?? [],
    command: config?.Cmd ?? [],
    environment: environmentOf(config?.Env ?? []),
    user: config?.User ?? '',
    identity,
    workingFolder: posix.resolve('/', config?.WorkingDir ?? '/'),
    stopSignal: stopSignal(config?.StopSignal ?? '', place),
    ports: Object.keys(config?.ExposedPorts ?? {}).flatMap((text) => portsOf(text, place)),
    volumes: Object.keys(config?.Volumes ?? {}).map((path) => posix.resolve('/', path)),
    healthcheck: healthcheckOf(config?.Healthcheck ?? null),
    architecture: raw.architecture,
    os: raw.os,
  };
}

/** "KEY=VALUE" lines; one without "=" sets nothing. */
function environmentOf(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines
      .filter((line) => line.indexOf('=') > 0)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** As the image names it; SIGTERM where it names none. */
function stopSignal(text: string, place: Place): string {
  const name = signalName(text === '' ? 'SIGTERM' : text);
  if (name !== null) return name;
  throw refusal(place, `its stop signal ${JSON.stringify(text)} is none that Linux has`);
}

/** "80/tcp", "53/udp", "8000-8002/tcp", "80"; other protocols (sctp) are left out, as no readiness looks at them. */
function portsOf(text: string, place: Place): ImageConfig['ports'] {
  const match = /^([0-9]{1,5})(?:-([0-9]{1,5}))?(?:\/([a-z]+))?$/i.exec(text);
  const first = Number(match?.[1] ?? 0);
  const last = Number(match?.[2] ?? first);
  const protocol = (match?.[3] ?? 'tcp').toLowerCase();
  if (match === null || first < 1 || last > 65_535 || last < first)
    throw refusal(place, `its exposed port ${JSON.stringify(text)} is no port`);
  if (protocol !== 'tcp' && protocol !== 'udp') return [];
  return Array.from({ length: last - first + 1 }, (_, index) => ({ port: first + index, protocol }) as const);
}

type RawHealthcheck = NonNullable<NonNullable<RawConfig['config']>['Healthcheck']>;

/** Zero and absent mean docker's defaults. */
function healthcheckOf(raw: RawHealthcheck | null): Healthcheck | null {
  const test = raw?.Test ?? [];
  if (raw === null || test.length === 0 || test[0] === 'NONE') return null;
  const seconds = (nanoseconds: number | null | undefined, otherwise: number): number =>
    nanoseconds === null || nanoseconds === undefined || nanoseconds <= 0 ? otherwise : nanoseconds / 1e9;
  return {
    test,
    intervalSeconds: seconds(raw.Interval, 30),
    timeoutSeconds: seconds(raw.Timeout, 30),
    startPeriodSeconds: seconds(raw.StartPeriod, 0),
    retries: raw.Retries === null || raw.Retries === undefined || raw.Retries <= 0 ? 3 : raw.Retries,
  };
}
