/**
 * The pages of compare and gate in a real browser: light, dark, narrow, and with labels that try to break out.
 * Skipped aloud where there is no Chromium.
 */
import { repository } from '../../model/rules.ts';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { looks, sideways, visitPage } from '../testing/visit.ts';
import { renderChangeHtml, renderGateHtml } from './index.ts';
import { changeExample, gateExample } from './testing/examples.ts';
import { hostileChange, hostileGate, hostileLabels } from './testing/hostile.ts';

const executablePath = process.env['TARE_CHROMIUM'] ?? '/usr/bin/chromium';
const usable = existsSync(executablePath);
if (!usable)
  process.stderr.write(`skipped: verdict pages, no Chromium at ${executablePath} (set TARE_CHROMIUM)\n`);

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
];
/** Texts whose contrast with what lies behind them is below 4.5. */
const poorContrast = `(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map((part) => Number(part) / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const color = getComputedStyle(node).backgroundColor;
    return /, 0\\)$/.test(color) && node.parentElement ? behind(node.parentElement) : color;
  };
  return [...document.querySelectorAll('p, th, td, li, .badge, caption, summary')]
    .filter((node) => node.textContent.trim() !== '')
    .filter((node) => {
      const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05) < 4.5;
    })
    .map((node) => node.className + ': ' + node.textContent.slice(0, 40));
})()`;

describe.skipIf(!usable)('the pages of verdicts in Chromium', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'tare-verdicts-'));
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const visit = (html: string, options: BrowserContextOptions, look: (page: Page) => Promise<void>) =>
    visitPage(browser, folder, html, options, look);

  describe.each([
    ['compare', renderChangeHtml(changeExample()), ['became worse', 'refused: rule C26', 'Footnotes']],
    ['gate', renderGateHtml(gateExample()), ['FAIL: 2 of 6 checks failed', 'limit +10 %', '1 check passed']],
  ] as const)('%s', (name, html, texts) => {
    test.each(looks)('%s: legible, nothing fetched, no sideways scroll', async (look, options) => {
      await visit(html, options, async (page) => {
        for (const text of texts) expect(await page.getByText(text).first().isVisible()).toBe(true);
        expect(await page.evaluate(sideways)).toBe(0);
        expect(await page.evaluate(poorContrast)).toEqual([]);
        const shots = process.env['TARE_SHOTS'];
        if (shots !== undefined) {
          await page.screenshot({ path: path.join(shots, `${name}-${look}.png`), fullPage: true });
        }
      });
    });
  });

  test('the page scripts nothing and refers to nothing', () => {
    for (const html of [renderChangeHtml(changeExample()), renderGateHtml(gateExample())]) {
      // What a rule says stands on the page; its link is followed by a reader, and never fetched.
      const fetching = html.replaceAll(`href="${repository}`, 'href="');
      expect(fetching).not.toMatch(/<script|https?:|\son\w+=|\sstyle=|@import|url\(/);
      expect(html).toContain('default-src &#39;none&#39;');
    }
  });

  test('labels break nothing, run nothing and bring no element in', async () => {
    const dangerous = hostileLabels.filter((label) => /[<&{\u202e]/.test(label) || label.length > 1000);
    for (const label of dangerous) {
      for (const html of [renderChangeHtml(hostileChange(label)), renderGateHtml(hostileGate(label))]) {
        await visit(html, {}, async (page) => {
          expect(await page.evaluate('window.broken ?? null')).toBe(null);
          expect(await page.locator('script, img, iframe, [onerror]').count()).toBe(0);
          const links = page.locator(`main a:not([href^="#rule-"]):not([href^="${repository}"])`);
          expect(await links.count()).toBe(0);
          expect(await page.evaluate(sideways)).toBe(0);
        });
      }
    }
  });
});
