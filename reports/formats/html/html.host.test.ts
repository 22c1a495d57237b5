/**
 * The page in a real browser: light, dark, narrow, printed, without scripts, without styles, and with
 * labels that try to break out. Skipped aloud where there is no Chromium.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analyse } from '../../../bench/analyse.ts';
import { buildRecord, builtRunners } from '../../../bench/record/testing/builder.ts';
import { renderHtml } from '../../index.ts';

const executablePath = process.env['TARE_CHROMIUM'] ?? '/usr/bin/chromium';
const usable = existsSync(executablePath);
if (!usable)
  process.stderr.write(`skipped: report pages, no Chromium at ${executablePath} (set TARE_CHROMIUM)\n`);

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const keyTexts = [
  'of memory on this host',
  'VMs were EMULATED (TCG)',
  'refused: rule C17',
  'Where the start goes',
  'What people say, and what we saw',
  'Fairness ledger',
  'Written from the record of this run.',
];
const hostile = `</script><script>window.broken=1</script>"><img src=x onerror="window.broken=2">\u2028\u202Eevil{{client}}`;

const openFolds = `document.querySelectorAll('details').forEach((fold) => { fold.open = true; })`;

/** What a page did while it was looked at. */
interface Opened {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

describe.skipIf(!usable)('the report page in Chromium', () => {
  let browser: Browser;
  let folder: string;
  const files = { plain: '', hostile: '', bare: '', still: '' };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'tare-report-'));
    browser = await chromium.launch({ executablePath, args: flags });
    const record = buildRecord();
    const runners = builtRunners.map((runner, index) => ({ ...runner, id: `${index}${hostile}` }));
    const evil = buildRecord({
      blocks: 12,
      runners,
      header: {
        scenario: { ...record.header.scenario, name: hostile, description: hostile, text: hostile },
        host: { ...record.header.host, hostname: hostile, note: { [hostile]: hostile } },
        skipped: [{ cell: hostile, runner: hostile, reason: hostile, hint: hostile }],
      },
      alter: (trial) =>
        trial.index % 11 === 5
          ? { ...trial, outcome: { state: 'failed', reason: 'crash', message: hostile, detail: hostile } }
          : trial,
    });
    for (const [name, built] of [['plain', record] as const, ['hostile', evil] as const]) {
      files[name] = path.join(folder, `${name}.html`);
      const html = await renderHtml(built, { analysis: analyse(built, { resamples: 300 }) });
      writeFileSync(files[name], html);
      if (name !== 'plain') continue;
      files.still = path.join(folder, 'still.html');
      writeFileSync(files.still, html.replaceAll(/<script>[\s\S]*?<\/script>/g, ''));
      files.bare = path.join(folder, 'bare.html');
      writeFileSync(files.bare, html.replace(/<style>[\s\S]*<\/style>/, ''));
    }
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function visit<T>(
    file: string,
    options: BrowserContextOptions,
    look: (opened: Opened) => Promise<T>,
  ): Promise<T> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`file://${file}`);
    try {
      return await look({ page, complaints, requests });
    } finally {
      await context.close();
    }
  }

  /** Charts are drawn when they are looked at: opens every fold and looks at each. */
  async function lookAtAll(page: Page): Promise<void> {
    await page.evaluate(openFolds);
    for (const figure of await page.locator(drawn).all()) {
      await figure.scrollIntoViewIfNeeded();
      await figure.locator('.live canvas').waitFor();
    }
  }

  /** Charts that the script draws again; the others stay as they are. */
  const drawn = 'figure:not(.still)';
  const overflow = (page: Page) =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  test.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['narrow', { viewport: { width: 360, height: 740 } }],
  ] as const)('%s: live charts, no complaint, no request, no sideways scroll', async (_name, options) => {
    await visit(files.plain, options, async ({ page, complaints, requests }) => {
      await lookAtAll(page);
      expect(await page.locator('.live canvas').count()).toBe(await page.locator(drawn).count());
      expect(await page.locator(`${drawn} .static:visible`).count()).toBe(0);
      expect(await overflow(page)).toBe(0);
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([`file://${files.plain}`]);
    });
  });

  test('light and dark differ, and each text is legible on its background', async () => {
    const contrast = `(() => {
      const light = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).map((part) => Number(part) / 255)
          .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const behind = (node) => {
        const color = getComputedStyle(node).backgroundColor;
        return /, 0\\)$/.test(color) && node.parentElement ? behind(node.parentElement) : color;
      };
      const poor = [];
      for (const node of document.querySelectorAll('p, th, td, li, .badge, dt, dd, caption, figcaption, a, summary')) {
        if (node.textContent.trim() === '' || node.classList.contains('skip')) continue;
        const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(node.className + ': ' + node.textContent.slice(0, 40));
      }
      return { poor, page: getComputedStyle(document.body).backgroundColor };
    })()`;
    const seen = new Set<string>();
    for (const colorScheme of ['light', 'dark'] as const) {
      await visit(files.plain, { colorScheme }, async ({ page }) => {
        const result = await page.evaluate<{ poor: string[]; page: string }>(contrast);
        expect(result.poor).toEqual([]);
        seen.add(result.page);
      });
    }
    expect(seen.size).toBe(2);
  });

  test('a runner can be hidden and shown again from the keyboard', async () => {
    await visit(files.plain, {}, async ({ page, complaints }) => {
      await lookAtAll(page);
      const button = page.getByRole('button', { name: 'vm', exact: true });
      await button.focus();
      const height = () =>
        page.evaluate<number>(`document.querySelector('#chart-0-startup .live').clientHeight`);
      const before = await height();
      await page.keyboard.press('Enter');
      expect(await button.getAttribute('aria-pressed')).toBe('false');
      expect(await height()).toBeLessThan(before);
      await page.keyboard.press('Enter');
      expect(await height()).toBe(before);
      expect(complaints).toEqual([]);
    });
  });

  test('without scripts everything is there, charts as SVG', async () => {
    await visit(files.plain, { javaScriptEnabled: false }, async ({ page, complaints }) => {
      for (const text of keyTexts) expect(await page.getByText(text).first().isVisible(), text).toBe(true);
      expect(await page.locator('figure svg[role=img]').count()).toBe(await page.locator('figure').count());
      expect(await page.locator('figure svg').first().isVisible()).toBe(true);
      expect(complaints).toEqual([]);
    });
  });

  test('without styles and scripts the order and the tables still read', async () => {
    await visit(files.bare, { javaScriptEnabled: false }, async ({ page }) => {
      for (const text of keyTexts) expect(await page.getByText(text).first().isVisible(), text).toBe(true);
      const body = await page.locator('body').innerText();
      expect(body.indexOf('of memory on this host')).toBeLessThan(body.indexOf('Start to ready'));
    });
  });

  test('where a policy blocks scripts and inline styles, everything is there too', async () => {
    const html = readFileSync(files.plain, 'utf8');
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    await page.route('**/*', (route) =>
      route.fulfill({
        body: html,
        contentType: 'text/html',
        headers: { 'Content-Security-Policy': "default-src 'none'; script-src 'none'; style-src 'none'" },
      }),
    );
    await page.goto('http://report.invalid/');
    for (const text of keyTexts) expect(await page.getByText(text).first().isVisible(), text).toBe(true);
    // The page's own style did not arrive, its script did not run, and the drawings are there.
    expect(await page.evaluate('getComputedStyle(document.querySelector(".card")).borderRadius')).toBe('0px');
    expect(await page.locator('.filter').count()).toBe(0);
    expect(await page.locator('figure svg').first().isVisible()).toBe(true);
    await context.close();
  });

  test.each([
    ['light, with scripts', 'plain', { colorScheme: 'light' }],
    [
      'dark and narrow, without scripts',
      'still',
      { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
    ],
  ] as const)('%s: axe finds nothing', async (_name, file, options) => {
    await visit(files[file], options, async ({ page }) => {
      await page.evaluate(openFolds);
      if (file === 'plain') await lookAtAll(page);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      expect(told).toEqual([]);
    });
  });

  test('a search, a family and a runner leave the rows that match, and give them back', async () => {
    await visit(files.plain, {}, async ({ page, complaints }) => {
      const rows = () => page.locator('tbody tr:visible').count();
      await page.evaluate(openFolds);
      const all = await rows();
      await page.getByLabel('Find a measure').fill('work per second');
      expect(await page.locator('#cpu tbody tr:visible').count()).toBeGreaterThan(0);
      expect(await page.locator('#tare tbody tr:visible').count()).toBe(0);
      await expect.poll(() => page.getByRole('status').innerText()).toMatch(/^[\d,]+ rows match/);
      await page.getByLabel('Find a measure').fill('');
      await page.getByLabel('Family').selectOption('tare');
      expect(await page.locator('#cpu').isVisible()).toBe(false);
      expect(await page.locator('#tare').isVisible()).toBe(true);
      await page.getByLabel('Family').selectOption('');
      await page.getByRole('button', { name: 'vm', exact: true }).click();
      expect(await page.locator('#comparisons tbody tr:visible', { hasText: 'vm' }).count()).toBe(0);
      expect(await page.locator('#medians-cpu\\~cpu\\.throughput td:visible').count()).toBe(2);
      await page.getByRole('button', { name: 'vm', exact: true }).click();
      expect(await rows()).toBe(all);
      expect(complaints).toEqual([]);
    });
  });

  test('a row is linked to from the keyboard, and its link opens the fold that hides it', async () => {
    await visit(files.plain, {}, async ({ page }) => {
      await page.locator('#table-medians-cpu .scroll').focus();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('location.hash')).toBe('#medians-cpu~cpu.throughput');
      await page.goto(`file://${files.plain}#ratios~cpu.throughput~vm~namespace`);
      await page.reload();
      await expect
        .poll(() => page.locator('[id="ratios~cpu.throughput~vm~namespace"]').isVisible())
        .toBe(true);
    });
  });

  test('it prints to paper with the static charts', async () => {
    await visit(files.plain, {}, async ({ page }) => {
      const paper = await page.pdf({ format: 'A4' });
      expect(paper.subarray(0, 5).toString()).toBe('%PDF-');
      await page.setViewportSize({ width: 740, height: 1000 });
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('.live:visible').count()).toBe(0);
      expect(await page.locator('.static:visible').count()).toBe(await page.locator('figure').count());
      expect(await overflow(page)).toBe(0);
    });
  });

  test('labels that try to break out stay labels', async () => {
    for (const width of [1280, 360]) {
      await visit(
        files.hostile,
        { viewport: { width, height: 800 } },
        async ({ page, complaints, requests }) => {
          await lookAtAll(page);
          expect(await page.evaluate('window.broken')).toBeUndefined();
          expect(await page.locator('img').count()).toBe(0);
          expect(await page.locator('script').count()).toBe(3);
          expect(await page.content()).not.toMatch(/[\u202E\u2028]/);
          expect(await page.locator('h1').innerText()).toContain('</script><script>window.broken=1</script>');
          expect(await overflow(page)).toBe(0);
          expect(complaints).toEqual([]);
          expect(requests.filter((url) => !url.startsWith('data:'))).toHaveLength(1);
        },
      );
    }
  });

  test('headings, tables, landmarks and charts are named for those who listen', async () => {
    await visit(files.plain, {}, async ({ page }) => {
      const levels = await page.evaluate<number[]>(
        `Array.from(document.querySelectorAll('h1,h2,h3,h4'), (node) => Number(node.tagName[1]))`,
      );
      expect(levels.filter((level) => level === 1)).toHaveLength(1);
      levels.forEach((level, index) => expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1));
      for (const landmark of ['header', 'nav', 'main', 'footer']) {
        expect(await page.locator(landmark).count()).toBe(1);
      }
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
      expect(await page.locator('table:not(:has(caption))').count()).toBe(0);
      expect(await page.locator('th:not([scope])').count()).toBe(0);
      expect(await page.locator('svg[role=img]:not(:has(title))').count()).toBe(0);
      const ids = await page.evaluate<string[]>(
        `Array.from(document.querySelectorAll('[id]'), (node) => node.id)`,
      );
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  test('the record can be saved without a script', async () => {
    await visit(files.plain, { javaScriptEnabled: false, acceptDownloads: true }, async ({ page }) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('a[download]').click(),
      ]);
      expect(download.suggestedFilename()).toBe('record.jsonl');
    });
  });
});
