/**
 * The page of a sizing in a real browser: every rule is moved and the counts are those of the command line under the
 * policy that the page writes; light, dark, narrow, on paper and without scripts; nothing fetched. Skipped aloud
 * where there is no Chromium.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../model/random.ts';
import { runCommandLine } from '../../cli/cli.ts';
import { controls } from '../../sizing/live.ts';
import { bundleClient } from '../formats/html/bundle.ts';
import { sizingPage } from './page.ts';

const executablePath = process.env['TARE_CHROMIUM'] ?? '/usr/bin/chromium';
const usable = existsSync(executablePath);
if (!usable)
  process.stderr.write(`skipped: sizing page, no Chromium at ${executablePath} (set TARE_CHROMIUM)\n`);

const looks: readonly (readonly [string, BrowserContextOptions])[] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow', { viewport: { width: 360, height: 740 } }],
  ['without scripts', { javaScriptEnabled: false }],
];
const ready = '.results[data-state=ready]';

/** Machines with usage, so that headroom counts; one label that would break out. */
function demandCsv(): string {
  const random = createRandom(4);
  const rows = Array.from({ length: 80 }, (_, at) => {
    const cpu = 2 ** random.integer(2);
    const memory = 2048 * 2 ** random.integer(4);
    const name = at === 7 ? '</script><img src=x onerror=window.broken=1>' : `app-${String(at)}`;
    const used = [cpu * (0.3 + 0.5 * random.next()), memory * (0.3 + 0.5 * random.next())];
    return [name, cpu, memory, ...used.map((value) => value.toFixed(3))].join(',');
  });
  return ['name,cpu,memory_mib,cpu_p95,memory_p95_mib', ...rows].join('\n');
}

describe.skipIf(!usable)('the page of a sizing in Chromium', () => {
  let browser: Browser;
  let folder: string;
  let file: string;
  const declaredPolicy = () => path.join(folder, 'declared.yaml');

  /** The command line itself, in this process: a new one for each of a dozen rules would take most of the time. */
  const size = async (...args: readonly string[]): Promise<string> => {
    const [out, err]: [string[], string[]] = [[], []];
    const inputs = [path.join(folder, 'demand.csv'), '--hosts', path.join(folder, 'hosts.yaml')];
    const code = await runCommandLine(['size', ...inputs, '--seconds', '0', ...args], {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      status: () => undefined,
      live: false,
      color: false,
      columns: 100,
      signal: new AbortController().signal,
    });
    expect([code, err.filter((line) => !/^tare: .* \.\.\.$/.test(line))]).toEqual([0, []]);
    return out.join('\n');
  };
  const hostsOf = (json: string) =>
    (JSON.parse(json) as { answers: { alternative: string; hosts: number | null }[] }).answers.map(
      ({ alternative, hosts }) => [alternative, hosts === null ? 'none' : String(hosts)],
    );

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'tare-sizing-page-'));
    file = path.join(folder, 'page.html');
    writeFileSync(path.join(folder, 'demand.csv'), demandCsv());
    writeFileSync(
      path.join(folder, 'hosts.yaml'),
      'hosts:\n  - { id: h, sockets: 2, cores: 32, threads: 64, memory: 128GiB, price: 100, watts: { idle: 90, full: 300 } }\n  - { id: b, sockets: 2, cores: 64, threads: 128, memory: 256GiB, price: 210, watts: { idle: 150, full: 500 } }\n',
    );
    writeFileSync(
      declaredPolicy(),
      'survive: { least: 1 }\nuncertainty: { demandCv: 10%, draws: 5 }\nassume: { vm: { rule: kubevirt, guest: 300MiB }, container: { memory: 8MiB } }\n',
    );
    await size('--policy', declaredPolicy(), '--html', file);
    browser = await chromium.launch({
      executablePath,
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function visit(options: BrowserContextOptions, look: (page: Page) => Promise<void>) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!/^(file|data|blob):/.test(request.url())) complaints.push(request.url());
    });
    try {
      await page.goto(`file://${file}`);
      await look(page);
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  }

  const shown = (page: Page) =>
    page.evaluate<string[][]>(
      "[...document.querySelectorAll('.result')].map((card) => [card.id.replace('live-', ''), card.dataset.hosts])",
    );

  async function saved(page: Page, button: string): Promise<string> {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText(button).click()]);
    const to = path.join(folder, download.suggestedFilename());
    await download.saveAs(to);
    return to;
  }

  test('every rule moves the counts to those of the command line', async () => {
    await visit({}, async (page) => {
      await page.waitForSelector(ready);
      const declared = await shown(page);
      expect(declared).toEqual(hostsOf(await size('--policy', declaredPolicy(), '--no-analysis', '--json')));
      const moved: string[] = [];
      for (const control of controls) {
        await page.getByText('As declared').click();
        await page.waitForSelector(ready);
        const exact = page.locator(`[id="control-${control.id}"] + input`);
        const before = Number(await exact.inputValue());
        const value = Math.min(control.most, before + 30 * control.step);
        // Growth needs years as well as a rate.
        if (control.id.startsWith('growth')) {
          const other = control.id === 'growth.years' ? 'growth.perYear' : 'growth.years';
          await page.locator(`[id="control-${other}"] + input`).fill('5');
        }
        await exact.fill(String(value));
        await page.waitForSelector(ready);
        const policy = await saved(page, 'These rules');
        const heavier = control.id === 'heavier' ? ['--heavier', `${String(value)}MiB`] : [];
        const counts = await shown(page);
        expect([control.id, counts]).toEqual([
          control.id,
          hostsOf(await size('--policy', policy, '--no-analysis', '--json', ...heavier)),
        ]);
        if (JSON.stringify(counts) !== JSON.stringify(declared)) moved.push(control.id);
      }
      expect(moved).toContain('headroom.memory');
      expect(moved).toContain('survive.least');
      expect(moved).toContain('growth.perYear');
      expect(moved).toContain('heavier');
      expect(moved.length).toBeGreaterThan(6);
    });
  });

  test('a slider follows the arrow keys, and the assignment that it leads to holds', async () => {
    await visit({}, async (page) => {
      await page.waitForSelector(ready);
      const slider = page.locator('[id="control-survive.least"]');
      await slider.focus();
      await page.keyboard.press('ArrowRight');
      expect(await slider.inputValue()).toBe('2');
      await page.waitForSelector(ready);
      const policy = await saved(page, 'These rules');
      const plan = await saved(page, 'Assignment (CSV)');
      expect(await size('--policy', policy, '--check', plan)).toContain('no host is over capacity');
    });
  });

  test.each(looks)('%s: the answer is there, nothing fetched, no sideways scroll', async (look, options) => {
    await visit(options, async (page) => {
      if (look !== 'without scripts') await page.waitForSelector(ready);
      for (const text of ['The same demand three ways', 'Why so many', 'What a step costs'])
        expect(await page.getByText(text).first().isVisible()).toBe(true);
      expect(
        await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
      ).toBe(0);
      expect(await page.evaluate('window.broken ?? null')).toBe(null);
      expect(await page.locator('img, iframe').count()).toBe(0);
      const shots = process.env['TARE_SHOTS'];
      if (shots !== undefined)
        await page.screenshot({ path: path.join(shots, `sizing-${look}.png`), fullPage: true });
    });
  });

  test('every input has a name, and the page is small', async () => {
    await visit({}, async (page) => {
      await page.waitForSelector(ready);
      const nameless = await page.evaluate<number>(
        "[...document.querySelectorAll('input')].filter((one) => !one.ariaLabel && one.labels.length === 0).length",
      );
      expect(nameless).toBe(0);
    });
    expect(readFileSync(file).length).toBeLessThan(1e6);
    expect((await bundleClient(sizingPage)).length).toBeLessThan(200_000);
  });
});
