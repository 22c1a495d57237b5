import { describe, expect, test } from 'vitest';
import { nginxLoad, readSeen, redisLoad } from './service-load.ts';
import { UnreadableOutput } from './output.ts';

const meminfo = `MemTotal:         222608 kB
MemFree:          167132 kB
MemAvailable:     164084 kB
Buffers:             520 kB
Cached:            16452 kB
Shmem:               320 kB
HugePages_Total:       0
`;
const redis = redisLoad({ port: 16379, keys: 5000, valueBytes: 4096, clients: 20 });
const nginx = nginxLoad({ port: 18080, clients: 7 });

describe('what is seen inside', () => {
  test('is the memory there, and with clients and a count of its own where there are any', () => {
    expect(readSeen(meminfo)).toEqual({ meminfo, clientBytes: null, serviceBytes: null });
    const loaded = `${meminfo}Clients: 4424 kB\n# Memory\r\nused_memory:29009640\r\nused_memory_human:27.67M\r\n`;
    expect(readSeen(loaded)).toMatchObject({ clientBytes: 4424 * 1024, serviceBytes: 29009640 });
  });

  test('must hold the memory', () => {
    expect(() => readSeen('busybox: applet not found\n')).toThrow(UnreadableOutput);
  });
});

describe('redis', () => {
  const { fill, stop, check } = redis.steps;

  test('says its load in words that differ where the work does', () => {
    expect(redis.words).toBe('redis with 5000 keys of 4096 bytes, asked by 20 clients');
    expect(redisLoad({ port: 1, keys: 5001, valueBytes: 4096, clients: 20 }).words).not.toBe(redis.words);
  });

  test('is filled only when every key was accepted', () => {
    const answer = (replies: number, errors = 0) =>
      `All data transferred. Waiting for the last reply...\nLast reply received from server.\nerrors: ${errors}, replies: ${replies}\n`;
    expect(() => fill?.expect(answer(5000))).not.toThrow();
    expect(() => fill?.expect(answer(4999))).toThrow('5000 replies');
    expect(() => fill?.expect(answer(5000, 1))).toThrow(UnreadableOutput);
    expect(() => fill?.expect('')).toThrow(UnreadableOutput);
  });

  test('has worked only when keys were found, and none missed', () => {
    const stats = (hits: number, misses: number) =>
      `expired_keys:0\r\nkeyspace_hits:${hits}\r\nkeyspace_misses:${misses}\r\n`;
    expect(() => stop.expect(stats(88_000, 0))).not.toThrow();
    expect(() => stop.expect(stats(0, 0))).toThrow('0 found');
    expect(() => stop.expect(stats(10, 1))).toThrow('1 missed');
  });

  test('holds exactly its keys and bytes', () => {
    expect(() => check?.expect('5000\n20480000\n')).not.toThrow();
    expect(() => check?.expect('5000\n20479999\n')).toThrow(UnreadableOutput);
    expect(() => check?.expect('4999\n20480000\n')).toThrow(UnreadableOutput);
    expect(() => check?.expect('ERR unknown command\n')).toThrow(UnreadableOutput);
  });
});

describe('nginx', () => {
  const summary = '  20 threads\n  174508 requests in 4.10s, 24.80MB read\nRequests/sec:  42547.99\n';

  test('has worked only when requests were answered, and answered well', () => {
    expect(() => nginx.steps.stop.expect(summary)).not.toThrow();
    expect(() => nginx.steps.stop.expect(summary.replace('174508', '0'))).toThrow(UnreadableOutput);
    expect(() => nginx.steps.stop.expect(`${summary}  Non-2xx or 3xx responses: 12\n`)).toThrow(
      'good answers',
    );
    expect(() => nginx.steps.stop.expect('unable to connect')).toThrow(UnreadableOutput);
  });

  test('stores nothing', () => {
    expect(nginx.steps.fill).toBeNull();
    expect(nginx.steps.check).toBeNull();
    expect(nginx.steps.start.argv).toContain('http://127.0.0.1:18080/');
  });
});
