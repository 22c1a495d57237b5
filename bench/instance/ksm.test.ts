import { expect, test } from 'vitest';
import { fakeSite } from './testing/site.ts';
import { isSteady, waitForMerging } from './ksm.ts';

const MiB = 2 ** 20;

function host(looks: readonly (number | null)[]) {
  const left = [...looks];
  const last = looks.at(-1) ?? null;
  let slept = 0;
  return {
    slept: () => slept,
    tools: {
      site: fakeSite({ merged: () => (left.length > 0 ? (left.shift() ?? null) : last) }),
      sleep: (seconds: number) => {
        slept += seconds;
        return Promise.resolve();
      },
    },
  };
}

const signal = new AbortController().signal;

test('nothing is waited for where nothing is merged', async () => {
  const { tools, slept } = host([null]);
  expect(await waitForMerging(tools, signal)).toBeNull();
  expect(slept()).toBe(0);
});

test('waits until three looks agree', async () => {
  const { tools, slept } = host([0, 10 * MiB, 40 * MiB, 60 * MiB, 60.2 * MiB, 60.3 * MiB, 99 * MiB]);
  expect(await waitForMerging(tools, signal)).toBe(60.3 * MiB);
  expect(slept()).toBe(10);
});

test('gives up waiting after two minutes and says what was merged by then', async () => {
  const { tools, slept } = host(Array.from({ length: 100 }, (_, index) => index * MiB));
  expect(await waitForMerging(tools, signal)).toBe(60 * MiB);
  expect(slept()).toBe(120);
});

test('a hundredth is steady, more is not', () => {
  expect(isSteady([100, 100])).toBe(false);
  expect(isSteady([1, 99, 100, 99.5])).toBe(true);
  expect(isSteady([98, 100, 100])).toBe(false);
  expect(isSteady([0, 0, 0])).toBe(true);
});
