/**
 * The part of the contract that is about services: the ways in which they tell that they are ready, each some time
 * after its start, and how they end.
 */
import { expect, test } from 'vitest';
import type { Readiness, ServiceSpec } from '../../model/scenario.ts';
import type { Bench } from './bench.ts';

/** Odd on purpose: it passes through the agent, a shell and a pattern. */
const said = "it's \\ ready";

/** A shell that works for a moment and then does as the script says, which finds the odd text in $1. */
const endsSlowly = (script: string): readonly string[] => [
  ...['busybox', 'sh', '-c', `sleep 0.2; ${script}`, 'sh', said],
];

/** A server of HTTP that has no page. */
const web = (port: number): ServiceSpec => ({
  name: 'httpd',
  argv: ['busybox', 'httpd', '-f', '-p', '127.0.0.1:{port}', '-h', '.'],
  input: '',
  port,
  ready: { kind: 'reply', send: 'GET /nothing HTTP/1.0\r\n\r\n', expect: '404 Not Found' },
  own: null,
});

type Check = Readiness & { readonly kind: 'check' };
const check = (argv: readonly string[], more: Partial<Check> = {}): Check => ({
  ...{ kind: 'check', argv, limitSeconds: 5, delaySeconds: 0, everySeconds: 0.05, patienceSeconds: 60 },
  ...more,
});

/** Runs, and its check fails at each look for longer than it may. */
const unhealthy = (port: number): ServiceSpec => ({
  ...web(port),
  ready: check(['busybox', 'sh', '-c', 'echo "not yet"; exit 1'], { patienceSeconds: 1 }),
});

/** Main programs by how they take USR1, each ready when it has said where it stands. */
function endings(port: number): Readonly<Record<'ended' | 'killed' | 'before', ServiceSpec>> {
  const shell = (script: string): ServiceSpec => ({
    ...web(port),
    argv: ['busybox', 'sh', '-c', script],
    ready: { kind: 'line', text: 'stands' },
  });
  const rest = 'while :; do busybox sleep 0.05; done';
  return {
    ended: shell(`trap 'exit 7' USR1; echo stands; ${rest}`),
    killed: shell(`trap '' USR1; echo stands; ${rest}`),
    before: shell('echo stands; busybox sleep 0.3; exit 9'),
  };
}

/** One service for each way. */
function readinessWays(port: number): readonly ServiceSpec[] {
  const server = web(port);
  const ways: readonly (readonly [Readiness, readonly string[]])[] = [
    [{ kind: 'tcp' }, server.argv],
    [{ kind: 'http', send: 'GET /nothing HTTP/1.0\r\n\r\n', status: 404 }, server.argv],
    [{ kind: 'line', text: said }, endsSlowly('printf "%s\\n" now "$1" >&2; exec sleep 100')],
    [check(['busybox', 'test', '-e', said]), endsSlowly('>"$1"; exec sleep 100')],
    // As an engine looks: the first time after an interval.
    [check(['busybox', 'true'], { delaySeconds: 0.2 }), endsSlowly('exec sleep 100')],
    [{ kind: 'exit' }, endsSlowly('exit 0')],
  ];
  return ways.map(([ready, argv]) => ({ ...server, ready, argv }));
}

/** Registers the tests. @param bench what the suite has made ready when they run */
export function testServices(bench: () => Bench): void {
  test('a service is ready with its first correct reply, and one that dies is a crash', async () => {
    const { marks, instance } = await bench().start({ service: web(18_080) });
    expect(marks.map((mark) => mark.name)).toContain('T6');
    await instance.stop();
    const broken: ServiceSpec = { ...web(18_081), argv: ['busybox', 'sh', '-c', 'echo sorry; exit 1'] };
    await expect(bench().start({ service: broken })).rejects.toMatchObject({ facts: { reason: 'crash' } });
  });

  test('ready means the same everywhere: a port, a status, a line, a check, an end with status 0', async () => {
    for (const service of readinessWays(18_082)) {
      const { marks, instance } = await bench().start({ service });
      const at = (name: string) => marks.find((mark) => mark.name === name)!.at;
      if (service.argv[2] === '-c') expect(at('T6') - at('T5')).toBeGreaterThan(0.15);
      await instance.stop();
    }
    const fails: ServiceSpec = { ...web(18_083), ready: { kind: 'exit' }, argv: endsSlowly('exit 3') };
    await expect(bench().start({ service: fails })).rejects.toMatchObject({ facts: { reason: 'crash' } });
  });

  test('an unhealthy service is no start, and its last words are told', async () => {
    await expect(bench().start({ service: unhealthy(18_084) })).rejects.toMatchObject({
      facts: { reason: 'hang', message: expect.stringContaining('saying: not yet') },
    });
  });

  test('a service is asked to end by a signal, killed after its time, and may have gone before', async () => {
    const { ended, killed, before } = endings(18_085);
    const halted = async (service: ServiceSpec, graceSeconds: number) => {
      const { instance } = await bench().start({ service });
      // Rested inside, by the clock of the service.
      const rest = async (seconds: string) => {
        const argv = ['busybox', 'sleep', seconds];
        const request = { argv, environment: {}, timeoutSeconds: 60 };
        expect((await instance.exec(request, bench().context())).exitCode).toBe(0);
      };
      if (service === before) await rest('1');
      const how = await instance.halt({ signal: 'SIGUSR1', graceSeconds }, bench().context());
      // The instance outlives its service, and can still be used.
      await rest('0');
      await instance.stop();
      return how;
    };
    expect(await halted(ended, 10)).toMatchObject({ how: 'ended', exitCode: 7 });
    const late = await halted(killed, 0.5);
    expect(late).toMatchObject({ how: 'killed', exitCode: 128 + 9 });
    expect(late.seconds).toBeGreaterThan(0.45);
    expect(await halted(before, 10)).toMatchObject({ how: 'before', exitCode: 9 });
  });
}
