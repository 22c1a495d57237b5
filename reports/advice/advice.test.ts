/** Advice reads the same everywhere: formats give the answer first, and the manual names every rule and key. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { advise } from '../../guidance/advise.ts';
import { requirementsJsonSchema } from '../../guidance/schema.ts';
import { parseRequirements } from '../../guidance/requirements.ts';
import { rules } from '../../guidance/rules.ts';
import { builtProfiles, onHardware } from '../../guidance/testing/records.ts';
import { renderAdviceHtml, renderAdviceMarkdown, renderAdviceText, renderRulesText } from './index.ts';

const manual = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'advise.md'), 'utf8');

const text = 'name: shop\napps:\n  - { id: web, priorities: [density] }\n  - { id: desk, os: windows }\n';
const advice = advise(parseRequirements(text, 'a.yaml').asked, {
  profiles: builtProfiles({ memory: [60e6, 2e6] }, { ...onHardware, host: 'there' }),
});

const today = new Date('2026-11-01');

it('says the answer first, the reasons next, in every format', () => {
  const plain = renderAdviceText(advice, today, { color: false });
  expect(plain.split('\n')[0]).toBe('Advice for shop: mixed');
  expect(plain.split('\n')[2]).toMatch(/^web: containers on the host’s kernel, because density comes first/);
  expect(plain).toContain('desk: virtual machines, because another operating system');
  expect(plain.indexOf('other records, kept apart')).toBeGreaterThan(plain.indexOf('Rules:'));
  for (const shown of [plain, renderAdviceMarkdown(advice, today), renderAdviceHtml(advice, today)]) {
    expect(shown).toContain('web: container');
    expect(shown).toContain('other records, kept apart');
    expect(shown).toContain('1.05×');
  }
  expect(renderAdviceText(advice, today, { color: true })).toContain('\u001b[1m');
});

it('makes a self-contained page: a heading per app, then what qualifies it, no id twice', () => {
  const page = renderAdviceHtml(advice, today);
  expect(page).not.toMatch(/<script|https?:\/\//);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(page.match(/<h2[^>]*>/g)).toHaveLength(3);
  expect(page.indexOf('id="caveats"')).toBeGreaterThan(page.indexOf('id="app-desk"'));
});

it('says how old a published number is, on the day it is asked', () => {
  const asked = parseRequirements('apps: [{ id: web, image: nginx, instances: 20 }]\n', 'a.yaml').asked;
  const on = (day: string) => {
    const published = advise(asked);
    return [
      renderAdviceText(published, new Date(day), { color: false }),
      renderAdviceHtml(published, new Date(day)),
    ];
  };
  for (const shown of on('2026-11-01')) {
    expect(shown).toContain('published: KUE21, 2021');
    expect(shown).toContain('published: QRK, undated');
    expect(shown).not.toContain('over 5 years');
  }
  for (const shown of on('2027-01-01')) expect(shown).toContain('published: KUE21, 2021, over 5 years');
  const [, old = ''] = on('2032-01-01');
  expect(old).toMatch(/tone-more[^>]*>published: KUE21, 2021, over 10 years/);
});

it('the manual and --rules name every rule; the manual every key of the file', () => {
  for (const { id, statement } of rules) {
    expect(renderRulesText(rules)).toContain(`${id}  `);
    expect(manual).toContain(statement);
  }
  expect(keysOf(requirementsJsonSchema() as Schema).filter((key) => !manual.includes(`\`${key}\``))).toEqual(
    [],
  );
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

function keysOf({ properties = {} }: Schema): string[] {
  return Object.entries(properties).flatMap(([key, inner]) => [
    key,
    ...keysOf(inner.items ?? inner).map((below) => `${key}.${below}`),
  ]);
}
