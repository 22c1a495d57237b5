/** Services and the ways in which they tell that they are ready, each some time after its start. */
import type { Readiness, ServiceSpec } from '../bench/model.ts';

/** Odd on purpose: it passes through the agent, a shell and a pattern. */
const said = "it's \\ ready";

/** A shell that works for a moment and then does as the script says, which finds the odd text in $1. */
export const endsSlowly = (script: string): readonly string[] => [
  ...['busybox', 'sh', '-c', `sleep 0.2; ${script}`, 'sh', said],
];

/** A server of HTTP that has no page. */
export const web = (port: number): ServiceSpec => ({
  name: 'httpd',
  argv: ['busybox', 'httpd', '-f', '-p', '127.0.0.1:{port}', '-h', '.'],
  input: '',
  port,
  ready: { kind: 'reply', send: 'GET /nothing HTTP/1.0\r\n\r\n', expect: '404 Not Found' },
  own: null,
});

/** One service for each way. */
export function readinessWays(port: number): readonly ServiceSpec[] {
  const server = web(port);
  const ways: readonly (readonly [Readiness, readonly string[]])[] = [
    [{ kind: 'tcp' }, server.argv],
    [{ kind: 'http', send: 'GET /nothing HTTP/1.0\r\n\r\n', status: 404 }, server.argv],
    [{ kind: 'line', text: said }, endsSlowly('printf "%s\\n" now "$1" >&2; exec sleep 100')],
    [{ kind: 'check', argv: ['busybox', 'test', '-e', said] }, endsSlowly('>"$1"; exec sleep 100')],
    [{ kind: 'exit' }, endsSlowly('exit 0')],
  ];
  return ways.map(([ready, argv]) => ({ ...server, ready, argv }));
}
