/** Every format, from built records to strings: what is said, what is never said, and odd records. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { repository, rules } from '../../model/rules.ts';
import { analyse } from '../../bench/analyse.ts';
import type { RunRecord } from '../../model/record.ts';
import { buildRecord, builtRunners, type BuiltRunner } from '../../bench/record/testing/builder.ts';
import { renderHtml, renderJson, renderMarkdown, renderText } from '../index.ts';
import { reportPage } from '../formats/html/report-page.ts';
import { drawnDots, thinned } from '../parts/charts.ts';
import { viewOf } from './view.ts';

const [process, namespace, vm] = builtRunners as readonly [BuiltRunner, BuiltRunner, BuiltRunner];
const few = { resamples: 300 };
const render = async (record: RunRecord) => {
  const analysis = analyse(record, few);
  return {
    html: await renderHtml(record, { analysis }),
    text: renderText(record, { analysis }),
    markdown: renderMarkdown(record, { analysis }),
    view: viewOf(record, analysis),
  };
};
/** The HTML without our own scripts and the carried record: what a reader may see. */
const seen = (html: string) =>
  html.replaceAll(/<script[\s\S]*?<\/script>/g, '').replace(/href="data:[^"]*"/, '');

/** What matches, so that a failure shows only that. */
const found = (text: string, pattern: RegExp) => Array.from(text.matchAll(pattern), (match) => match[0]);

const emulated = await render(buildRecord());

test('the answer comes first and names runner, host, ratio and interval', () => {
  const [first] = emulated.view.opening.answer;
  expect(first).toMatch(
    /^An idle VM \(QEMU 1\.0, microvm\) took \S+ MiB of memory on this host, a container \S+ KiB: \d+ times as much \(\d+ to \d+\)\.$/,
  );
  expect(emulated.html.indexOf('An idle VM')).toBeLessThan(emulated.html.indexOf('<table'));
});

test('emulation is said aloud and its reason given, on every format', () => {
  for (const output of [emulated.html, emulated.text, emulated.markdown]) {
    expect(output.includes('VMs were EMULATED (TCG)')).toBe(true);
    expect(output.includes('KVM answers but cannot run a guest: emulating.')).toBe(true);
    expect(output.replaceAll(/<[^>]+>/g, '')).toContain('refused: rule C17');
  }
});

test('a refused ratio never shows as a verdict', () => {
  const tile = emulated.view.opening.tiles.find((each) => each.title === 'Start to ready');
  expect(tile?.verdict).toEqual({ text: 'refused: rule C17', tone: 'refused' });
});

test('no format has an overall score or a winner', () => {
  // What others wrote of their own measurements is quoted as they wrote it.
  const own = seen(emulated.html).replace(/<section id="published"[\s\S]*?<\/section>/, '');
  for (const output of [own, emulated.text, emulated.markdown]) {
    expect(found(output, /winner|is better than|faster than/gi)).toEqual([]);
  }
});

test('sections stand in reading order with one table at least in each that has data', () => {
  expect(emulated.view.sections.map((section) => section.id)).toEqual([
    'startup',
    'tare',
    'cpu',
    'comparisons',
    'claims',
    'published',
    'fairness',
    'refusals',
    'failures',
    'host',
    'methods',
    'data',
  ]);
});

test('methods are written from the record', () => {
  const methods = JSON.stringify(emulated.view.sections.find((section) => section.id === 'methods'));
  for (const fact of [
    '30 blocks',
    'seed 1',
    'process is run twice',
    'T0 to T6',
    'busybox 1.35.0',
    'host steal above 5 %',
  ]) {
    expect(methods).toContain(fact);
  }
});

test('a cited rule leads to its entry on the page, which leads to the repository; text and markdown list it', () => {
  const cited = new Set(found(emulated.html, /href="#rule-[a-z]\d+"/g));
  expect(cited).toContain('href="#rule-c17"');
  for (const link of cited) expect(emulated.html).toContain(link.replace('href="#', 'id="'));
  expect(emulated.html).toContain(`href="${repository}/blob/main/docs/rules.md#c17"`);
  expect(emulated.text).toContain(`  - C17: ${rules.C17.title} (docs/rules.md#c17)`);
  expect(emulated.markdown).toContain(
    `- [C17](${repository}/blob/main/docs/rules.md#c17): ${rules.C17.title}`,
  );
});

test('the page loads nothing from outside, and links only to the rules', () => {
  const page = seen(emulated.html).replaceAll(`href="${repository}/blob/main/docs/rules.md#`, 'href="#');
  expect(found(page, /\s(?:src|srcset|action|poster|style|on\w+)\s*=/gi)).toEqual([]);
  expect(found(page, /href="(?!#|data:)[^"]*"/g)).toEqual([]);
  expect(found(page, /@import|url\(/g)).toEqual([]);
  expect(
    found(
      emulated.html.replaceAll(repository, ''),
      /https?:|sourceMappingURL|XMLHttpRequest|WebSocket|\bfetch\(/g,
    ),
  ).toEqual([]);
});

test('our script writes text, never markup', () => {
  const sources = globSync(`${reportPage}/*.ts`);
  expect(sources).toHaveLength(2);
  const text = sources.map((path) => readFileSync(path, 'utf8')).join('\n');
  expect(found(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/g)).toEqual([]);
});

test('the carried record is the record', () => {
  const encoded = /href="data:application\/x-ndjson;base64,([^"]+)"/.exec(emulated.html)?.[1] ?? '';
  const lines = Buffer.from(encoded, 'base64').toString('utf8').trim().split('\n');
  const record = buildRecord();
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    record.header,
    ...record.trials,
    record.end,
  ]);
});

test('a template word in data is not taken for a placeholder', async () => {
  const { html } = await render(
    buildRecord({
      blocks: 6,
      header: {
        scenario: {
          ...buildRecord({ blocks: 1 }).header.scenario,
          name: '{{client}} $& $1',
          description: '',
        },
      },
    }),
  );
  expect(html.includes('<h1>{{client}} $&amp; $1</h1>')).toBe(true);
});

const dead = buildRecord({
  blocks: 6,
  alter: (trial) => ({
    ...trial,
    marks: [],
    samples: [],
    ladder: [],
    observations: [],
    provenDigest: null,
    outcome: {
      state: 'failed',
      reason: 'panic',
      message: 'VFS: unable to mount root',
      detail: 'Kernel panic',
    },
  }),
});
const odd: readonly (readonly [string, RunRecord])[] = [
  ['without any trial', { ...buildRecord({ blocks: 6 }), trials: [], end: null }],
  ['in which everything failed', dead],
  ['of one block', buildRecord({ blocks: 1 })],
  ['of one runner', buildRecord({ blocks: 12, runners: [process], control: null })],
  ['of containers only', buildRecord({ blocks: 12, runners: [process, namespace] })],
  [
    'on nested KVM',
    buildRecord({ blocks: 12, runners: [process, namespace, { ...vm, acceleration: 'kvm-nested' }] }),
  ],
  ['without noise', buildRecord({ blocks: 12, noise: 0 })],
  ['of several workloads', buildRecord({ blocks: 12, workloads: ['idle', 'cpu'] })],
  [
    'with a voided block',
    buildRecord({ blocks: 12, voided: [{ kind: 'void', block: 3, rule: 'C9', detail: 'steal 9 %' }] }),
  ],
  [
    'of zeros',
    buildRecord({
      blocks: 12,
      alter: (trial) => ({
        ...trial,
        samples: trial.samples.map((sample) => ({ ...sample, value: 0 })),
        marks: trial.marks.map((mark) => ({ ...mark, at: 5 })),
      }),
    }),
  ],
];

test.each(odd)('a record %s is reported without a broken number', async (_name, record) => {
  const { html, text, markdown } = await render(record);
  for (const output of [seen(html), text, markdown]) {
    expect(found(output, /NaN|undefined|Infinity|\[object/g)).toEqual([]);
    expect(output).toMatch(/on this host|On this host/);
    expect(output).toContain('build-host');
  }
});

test('failures are counted first and told in detail later', async () => {
  const { html, text } = await render(dead);
  expect(text.includes('28 failed launches')).toBe(true);
  expect(text.includes('guest kernel panicked')).toBe(true);
  expect(html.includes('Kernel panic')).toBe(true);
});

test('below six blocks nothing is bold, and the first line counts what is missing', async () => {
  const { view, html, text, markdown } = await render(buildRecord({ blocks: 1 }));
  expect(text.split('\n')[2]).toBe('Not enough yet: 1 of 10 blocks counted.');
  expect(view.opening.tiles.map(({ few: isFew }) => isFew)).not.toContain(false);
  expect(html).toContain('<div class="answer few">');
  expect(markdown).not.toMatch(/^\*\*/m);
  expect(emulated.html).not.toContain('<div class="answer few">');
});

test('neither a host nor a runner called vm is taken for a virtual machine', async () => {
  const record = buildRecord({ runners: [process, { ...namespace, id: 'vm' }] });
  const named = { ...record, header: { ...record.header, host: { ...record.header.host, hostname: 'vm' } } };
  const { answer } = (await render(named)).view.opening;
  expect(answer.join(' ')).not.toMatch(/\ban? (?:idle )?vm\b|virtual machine/i);
  expect(answer[0]).toMatch(/container/);
});

test('a value that noise made negative is a bound in every format, and never a negative amount', async () => {
  const record = buildRecord();
  const slope = record.header.metrics.find(({ title }) => title === 'Host memory per empty instance');
  const analysis = analyse(record, few);
  const negative = {
    ...analysis,
    summaries: analysis.summaries.map((item) =>
      item.metric === slope?.id && item.cell.startsWith('namespace')
        ? {
            ...item,
            median: -269 * 1024,
            min: -280 * 1024,
            max: -200 * 1024,
            interval: null,
            modes: [],
            quantiles: [],
          }
        : item,
    ),
    comparisons: analysis.comparisons.map((item) =>
      item.metric === slope?.id ? { ...item, ratio: null, interval: null } : item,
    ),
  };
  const options = { analysis: negative };
  for (const output of [
    await renderHtml(record, options),
    renderText(record, options),
    renderMarkdown(record, options),
  ]) {
    const words = seen(output).replaceAll(/<details[\s\S]*?<\/details>/g, '');
    expect(words).toContain('below 300 KiB');
    expect(found(words, /-\d[\d.]* [KMG]iB/g)).toEqual([]);
  }
});

test('blocks that were voided are the reason given, in the answer and in the claims', async () => {
  const record = buildRecord({ blocks: 3 });
  const voided = [0, 1, 2].map((block) => ({
    kind: 'void' as const,
    block,
    rule: 'foreign-load',
    detail: '1.02 cores',
  }));
  const { text, html } = await render({ ...record, voided });
  for (const output of [text, html]) {
    expect(output.replaceAll(/\s+/g, ' ')).toContain(
      '3 of 3 blocks voided: other programs kept this host busy. Stop other work',
    );
  }
  // Of what the scenario measured; of the rest it still says what to run.
  expect(html).toMatch(/>start time<[^\n]*?A VM and a container were launched, but no block counts\./);
});

test('few blocks give numbers without verdict', async () => {
  const { view } = await render(
    buildRecord({ blocks: 8, runners: [process, namespace, { ...vm, acceleration: 'kvm-hw' }] }),
  );
  expect(view.opening.answer[0]).toBe('Not enough yet: 8 of 10 blocks counted.');
  expect(view.opening.answer[1]).toMatch(
    /^A VM \(QEMU 1\.0, microvm\) took .* from start to ready .* No verdict from so few blocks \(rule C3\)\.$/,
  );
});

test('colour is only written when asked for', () => {
  const record = buildRecord({ blocks: 6 });
  const analysis = analyse(record, few);
  expect(renderText(record, { analysis })).not.toContain('\u001b');
  expect(renderText(record, { analysis, color: true })).toContain('\u001b[');
});

test('markdown escapes what would become a link, an image or a tag', async () => {
  const { markdown } = await render(
    buildRecord({
      blocks: 6,
      runners: [{ ...process, id: '![x](https://a.example)|<b>' }, namespace],
      control: null,
    }),
  );
  const own = markdown.replaceAll(/^- \[[BC]\d+\]\(.*/gm, '');
  expect(found(own, /[^\\]!\[|[^\\]\]\(|[^\\]<b>|https:\/\//g)).toEqual([]);
  expect(markdown.includes('\\!\\[x\\](https:&#8203;//a.example)\\|\\<b\\>')).toBe(true);
});

test('JSON carries identity, analysis and claims', () => {
  const record = buildRecord({ blocks: 6 });
  const parsed = JSON.parse(renderJson(record)) as { run: { runId: string }; claims: { id: string }[] };
  expect(parsed.run.runId).toBe('built-1');
  expect(parsed.claims.map((claim) => claim.id)).toEqual([
    'S1',
    'S2',
    'S3',
    'S4',
    'S5',
    'S5-neighbours',
    'S6',
    'S7',
    'O1',
    'O2',
    'O3',
    'O4',
    'O5',
  ]);
});

test('many launches are thinned in charts, said so, and kept in tables', async () => {
  const items = Array.from({ length: 5000 }, (_, index) => index);
  expect(thinned(items)).toHaveLength(drawnDots);
  expect([thinned(items)[0], thinned(items).at(-1)]).toEqual([0, 4999]);
  const { html } = await render(buildRecord({ blocks: 400, runners: [process, namespace], control: null }));
  expect(html.includes('600 of 800 launches drawn, evenly thinned')).toBe(true);
  expect(html.includes('<td class="num">400</td>')).toBe(true);
});

test('evidence of last resort is folded, in HTML and in markdown', () => {
  const folds = found(emulated.html, /<details class="card fold"><summary>[^<]*/g);
  expect(folds.length).toBeGreaterThan(8);
  expect(emulated.markdown).toContain('<details><summary>All measures, all pairs (');
});

test('where all is about one measure, every runner is compared with the baseline', async () => {
  const second = { ...namespace, id: 'other', readySeconds: 0.03 };
  const record = buildRecord({
    blocks: 1,
    control: null,
    runners: [process, namespace, second, vm],
    header: { wantedMetrics: ['startup.ready'] },
  });
  const { view } = await render(record);
  // Nothing is said of a machine that never was ready.
  const trials = record.trials.map((trial) =>
    trial.cell.startsWith('vm') ? { ...trial, marks: [], samples: [] } : trial,
  );
  const silent = (await render({ ...record, trials })).view.opening.answer;
  expect(silent.filter((sentence) => /not judged|–/.test(sentence))).toEqual([]);
  expect(view.opening.answer[1]).toMatch(
    /^Start to ready on this host, as a multiple of what a plain process took \(.*\): \S+× for a container \(runner namespace, namespaces\) and \S+× for a container \(runner other, namespaces\)\. No verdict from so few blocks \(rule C3\)\.$/,
  );
  expect(view.opening.answer[2]).toMatch(
    /^Start to ready, shown but not judged because the VM was emulated \(rule C17\): \S+ s for a VM \(QEMU 1\.0, microvm\), against \S+ ms for a plain process\.$/,
  );
  expect(view.opening.tiles.map((tile) => tile.title)).toEqual([
    'namespace',
    'other',
    'vm (QEMU 1.0 microvm)',
  ]);
});

test('what a restored VM cannot have is not applicable, and no warning', async () => {
  const without = (state: string) =>
    render(
      buildRecord({
        blocks: 12,
        runners: [process, namespace, { ...vm, traits: { startState: state } }],
        alter: (trial) =>
          trial.cell.startsWith('vm')
            ? { ...trial, marks: trial.marks.filter((mark) => mark.name !== 'T4') }
            : trial,
      }),
    );
  expect((await without('restored: continued from a saved VM')).html).toContain('not applicable');
  expect((await without('restored: continued from a saved VM')).text).not.toContain('No value from');
  expect((await without('cold')).html).not.toContain('not applicable');
  expect((await without('cold')).text).toContain('No value from vm');
});

test('digests are cut for reading and kept for checking', () => {
  const digest = buildRecord({ blocks: 1 }).header.imageDigest.replace('sha256:', '');
  const facts = emulated.view.opening.facts.find((fact) => fact.term === 'Image');
  expect(facts?.value).toBe(`sha256:${digest.slice(0, 12)}…`);
  expect(seen(emulated.html)).toContain(digest);
});
