/**
 * `npm run pictures RECORD`: the README's pictures, photographed in a real browser from the report of a real
 * record, so that they show what the reader will get. What they show is emulated where the record is, and says so.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { readRecord } from '../bench/record/record.ts';
import { renderHtml } from '../reports/index.ts';
import { root } from './process.ts';

const executablePath = process.env['TARE_CHROMIUM'] ?? '/usr/bin/chromium';
const out = join(root, 'docs/pictures');
/** A picture of this width is sharp in a README and below the size a repository should carry. */
const width = 1100;

interface Picture {
  readonly name: string;
  readonly dark: boolean;
  /** Selectors: from the top of one element to the bottom of the other. */
  readonly from: string;
  readonly to: string;
  /** Selector of the folds that have to be open for it. */
  readonly folds: string;
}

const fileOf = ({ name }: Picture) => `${name}.webp`;

const pictures: readonly Picture[] = [
  { name: 'report', dark: false, from: 'header.opening', to: '.tiles', folds: 'none' },
  { name: 'report-dark', dark: true, from: 'header.opening', to: '.tiles', folds: 'none' },
  { name: 'launches', dark: false, from: '#startup', to: '#table-medians-startup', folds: 'none' },
  {
    name: 'published',
    dark: false,
    from: '#chart-beside-guest-init',
    to: '#chart-beside-guest-init',
    folds: 'details:has(#chart-beside-guest-init)',
  },
];

const [record] = process.argv.slice(2);
if (record === undefined || !existsSync(executablePath)) {
  console.error(
    record === undefined
      ? 'name the record: npm run pictures results/quick-...'
      : `no Chromium at ${executablePath} (set TARE_CHROMIUM)`,
  );
  process.exit(2);
}

async function take(page: Page, picture: Picture): Promise<void> {
  await page.evaluate(
    `document.querySelectorAll(${JSON.stringify(picture.folds)}).forEach((fold) => { fold.open = true; })`,
  );
  // The bar of links follows the reader and would lie over the picture.
  await page.evaluate(`document.querySelector('nav').hidden = true`);
  await page.locator(picture.from).scrollIntoViewIfNeeded();
  // Charts are drawn when they come into view.
  await page.waitForTimeout(800);
  const [top, bottom] = await page.evaluate<[number, number]>(
    `[${JSON.stringify(picture.from)}, ${JSON.stringify(picture.to)}].map((selector, index) => {
      const box = document.querySelector(selector).getBoundingClientRect();
      return (index === 0 ? box.top : box.bottom) + scrollY;
    })`,
  );
  const y = Math.max(0, top - 12);
  // WebP is a third of PNG, and only the browser's own protocol gives it.
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', {
    format: 'webp',
    quality: 85,
    captureBeyondViewport: true,
    clip: { x: 0, y, width, height: bottom + 16 - y, scale: 1 },
  });
  writeFileSync(join(out, fileOf(picture)), Buffer.from(data, 'base64'));
}

const folder = mkdtempSync(join(tmpdir(), 'tare-pictures-'));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const file = join(folder, 'report.html');
  writeFileSync(file, await renderHtml(readRecord(record)));
  for (const picture of pictures) {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: picture.dark ? 'dark' : 'light',
    });
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    await take(page, picture);
    await context.close();
    console.log(join('docs/pictures', fileOf(picture)));
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
