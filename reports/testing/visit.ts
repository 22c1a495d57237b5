/** A page as a visitor of a test opens it: from a file, watched for whatever it complains of or fetches. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** How every page is looked at. */
export const looks: readonly (readonly [string, BrowserContextOptions])[] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow', { viewport: { width: 360, height: 740 } }],
  ['without scripts', { javaScriptEnabled: false }],
];

/** Pixels by which a page is wider than its window. */
export const sideways = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** Fails where the page logs, throws or asks for anything but itself. */
export async function visitPage(
  browser: Browser,
  folder: string,
  html: string,
  options: BrowserContextOptions,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const file = path.join(folder, 'page.html');
  writeFileSync(file, html);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (request.url() !== `file://${file}` && !request.url().startsWith('data:'))
      complaints.push(request.url());
  });
  try {
    await page.goto(`file://${file}`);
    await look(page);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}
