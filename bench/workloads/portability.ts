/**
 * Work whose output follows from its input alone: equal bytes and an equal command must print equal text
 * on every runner (claim S2). One digest of that text per work and launch is what is kept and compared;
 * nothing is timed. Arithmetic prints doubles to their last digit on purpose: the same library picks other
 * code on another CPU, and an emulated or older one may show.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { services } from './services.ts';
import { UnreadableOutput } from './output.ts';
import type { CommandWorkload } from './workload.ts';

/** Five thousand pseudo-random lines from a linear congruential generator in exact integers. */
const lines = `"$TARE_BUSYBOX" awk 'BEGIN {
  x = 42
  for (i = 0; i < 5000; i++) { x = (x * 16807) % 2147483647; print x % 5000, x }
}'`;

/** busybox has no mathematics; the scripts of redis have the C library's. */
const arithmeticScript = `
local sum, shown = 0, {}
for i = 1, 2000 do
  sum = sum + math.sin(i) * math.cos(i / 3) + math.exp(-i / 500) - math.log(i) / 7
    + math.sqrt(i) * math.atan2(i, 3) + i ^ 0.37
  if i % 100 == 0 then shown[#shown + 1] = string.format('%d %.17g', i, sum) end
end
return table.concat(shown, ' ')
`;

/** Keys of several types, then one digest over all of them in order, made by the server itself. */
const redisScript = `
redis.call('FLUSHALL')
for i = 1, 500 do
  redis.call('SET', 'string:' .. i, string.rep(tostring(i * 7919 % 1000), i % 17 + 1))
  redis.call('ZADD', 'ranks', (i * 104729 % 997) / 8, 'member:' .. i)
  redis.call('HSET', 'hash:' .. i % 20, 'field:' .. i, i * i)
  redis.call('RPUSH', 'list', i * 31 % 257)
end
local all = {}
for i = 1, 500 do all[#all + 1] = redis.call('GET', 'string:' .. i) end
for _, value in ipairs(redis.call('ZRANGE', 'ranks', 0, -1, 'WITHSCORES')) do all[#all + 1] = value end
for i = 0, 19 do
  local fields = redis.call('HGETALL', 'hash:' .. i)
  table.sort(fields)
  all[#all + 1] = table.concat(fields, ',')
end
all[#all + 1] = table.concat(redis.call('LRANGE', 'list', 0, -1), ',')
return redis.sha1hex(table.concat(all, ';'))
`;

interface Work {
  readonly programs: readonly string[];
  readonly argv: readonly string[];
  /** What of the output is the same everywhere; null: it is not what the program prints when it has worked. */
  readonly read: (stdout: string, stderr: string) => string | null;
}

const shell = (script: string, read: RegExp): Work => ({
  programs: ['busybox'],
  argv: ['busybox', 'sh', '-c', script],
  read: (stdout) => (read.test(stdout) ? stdout : null),
});

/** A script run by the service redis, which answers with one line. */
const server = (script: string, answer: RegExp): Work => ({
  programs: ['redis-cli'],
  argv: ['redis-cli', '-p', String(services['redis']?.port), 'EVAL', script, '0'],
  read: (stdout) => answer.exec(stdout)?.[1] ?? null,
});

const works = {
  digest: shell(
    `${lines} | { "$TARE_BUSYBOX" tee numbers | "$TARE_BUSYBOX" sha256sum; "$TARE_BUSYBOX" sha512sum <numbers; "$TARE_BUSYBOX" md5sum <numbers; }`,
    /^[0-9a-f]{64} .*\n[0-9a-f]{128} .*\n[0-9a-f]{32} /,
  ),
  sort: shell(
    `${lines} | "$TARE_BUSYBOX" sort -k1,1n -k2,2r | "$TARE_BUSYBOX" uniq | "$TARE_BUSYBOX" sed 's/7/seven/g' | "$TARE_BUSYBOX" tail -n 40`,
    /^(\S+ \S+\n){40}$/,
  ),
  compress: shell(
    `${lines} >numbers; for with in gzip bzip2; do "$TARE_BUSYBOX" $with -c <numbers | "$TARE_BUSYBOX" sha256sum; "$TARE_BUSYBOX" $with -c <numbers | "$TARE_BUSYBOX" $with -dc | "$TARE_BUSYBOX" cmp - numbers && echo same; done`,
    /^([0-9a-f]{64} .*\nsame\n){2}$/,
  ),
  arithmetic: server(arithmeticScript, /^((?:\d+ -?[\d.e+-]+ ?){20})\n$/),
  // Every method of the stressor checks its own results; a fixed seed, a fixed number of operations.
  verify: {
    programs: ['stress-ng'],
    argv: [
      ...['stress-ng', '--cpu', '1', '--cpu-ops', '30', '--cpu-method', 'all'],
      ...['--verify', '--no-rand-seed', '--metrics', '--temp-path', '.'],
    ],
    read: (stdout, stderr) => verdictIn(`${stdout}\n${stderr}`),
  },
  redis: server(redisScript, /^([0-9a-f]{40})\n$/),
} as const satisfies Readonly<Record<string, Work>>;

/** Operations that stress-ng counted, once it says that all of its checks passed. */
function verdictIn(text: string): string | null {
  const done = /\] cpu\s+(\d+)\s/.exec(text)?.[1];
  return done === undefined || !text.includes('successful run completed')
    ? null
    : `${done} operations verified`;
}

type Name = keyof typeof works;
const options = z.strictObject({
  work: z
    .enum(Object.keys(works) as [Name, ...Name[]])
    .default('digest')
    .describe('What is computed; "arithmetic" and "redis" need `service: redis`.'),
});
type Options = z.infer<typeof options>;

const workOf = ({ work }: Options): Work => works[work];

export const portability: CommandWorkload<Options> = {
  kind: 'command',
  id: 'portability',
  family: 'cpu',
  title: 'deterministic work',
  programs: ['busybox'],
  programsFor: (given) => workOf(given).programs,
  needsService: ({ work }) => workOf({ work }).programs.includes('redis-cli'),
  options,
  metrics: [],
  estimateSeconds: () => 5,
  command: (given) => workOf(given).argv,
  parse: () => [],
  observe: ({ result: { stdout, stderr } }, given) => {
    const text = workOf(given).read(stdout, stderr);
    if (text === null)
      throw new UnreadableOutput(`portability ${given.work}`, 'result', `${stdout}\n${stderr}`);
    const digest = createHash('sha256').update(text).digest('hex');
    return [{ kind: 'output-digest', work: given.work, digest, text: text.slice(0, 1000) }];
  },
};
