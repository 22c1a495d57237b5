/** What docs/ say: pages made from the code are current, and every link leads somewhere. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { metrics } from '../bench/workloads/index.ts';
import { metricsDoc } from './metrics-doc.ts';
import { rules } from '../model/rules.ts';
import { rulesDoc } from './rules-doc.ts';
import { root } from './process.ts';

const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];
const read = (page: string) => readFileSync(join(root, page), 'utf8');
/** As forges make them of headings. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[`*_]/g, '')
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');

test('docs/metrics.md is what the declarations say (npm run docs writes it)', () => {
  expect(read('docs/metrics.md')).toBe(metricsDoc());
  for (const { id } of metrics) expect(read('docs/metrics.md')).toContain(`\`${id}\``);
});

test('docs/rules.md is what the table of rules says (npm run docs writes it)', () => {
  expect(read('docs/rules.md')).toBe(rulesDoc());
});

test('every rule that code or docs cite is in the table', () => {
  const sources = globSync(
    '{bench,cli,guidance,host,model,reports,runners,sizing,verdicts,docs}/**/*.{ts,md}',
    { cwd: root },
  );
  const cited = sources
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) =>
      Array.from(
        read(path).matchAll(/(?:METHODOLOGY |\brules? |\()([BC]\d{1,2})(?=[),;:. ])/g),
        (match) => match[1] ?? '',
      ),
    );
  expect(cited).toContain('C17');
  expect([...new Set(cited)].filter((id) => !Object.hasOwn(rules, id))).toEqual([]);
});

test('every relative link and picture in README and docs leads somewhere', () => {
  const broken = pages.flatMap((page) => {
    const text = read(page);
    const links = Array.from(text.matchAll(/(?:\]\(|src="|srcset=")([^)"\s]+)/g), (match) => match[1] ?? '');
    return links
      .filter((link) => !/^(https?:|mailto:)/.test(link))
      .filter((link) => {
        const [path = '', fragment] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        if (!existsSync(join(root, target))) return true;
        if (fragment === undefined || !target.endsWith('.md')) return false;
        const anchors = Array.from(read(target).matchAll(/^#+ (.+)$/gm), (match) => anchor(match[1] ?? ''));
        return !anchors.includes(fragment);
      })
      .map((link) => `${page}: ${link}`);
  });
  expect(broken).toEqual([]);
});

test('pictures are small enough to be carried in a repository', () => {
  const pictures = globSync('docs/pictures/*.*', { cwd: root });
  expect(pictures.length).toBeGreaterThan(0);
  for (const picture of pictures) expect(statSync(join(root, picture)).size, picture).toBeLessThan(300_000);
});
