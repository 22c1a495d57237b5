/**
 * The view as one self-contained HTML file. Everything is in the static markup, in reading order, with
 * charts as SVG; styles and scripts are inline and only improve it. A content policy allows exactly
 * those, by hash, and no network at all.
 */
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { chartData, isDrawnAgain } from './chart-data.ts';
import { choiceBar, choiceStyle, tagAttributes } from './choices.ts';
import type { Markup } from './markup.ts';
import { element, escapeText, fragment, scriptJson } from './markup.ts';
import type { Block, Chart, Choice, Notice, Opening, Reader, Section, View } from '../../parts/parts.ts';
import { captionId } from '../svg/strokes.ts';
import { chartSvg } from '../svg/svg.ts';
import { linked, ruleEntries } from './rule-links.ts';
import { badgeOf, tableOf } from './table-html.ts';

export interface Assets {
  readonly template: string;
  readonly style: string;
  readonly client: string;
}

/** One HTML document; `plain` are the page's own style and script. */
export function htmlOf(view: View, plain: Assets): string {
  const assets = { ...plain, style: `${plain.style}${choiceStyle(view.choices ?? [])}` };
  const values: Readonly<Record<string, string>> = {
    policy: escapeText(contentPolicy(assets.style, [assets.client])),
    title: escapeText(`${view.opening.title}: tare report`),
    style: assets.style,
    body: bodyOf(view).markup,
    data: packed(chartData(view)),
    filters: scriptJson(view.filters ?? null),
    client: assets.client,
  };
  // One pass: what is put in is never searched for placeholders again.
  return assets.template.replaceAll(/\{\{(\w+)\}\}/g, (whole, key: string) => values[key] ?? whole);
}

/** The charts' data is half of a wide page: compressed, it is a quarter of that, and the browser unpacks it. */
function packed(data: unknown): string {
  return deflateRawSync(JSON.stringify(data), { level: 9 }).toString('base64');
}

/** A content policy that allows exactly this style and these scripts, by hash, and no network at all. */
export function contentPolicy(style: string, scripts: readonly string[]): string {
  const hash = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
  return [
    "default-src 'none'",
    `style-src ${hash(style)}`,
    ...(scripts.length === 0 ? [] : [`script-src ${scripts.map(hash).join(' ')}`]),
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** Everything between the body's tags, in reading order; complete without style or script. */
export function bodyOf(view: View): Markup {
  const choices = view.choices ?? [];
  const sections = view.sections.map((section) => sectionOf(section, choices));
  const links = view.sections.map((section) =>
    element(
      'li',
      tagAttributes(section.tags, choices),
      element('a', { href: `#${section.id}` }, section.link ?? section.title),
    ),
  );
  const opening = openingOf(view.opening);
  return fragment(
    element('a', { class: 'skip', href: '#main' }, 'Skip to the details'),
    element('header', { class: 'opening' }, element('div', { class: 'wrap' }, opening)),
    element(
      'nav',
      { 'aria-label': 'Sections' },
      element('div', { class: 'wrap' }, element('ul', {}, ...links)),
    ),
    element(
      'main',
      { id: 'main', class: 'wrap' },
      choiceBar(choices),
      ...sections,
      ruleEntries(fragment(opening, ...sections)),
    ),
    element('footer', {}, element('div', { class: 'wrap' }, view.footer)),
  );
}

function openingOf(opening: Opening): Markup {
  const tiles = opening.tiles.map((tile) =>
    element(
      'li',
      { class: `tile tile-${tile.verdict.tone}${tile.few === true ? ' tile-few' : ''}` },
      element('span', { class: 'tile-title' }, tile.title),
      ' ',
      element('span', { class: 'tile-value' }, tile.value),
      ' ',
      element('span', { class: 'tile-detail' }, tile.detail),
      ' ',
      badgeOf(tile.verdict.text, tile.verdict.tone),
    ),
  );
  const counts = opening.counts.map((item) => element('li', {}, badgeOf(item.text, item.tone)));
  return fragment(
    element(
      'p',
      { class: 'kicker' },
      element('span', { class: 'brand' }, 'tare'),
      element('span', {}, ' what the isolation itself costs'),
    ),
    element('h1', {}, opening.title, opening.subtitle === '' ? null : `: ${opening.subtitle}`),
    element(
      'div',
      { class: opening.few === true ? 'answer few' : 'answer' },
      ...opening.answer.map(sentenceOf),
    ),
    element('div', { class: 'acceleration' }, ...opening.acceleration.map(noticeOf)),
    tiles.length === 0
      ? null
      : fragment(
          element('p', { class: 'tiles-title' }, opening.tilesTitle),
          element('ul', { class: 'tiles', 'aria-label': opening.tilesTitle }, ...tiles),
        ),
    element('ul', { class: 'counts', 'aria-label': 'What this rests on' }, ...counts),
    opening.headline === null ? null : tableOf(opening.headline),
    ...opening.notices.map(noticeOf),
    factsOf(opening.facts),
    opening.readers === undefined ? null : readersOf(opening.readers),
  );
}

function readersOf(readers: readonly Reader[]): Markup {
  const links = (reader: Reader) =>
    reader.links.flatMap(({ section, text }, index) => [
      index === 0 ? null : ', ',
      element('a', { href: `#${section}` }, text),
    ]);
  return element(
    'ul',
    { class: 'readers', 'aria-label': 'Where to read on' },
    ...readers.map((reader) =>
      element(
        'li',
        {},
        element('strong', {}, `${reader.who}: `),
        `${reader.asks} `,
        ...links(reader),
        ' ',
        element('code', {}, reader.command),
      ),
    ),
  );
}

/** A sentence with its intervals set apart, so that ratios catch the eye first. */
function sentenceOf(sentence: string): Markup {
  const parts = sentence.split(/(\([\d.,]+ to [\d.,]+\))/);
  return element(
    'p',
    {},
    ...parts.map((part, index) =>
      index % 2 === 1 ? element('span', { class: 'aside' }, part) : linked(part),
    ),
  );
}

function sectionOf(section: Section, choices: readonly Choice[]): Markup {
  const titleId = `${section.id}-title`;
  return element(
    'section',
    {
      id: section.id,
      class: 'part',
      'aria-labelledby': titleId,
      ...tagAttributes(section.tags, choices),
    },
    element('h2', { id: titleId }, section.title),
    ...section.lead.map((line) => element('p', { class: 'lead' }, linked(line))),
    ...section.blocks.map((block) => blockOf(block, choices)),
  );
}

function blockOf(block: Block, choices: readonly Choice[] = []): Markup {
  switch (block.kind) {
    case 'table':
      return tableOf(block.table, false, choices);
    case 'charts':
      return element('div', { class: 'charts' }, ...block.charts.map(figureOf));
    case 'prose':
      return element('div', { class: 'prose' }, ...block.lines.map((line) => element('p', {}, linked(line))));
    case 'facts':
      return factsOf(block.facts);
    case 'code':
      return element(
        'details',
        { class: 'card' },
        element('summary', {}, block.title),
        element('pre', { tabindex: 0 }, block.text),
      );
    case 'download': {
      const href = `data:application/x-ndjson;base64,${Buffer.from(block.content).toString('base64')}`;
      return element(
        'p',
        {},
        element('a', { class: 'download', download: block.fileName, href }, block.label),
      );
    }
    case 'fold':
      return foldOf(block);
    case 'notice':
      return noticeOf(block);
  }
}

function foldOf(fold: Extract<Block, { readonly kind: 'fold' }>): Markup {
  return element(
    'details',
    { class: fold.printed === false ? 'card fold reference' : 'card fold' },
    element('summary', {}, fold.title),
    ...fold.blocks.map((block) =>
      block.kind === 'table' && block.table.caption === fold.title
        ? tableOf(block.table, true)
        : blockOf(block),
    ),
  );
}

function figureOf(chart: Chart): Markup {
  return element(
    'figure',
    { class: isDrawnAgain(chart) ? 'card' : 'card still', id: chart.id },
    element('p', { class: 'chart-title' }, chart.title),
    // On a narrow screen it scrolls, and what scrolls can be reached.
    element(
      'div',
      { class: 'static', tabindex: 0, role: 'group', 'aria-label': chart.title },
      chartSvg(chart),
    ),
    element('figcaption', { id: captionId(chart) }, chart.description),
  );
}

function noticeOf(notice: Notice): Markup {
  const [only, ...more] = notice.lines;
  return element(
    'div',
    { class: `notice tone-${notice.tone}`, role: 'note' },
    element('p', { class: 'notice-title' }, notice.title),
    more.length === 0 && only !== undefined
      ? element('p', {}, linked(only))
      : element('ul', {}, ...notice.lines.map((line) => element('li', {}, linked(line)))),
  );
}

function factsOf(facts: Opening['facts']): Markup {
  return element(
    'dl',
    {},
    ...facts.flatMap((fact) => [element('dt', {}, fact.term), element('dd', {}, linked(fact.value))]),
  );
}
