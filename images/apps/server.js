/**
 * The HTTP service of the `node` image: what a small service does. `/` answers at once, `/primes` computes for
 * some milliseconds, `/health` is for the health check, and `/metrics` tells how often, in Prometheus' format.
 */
import { createServer } from 'node:http';
import { Buffer } from 'node:buffer';
import process from 'node:process';

const startedAt = process.hrtime.bigint();
const counts = new Map();
let busySeconds = 0;

/** How many primes are below `limit`: work that only the processor does. */
function primesBelow(limit) {
  const crossed = new Uint8Array(limit);
  let count = 0;
  for (let number = 2; number < limit; number += 1) {
    if (crossed[number] === 1) continue;
    count += 1;
    for (let multiple = number * number; multiple < limit; multiple += number) crossed[multiple] = 1;
  }
  return count;
}

function metrics() {
  const { rss } = process.memoryUsage();
  const lines = [
    '# TYPE http_requests_total counter',
    ...[...counts].map(([route, count]) => `http_requests_total{route="${route}"} ${count}`),
    '# TYPE http_busy_seconds_total counter',
    `http_busy_seconds_total ${busySeconds}`,
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${rss}`,
    '# TYPE process_uptime_seconds gauge',
    `process_uptime_seconds ${Number(process.hrtime.bigint() - startedAt) / 1e9}`,
  ];
  return `${lines.join('\n')}\n`;
}

const routes = {
  '/': () => 'Hello from tare\n',
  '/health': () => 'ok\n',
  '/metrics': metrics,
  '/primes': () => `${primesBelow(500_000)}\n`,
};

const server = createServer((request, response) => {
  const began = process.hrtime.bigint();
  const [route] = request.url.split('?');
  const answer = Object.hasOwn(routes, route) ? routes[route] : null;
  const label = answer === null ? 'other' : route;
  counts.set(label, (counts.get(label) ?? 0) + 1);
  const body = answer === null ? 'not found\n' : answer();
  response.writeHead(answer === null ? 404 : 200, {
    'Content-Type': 'text/plain',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
  busySeconds += Number(process.hrtime.bigint() - began) / 1e9;
});
// Clients that keep their connection may rest between two requests.
server.keepAliveTimeout = 0;
server.listen(Number(process.env.PORT), '0.0.0.0', () => process.stdout.write('listening\n'));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
