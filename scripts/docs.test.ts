/** What docs/ say: pages made from the code are current, and every link leads somewhere. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { rules } from '../model/rules.ts';
import { metrics, workloads } from '../bench/workloads/index.ts';
import { generatedDocs } from './generated-docs.ts';
import { parseScenario } from '../bench/scenario/scenario.ts';
import { readyScenarios } from '../cli/scenarios.ts';
import { exampleRunners, runnerSchemas } from '../runners/index.ts';
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

test('pages made from the code are current (npm run docs writes them)', async () => {
  for (const [page, text] of await generatedDocs()) expect(read(page), page).toBe(text);
  for (const { id } of metrics) expect(read('docs/metrics.md')).toContain(`\`${id}\``);
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

test('every ready scenario is listed in docs/scenarios.md, and every runner in docs/runners.md', () => {
  const listed = read('docs/scenarios.md');
  expect(readyScenarios().filter((name) => !listed.includes(`\`${name}\``))).toEqual([]);
  const runners = read('docs/runners.md');
  expect(exampleRunners.filter(({ kind }) => !runners.includes(`| \`${kind}\``))).toEqual([]);
});

test('every example of docs/programs.md can be planned', () => {
  const examples = Array.from(
    read('docs/programs.md').matchAll(/```yaml\n(.*?)```/gs),
    ([, text]) => text ?? '',
  );
  expect(examples).toHaveLength(workloads.size);
  for (const example of examples) {
    const asked = /use: (\S+?)[ ,}]/.exec(example)?.[1] ?? '';
    const image = example.includes('service: image') ? 'image: ./app.tar\n' : '';
    const head = `name: example\n${image}runners: { namespace: { network: bridge } }\nworkloads:\n`;
    const scenario = `${head}${example.replace(/^/gm, '  ')}`;
    expect(parseScenario(scenario, `docs/programs.md: ${asked}`, runnerSchemas).workloads).toHaveLength(1);
  }
});

test('pictures are small enough to be carried in a repository', () => {
  const pictures = globSync('docs/pictures/*.*', { cwd: root });
  expect(pictures.length).toBeGreaterThan(0);
  for (const picture of pictures) expect(statSync(join(root, picture)).size, picture).toBeLessThan(300_000);
});
