/**
 * What a wide report costs whoever opens it: its size, and the time until it is read and scripted in a real browser
 * against an empty page of the same browser, opened in turn.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { median } from '../../model/descriptive.ts';
import { renderHtml } from '../../reports/index.ts';
import { fullWidth, wideRecord } from '../../reports/testing/wide-record.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import { boundRow, interleave, ratioRow, type Bench } from './row.ts';

const executablePath = process.env['TARE_CHROMIUM'] ?? '/usr/bin/chromium';
const rounds = 7;
const secondsGoal = 2;
const megabytesGoal = 3;

/** Seconds from asking for the page until it is loaded, its scripts have run and a frame was drawn. */
async function opened(browser: Browser, file: string): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const start = monotonicSeconds();
  await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
  const seconds = monotonicSeconds() - start;
  await page.close();
  return seconds;
}

export const page: Bench = async (say) => {
  if (!existsSync(executablePath)) throw new Error(`no Chromium at ${executablePath} (set TARE_CHROMIUM)`);
  say('page: a report of 200 metrics, 6 runners and 30 launches');
  const html = await renderHtml(wideRecord(fullWidth));
  const folder = mkdtempSync(join(tmpdir(), 'tare-bench-'));
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const [wide, empty] = [join(folder, 'wide.html'), join(folder, 'empty.html')];
    writeFileSync(wide, html);
    writeFileSync(empty, '<!doctype html><html lang="en"><title>empty</title><p>Nothing.</p></html>');
    const times = await interleave(
      rounds,
      () => opened(browser, wide),
      () => opened(browser, empty),
    );
    const seconds = median(times.first) ?? Number.NaN;
    return [
      boundRow('wide report: size', Buffer.byteLength(html) / 1e6, 'MB', megabytesGoal),
      boundRow('wide report: opened, median', seconds, 's', secondsGoal, rounds),
      ratioRow('wide report / empty page, opened', times, null),
    ];
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
};
