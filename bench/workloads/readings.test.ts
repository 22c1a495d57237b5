/** Numbers from what programs really print, and refusals that name what was looked for. */
import { expect, test } from 'vitest';
import { jsonSteps, parseSample, prometheusSamples, readNumber, type Reading } from './readings.ts';
import { UnreadableOutput } from './output.ts';

const pgbench = `transaction type: <builtin: TPC-B (sort of)>
latency average = 1.234 ms
tps = 810.123456 (without initial connection time)
tps = 811.5 (again)
`;
const regex = (pattern: string, last = false): Reading => ({ kind: 'regex', pattern, last });
const json = (path: string): Reading => ({ kind: 'json', path });
const sample = (text: string): Reading => ({ kind: 'prometheus', sample: text });

test('a regular expression takes its first group, of the first match or the last', () => {
  expect(readNumber(regex('^tps = ([\\d.]+)'), pgbench, 'pgbench')).toBe(810.123456);
  expect(readNumber(regex('^tps = ([\\d.]+)', true), pgbench, 'pgbench')).toBe(811.5);
  expect(readNumber(regex('= (\\S+) ms'), 'x = 1e-3 ms', 'it')).toBe(0.001);
});

test.each([
  [regex('none (\\d+)'), 'number by /none (\\d+)/'],
  [regex('latency (average)'), 'number by'],
  [regex('()'), 'number by'],
  [json('$.a'), 'JSON'],
  [sample('absent'), 'sample absent'],
])('what is not there is said: %o', (reading, words) => {
  const read = () => readNumber(reading, pgbench, 'pgbench');
  expect(read).toThrow(UnreadableOutput);
  expect(read).toThrow(words);
});

test('JSON: the whole output, or its last line that is an object', () => {
  const whole = '{\n "latency": { "p99": 12.5 },\n "runs": [{ "a b": "3" }]\n}\n';
  expect(readNumber(json('$.latency.p99'), whole, 'it')).toBe(12.5);
  expect(readNumber(json('$.runs[0]["a b"]'), whole, 'it')).toBe(3);
  expect(readNumber(json("$['runs'][0]['a b']"), whole, 'it')).toBe(3);
  expect(readNumber(json('$.n'), 'starting\n{"n": 1}\n{"n": 2}\ndone\n', 'it')).toBe(2);
  for (const path of ['$.latency', '$.runs[1]', '$.constructor.length', '$.latency.p99.x'])
    expect(() => readNumber(json(path), whole, 'it'), path).toThrow(UnreadableOutput);
});

test('paths that are none', () => {
  for (const path of ['', 'a.b', '$a', '$.', '$[x]', '$..a', '$[*]'])
    expect(jsonSteps(path), path).toBeNull();
  expect(jsonSteps('$')).toEqual([]);
});

const exposition = `# HELP http_requests_total The total.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
rpc_duration_seconds{quantile="0.99",} 76656
`;

test('the Prometheus text format: labels narrow, and what matches is added up', () => {
  expect(readNumber(sample('http_requests_total'), exposition, 'it')).toBe(1030);
  expect(readNumber(sample('http_requests_total{code="400"}'), exposition, 'it')).toBe(3);
  expect(readNumber(sample('metric_without_timestamp_and_labels'), exposition, 'it')).toBe(12.47);
  expect(readNumber(sample('rpc_duration_seconds{quantile="0.99"}'), exposition, 'it')).toBe(76_656);
  expect(() => readNumber(sample('something_weird'), exposition, 'it')).toThrow(UnreadableOutput);
  const [odd] = prometheusSamples(exposition).filter(({ name }) => name.startsWith('msdos'));
  expect(odd?.labels.get('error')).toBe('Cannot find file:\n"FILE.TXT"');
  expect(odd?.labels.get('path')).toBe('C:\\DIR\\FILE.TXT');
});

test('names of samples that are none', () => {
  for (const text of ['', '1a', 'a{', 'a{b}', 'a{b=c}', 'a b']) expect(parseSample(text), text).toBeNull();
});
