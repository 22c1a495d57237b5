/**
 * What a service is given to hold and to answer, as command lines and readers: filled once, asked by clients
 * inside for a while, looked at meanwhile. Clients run inside, over loopback, so that every runner can be
 * weighed in the same way; what they weigh themselves is read beside.
 */
import type { Bytes, Seconds } from '../../model/quantities.ts';
import { UnreadableOutput, numberIn } from './output.ts';

/** One service's load, the same on every runner. */
export interface ServiceLoad {
  /** With every number that matters: equal words are equal work. */
  readonly words: string;
  readonly steps: {
    /** null: nothing to store. */
    readonly fill: Step | null;
    /** Starts the clients and returns; they work until `stop`. */
    readonly start: Step;
    /** Prints the guest's memory, the clients' and the service's own count. */
    readonly look: Step;
    /** Ends the clients and prints what they did. */
    readonly stop: Step;
    /** Counts what is stored. */
    readonly check: Step | null;
  };
}

export interface Step {
  readonly argv: readonly string[];
  /** What it may take where guests are not emulated. */
  readonly seconds: Seconds;
  /** Throws UnreadableOutput unless it did what it should. */
  readonly expect: (stdout: string) => void;
}

/** What `look` printed. */
export interface Seen {
  /** `/proc/meminfo` inside: the host's, where the kernel is shared. */
  readonly meminfo: string;
  readonly clientBytes: Bytes | null;
  readonly serviceBytes: Bytes | null;
}

export interface Redis {
  readonly port: number;
  readonly keys: number;
  readonly valueBytes: Bytes;
  readonly clients: number;
}

export interface Nginx {
  readonly port: number;
  readonly clients: number;
}

/** How a program of the image is started from a script: on the bare host through the image's own loader. */
const program = `program() {
  name=$1
  shift
  if [ -z "$TARE_LOADER" ]; then exec "$name" "$@"; fi
  exec "$TARE_LOADER" --library-path "$TARE_LIBRARIES" --argv0 "$name" "$TARE_ROOT/usr/bin/$name" "$@"
}
B=$TARE_BUSYBOX
T=$TARE_SCRATCH
`;

function script(text: string, ...words: readonly (string | number)[]): readonly string[] {
  return ['busybox', 'sh', '-c', program + text, 'sh', ...words.map(String)];
}

const nothing = () => undefined;

/** Puts the clients into the background. */
function start(...argv: readonly (string | number)[]): Step {
  const text = `program "$@" </dev/null >"$T/load.out" 2>&1 &
echo $! >"$T/load.pid"
`;
  return { argv: script(text, ...argv), seconds: 1, expect: nothing };
}

const ask = (port: number, ...words: readonly (string | number)[]) => [
  'redis-cli',
  '-p',
  String(port),
  ...words.map(String),
];

/** Before and after the load there are no clients to be alive. */
function look(own: string): Step {
  const text = `$B cat /proc/meminfo
if [ -f "$T/load.pid" ]; then
  read -r client <"$T/load.pid"
  if ! kill -0 "$client"; then $B cat "$T/load.out"; echo "the clients have ended" >&2; exit 1; fi
  while read -r key value rest; do
    if [ "$key" = Pss: ]; then echo "Clients: $value kB"; fi
  done <"/proc/$client/smaps_rollup"
fi
${own}`;
  return { argv: script(text), seconds: 1, expect: (stdout) => void readSeen(stdout) };
}

/** Ends the clients with a signal that they heed in the background: an interrupt is ignored there unless caught. */
function stop(signal: 'INT' | 'TERM', own: string, expect: Step['expect']): Step {
  const text = `read -r client <"$T/load.pid"
kill -${signal} "$client" || { $B cat "$T/load.out"; echo "the clients had ended" >&2; exit 1; }
left=500
while [ $left -gt 0 ] && kill -0 "$client" 2>/dev/null; do $B usleep 20000; left=$((left - 1)); done
if [ $left = 0 ]; then echo "the clients did not end" >&2; exit 1; fi
$B tail -c 4000 "$T/load.out"
$B rm "$T/load.pid" "$T/load.out"
${own}`;
  return { argv: script(text), seconds: 1, expect };
}

/** Reads what a `look` step printed. */
export function readSeen(stdout: string): Seen {
  numberIn(stdout, /^MemAvailable:\s+(\d+) kB$/m, 'cat /proc/meminfo', '"MemAvailable"');
  const optional = (pattern: RegExp, unit: number): Bytes | null => {
    const found = pattern.exec(stdout)?.[1];
    return found === undefined ? null : Number(found) * unit;
  };
  return {
    meminfo: stdout,
    clientBytes: optional(/^Clients: (\d+) kB$/m, 1024),
    serviceBytes: optional(/^used_memory:(\d+)\r?$/m, 1),
  };
}

/**
 * redis holding keys and answering GETs of them. Values differ from each other and from those of every
 * other instance, as real data do: equal ones would let the kernel merge pages that no customer could.
 */
export function redisLoad({ port, keys, valueBytes, clients }: Redis): ServiceLoad {
  const fill = `read -r seed </proc/sys/kernel/random/uuid
$B awk -v n="$2" -v size="$3" -v seed="$seed" 'BEGIN {
  for (i = 0; i < n; i++) {
    value = seed "-" i "-"
    while (length(value) < size) value = value value
    printf "*3\\r\\n$3\\r\\nSET\\r\\n$16\\r\\nkey:%012d\\r\\n$%d\\r\\n%s\\r\\n", i, size, substr(value, 1, size)
  }
}' | program redis-cli -p "$1" --pipe
`;
  const count = `local bytes = 0
for i = 0, ARGV[1] - 1 do bytes = bytes + redis.call('STRLEN', string.format('key:%012d', i)) end
return {redis.call('DBSIZE'), bytes}`;
  const info = (section: string) => `(program redis-cli -p ${port} INFO ${section})\n`;
  return {
    words: `redis with ${keys} keys of ${valueBytes} bytes, asked by ${clients} clients`,
    steps: {
      fill: {
        argv: script(fill, port, keys, valueBytes),
        seconds: 1 + (keys * (valueBytes + 200)) / 50e6,
        expect: (stdout) => {
          const replies = numberIn(stdout, /errors: 0, replies: (\d+)/, 'redis-cli --pipe', '"errors: 0"');
          if (replies !== keys) throw new UnreadableOutput('redis-cli --pipe', `${keys} replies`, stdout);
        },
      },
      // More requests than any run lasts for.
      start: start(
        ...['redis-benchmark', '-p', port, '-c', clients, '-n', 1e9, '-r', keys, '-q'],
        ...['GET', 'key:__rand_int__'],
      ),
      look: look(info('memory')),
      stop: stop('TERM', info('stats'), (stdout) => {
        const hits = numberIn(stdout, /^keyspace_hits:(\d+)/m, 'redis INFO stats', '"keyspace_hits"');
        const misses = numberIn(stdout, /^keyspace_misses:(\d+)/m, 'redis INFO stats', '"keyspace_misses"');
        if (hits === 0 || misses > 0) {
          const got = `${hits} found, ${misses} missed`;
          throw new UnreadableOutput('redis-benchmark GET', 'answers from stored keys only', got);
        }
      }),
      check: {
        argv: ask(port, 'EVAL', count, 0, keys),
        seconds: 1 + keys / 1e6,
        expect: (stdout) => {
          const got = stdout.trim().split(/\s+/).map(Number);
          if (got[0] !== keys || got[1] !== keys * valueBytes) {
            throw new UnreadableOutput('redis-cli EVAL', `${keys} keys, ${keys * valueBytes} bytes`, stdout);
          }
        },
      },
    },
  };
}

/** nginx answering requests over kept connections; it stores nothing. */
export function nginxLoad({ port, clients }: Nginx): ServiceLoad {
  return {
    words: `nginx asked by ${clients} clients`,
    steps: {
      fill: null,
      // One thread: the shapes are small, and its memory is what the readings are cleaned of.
      start: start('wrk', '-t', 1, '-c', clients, '-d', '1h', `http://127.0.0.1:${port}/`),
      look: look(''),
      // wrk prints its summary when interrupted.
      stop: stop('INT', '', (stdout) => {
        const requests = numberIn(stdout, /(\d+) requests in /, 'wrk', '"requests in"');
        if (requests === 0 || /Non-2xx/.test(stdout))
          throw new UnreadableOutput('wrk', 'good answers', stdout);
      }),
      check: null,
    },
  };
}
