/**
 * The page of advice in a real browser: light, dark, narrow and without scripts, free of what axe-core finds, and
 * with names that try to break out. Skipped aloud where there is no Chromium.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { advise } from '../../guidance/advise.ts';
import { parseRequirements } from '../../guidance/requirements.ts';
import { builtProfiles, onHardware } from '../../guidance/testing/records.ts';
import { looks, sideways, visitPage } from '../testing/visit.ts';
import { renderAdviceHtml } from './index.ts';

const executablePath = process.env['TARE_CHROMIUM'] ?? '/usr/bin/chromium';
const usable = existsSync(executablePath);
if (!usable)
  process.stderr.write(`skipped: page of advice, no Chromium at ${executablePath} (set TARE_CHROMIUM)\n`);

const text = `name: shop
server: { virtualization: none }
apps:
  - { id: web, image: nginx, instances: 40, priorities: [density, resources], objectives: { start: 100ms } }
  - { id: desk, os: windows }
  - { id: arm, architecture: aarch64 }
`;
/** An old publication, an answer, a contradiction and a record of another host: every colour that the page has. */
const page = renderAdviceHtml(
  advise(parseRequirements(text, 'shop.yaml').asked, {
    profiles: builtProfiles({ memory: [60e6, 2e6] }, { ...onHardware, host: 'there' }),
  }),
  new Date('2027-01-01'),
);

describe.skipIf(!usable)('the page of advice in Chromium', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'tare-advice-'));
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const visit = (html: string, options: BrowserContextOptions, look: (page: Page) => Promise<void>) =>
    visitPage(browser, folder, html, options, look);

  test.each(looks)('%s: the answer first, nothing fetched, no sideways scroll', async (look, options) => {
    await visit(page, options, async (open) => {
      expect(await open.locator('h1').textContent()).toContain('Advice for shop');
      for (const words of ['These requirements cannot be met', 'other records, kept apart', 'over 5 years']) {
        expect(await open.getByText(words).first().isVisible(), words).toBe(true);
      }
      expect(await open.evaluate(sideways)).toBe(0);
      const shots = process.env['TARE_SHOTS'];
      if (shots !== undefined)
        await open.screenshot({ path: path.join(shots, `advice-${look}.png`), fullPage: true });
    });
  });

  test.each(looks.slice(0, 2))('%s: axe finds nothing', async (_look, options) => {
    // What reads the page is put in through the debugger, past its policy.
    await visit(page, { ...options, bypassCSP: true }, async (open) => {
      await open.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      await open.evaluate(axe.source);
      const { violations } = await open.evaluate<AxeResults>('axe.run()');
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    });
  });

  test('names break nothing, run nothing and bring no element in', async () => {
    const name = `</td></table><script>window.broken=1</script><img src=x onerror=window.broken=1> \u202E${'x'.repeat(300)}`;
    const quoted = JSON.stringify(name);
    const hostile = `name: ${quoted}\napps: [{ id: ${quoted}, image: ${quoted}, modules: [${quoted}], instances: 20 }]\n`;
    const html = renderAdviceHtml(advise(parseRequirements(hostile, 'a.yaml').asked), new Date('2026-11-01'));
    await visit(html, {}, async (open) => {
      expect(await open.evaluate('window.broken ?? null')).toBe(null);
      expect(await open.locator('script, img, iframe, [onerror]').count()).toBe(0);
      expect(await open.evaluate(sideways)).toBe(0);
    });
  });
});
