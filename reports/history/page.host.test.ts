/** The page of a history in a real browser: its filters, with scripts and without. Skipped aloud where there is none. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { historyOf } from '../../verdicts/history.ts';
import { digestRun } from '../../verdicts/run-digest.ts';
import { world } from '../../verdicts/testing/worlds.ts';
import { renderHistoryHtml } from './index.ts';

const executablePath = process.env['TARE_CHROMIUM'] ?? '/usr/bin/chromium';
const usable = existsSync(executablePath);
if (!usable) process.stderr.write(`skipped: history page, no Chromium at ${executablePath}\n`);

test.skipIf(!usable)(
  'shows one metric or runner of many, without scripts too',
  { timeout: 60_000 },
  async () => {
    const runs = Array.from({ length: 14 }, (_, at) => world({ id: at + 1, slower: at < 7 ? 1 : 1.4 }));
    const html = await renderHistoryHtml(
      historyOf(
        runs.map(({ record, ref }) => ({ path: ref.path, digest: digestRun(record) })),
        { since: null, wanted: () => true, now: '2026-03-01T00:00:00.000Z' },
      ),
    );
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    try {
      for (const javaScriptEnabled of [true, false]) {
        const page = await browser.newPage({ javaScriptEnabled });
        await page.setContent(html);
        const trends = page.locator('section[id^=trend]:visible');
        const lines = page.locator('#table-series tbody tr:visible');
        const all = await trends.count();
        expect(await lines.count()).toBe(all);
        await page.locator('#choice-metric').selectOption({ label: 'startup.ready' });
        expect([await trends.count(), await lines.count()]).toEqual([3, 3]);
        await page.locator('#choice-runner').selectOption({ label: 'namespace' });
        expect([await trends.count(), await lines.count()]).toEqual([1, 1]);
        expect(await page.locator('#table-changes tbody tr:visible').count()).toBe(1);
        await page.locator('#choice-metric').selectOption('');
        await page.locator('#choice-runner').selectOption('');
        expect(await trends.count()).toBe(all);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  },
);
