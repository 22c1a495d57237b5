/**
 * The view as one self-contained HTML file. Everything is in the static markup, in reading order, with
 * charts as SVG; styles and scripts are inline and only improve it. A content policy allows exactly
 * those, by hash, and no network at all.
 */
import { createHash } from 'node:crypto';
import type { Assets } from './assets.ts';
import { choiceBar, choiceStyle, tagAttributes } from './choices.ts';
import type { Markup } from './markup.ts';
import { element, escapeText, fragment, scriptJson, visibleText } from './markup.ts';
import type { Block, Chart, Choice, Notice, Opening, Section, Table, TableCell, View } from './parts.ts';
import { rangeSvg } from './range.ts';
import { chartSvg } from './svg.ts';
import { unitSteps } from '../bench/units.ts';

/** Cells longer than this get a minimum width, so that a narrow screen scrolls instead of stacking letters. */
const longText = 36;
/** Badges longer than this may break over two lines. */
const longBadge = 22;

/** One HTML document; `plain` are the page's own style and scripts. */
export function htmlOf(view: View, plain: Assets): string {
  const assets = { ...plain, style: `${plain.style}${choiceStyle(view.choices ?? [])}` };
  const values: Readonly<Record<string, string>> = {
    policy: escapeText(policyOf(assets)),
    title: escapeText(`${view.opening.title}: tare report`),
    style: assets.style,
    body: bodyOf(view).markup,
    data: scriptJson(chartData(view)),
    library: assets.library,
    client: assets.client,
  };
  // One pass: what is put in is never searched for placeholders again.
  return assets.template.replaceAll(/\{\{(\w+)\}\}/g, (whole, key: string) => values[key] ?? whole);
}

function policyOf(assets: Assets): string {
  return contentPolicy(assets.style, [assets.library, assets.client]);
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

/** Digits of a number that a chart can show; the record keeps them all. */
const drawnDigits = 6;

/** What the client draws again, with the display units it needs; labels cleaned as in the markup. */
function chartData(view: View): unknown {
  const charts = view.sections.flatMap((section) => section.blocks.flatMap(chartsIn));
  const data = charts.map((chart) => ({ ...chart, steps: unitSteps(chart.unit) }));
  return JSON.parse(JSON.stringify(data), (_key, value: unknown) => {
    if (typeof value === 'number') return Number(value.toPrecision(drawnDigits));
    return typeof value === 'string' ? visibleText(value) : value;
  });
}

function chartsIn(block: Block): readonly Chart[] {
  if (block.kind === 'fold') return block.blocks.flatMap(chartsIn);
  return block.kind === 'charts' ? block.charts.filter(({ kind }) => kind !== 'trend') : [];
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
  return fragment(
    element('a', { class: 'skip', href: '#main' }, 'Skip to the details'),
    element('header', { class: 'opening' }, element('div', { class: 'wrap' }, openingOf(view.opening))),
    element(
      'nav',
      { 'aria-label': 'Sections' },
      element('div', { class: 'wrap' }, element('ul', {}, ...links)),
    ),
    element('main', { id: 'main', class: 'wrap' }, choiceBar(choices), ...sections),
    element('footer', {}, element('div', { class: 'wrap' }, view.footer)),
  );
}

function openingOf(opening: Opening): Markup {
  const tiles = opening.tiles.map((tile) =>
    element(
      'li',
      { class: `tile tile-${tile.verdict.tone}` },
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
    element('div', { class: 'answer' }, ...opening.answer.map(sentenceOf)),
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
  );
}

/** A sentence with its intervals set apart, so that ratios catch the eye first. */
function sentenceOf(sentence: string): Markup {
  const parts = sentence.split(/(\([\d.,]+ to [\d.,]+\))/);
  return element(
    'p',
    {},
    ...parts.map((part, index) => (index % 2 === 1 ? element('span', { class: 'aside' }, part) : part)),
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
    ...section.lead.map((line) => element('p', { class: 'lead' }, line)),
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
      return element('div', { class: 'prose' }, ...block.lines.map((line) => element('p', {}, line)));
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
    { class: 'card fold' },
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
    { class: 'card', id: chart.id },
    element('p', { class: 'chart-title' }, chart.title),
    element('div', { class: 'static' }, chartSvg(chart)),
    element('figcaption', {}, chart.description),
  );
}

function noticeOf(notice: Notice): Markup {
  const [only, ...more] = notice.lines;
  return element(
    'div',
    { class: `notice tone-${notice.tone}`, role: 'note' },
    element('p', { class: 'notice-title' }, notice.title),
    more.length === 0 && only !== undefined
      ? element('p', {}, only)
      : element('ul', {}, ...notice.lines.map((line) => element('li', {}, line))),
  );
}

function factsOf(facts: Opening['facts']): Markup {
  return element(
    'dl',
    {},
    ...facts.flatMap((fact) => [element('dt', {}, fact.term), element('dd', {}, fact.value)]),
  );
}

function badgeOf(text: string, tone: string): Markup {
  const length = text.length > longBadge ? ' badge-long' : '';
  return element('span', { class: `badge tone-${tone}${length}` }, text);
}

/** `titled`: its caption stands right above it already and is only there for those who listen. */
function tableOf(table: Table, titled = false, choices: readonly Choice[] = []): Markup {
  const ranges = table.rows.flatMap((row) => row.cells.filter((cell) => cell.kind === 'range'));
  const domain = ranges
    .flatMap((cell) => [cell.ratio, cell.interval?.low ?? cell.ratio, cell.interval?.high ?? cell.ratio])
    .filter((value) => value > 0);
  const head = table.columns.map((column) =>
    element('th', { scope: 'col', class: column.numeric ? 'num' : null }, column.title),
  );
  const rows = table.rows.map((row, index) => {
    const cells = row.cells.map((cell) => cellOf(cell, domain));
    return element('tr', tagAttributes(row.tags, choices), headOf(table, index), ...cells);
  });
  return element(
    'div',
    { class: 'card', id: `table-${table.id}` },
    element(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': table.caption },
      element(
        'table',
        {},
        element('caption', { class: titled ? 'heard' : null }, element('span', {}, table.caption)),
        element('thead', {}, element('tr', {}, ...head)),
        element('tbody', {}, ...rows),
      ),
    ),
    table.notes.length === 0
      ? null
      : element('div', { class: 'table-notes' }, ...table.notes.map((note) => element('p', {}, note))),
  );
}

/** A heading shared by neighbouring rows is written once and spans them, unless a choice may take one of them away. */
function headOf(table: Table, index: number): Markup | null {
  const { head = '', tags } = table.rows[index] ?? {};
  if (tags !== undefined) return element('th', { scope: 'row' }, head);
  if (index > 0 && table.rows[index - 1]?.head === head) return null;
  let span = 1;
  while (table.rows[index + span]?.head === head) span += 1;
  return element('th', { scope: span > 1 ? 'rowgroup' : 'row', rowspan: span > 1 ? span : null }, head);
}

function cellOf(cell: TableCell, domain: readonly number[]): Markup {
  switch (cell.kind) {
    case 'text':
      return element(
        'td',
        {
          class: cell.narrow === true ? null : cell.text.length > longText ? 'long' : 'short',
          title: cell.full ?? null,
        },
        cell.text,
      );
    case 'number':
      return element('td', { class: 'num' }, cell.text);
    case 'badge':
      return element('td', {}, badgeOf(cell.text, cell.tone));
    case 'range':
      return element('td', {}, cell.ratio > 0 ? rangeSvg(cell, domain) : null);
  }
}
