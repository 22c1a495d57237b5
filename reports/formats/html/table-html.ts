/**
 * Tables as markup: headings that span their rows, badges, small drawings. Every row has an id made of what it
 * is of, so that a link to it still finds it in the report of another run.
 */
import { tagAttributes } from './choices.ts';
import type { Markup } from './markup.ts';
import { element } from './markup.ts';
import type { Choice, Table, TableCell } from '../../parts/parts.ts';
import { rangeSvg } from '../svg/range.ts';
import { linked } from './rule-links.ts';

/** Cells longer than this get a minimum width, so that a narrow screen scrolls instead of stacking letters. */
const longText = 36;
/** Badges longer than this may break over two lines. */
const longBadge = 22;

/** `titled`: its caption stands right above it already and is only there for those who listen. */
export function tableOf(table: Table, titled = false, choices: readonly Choice[] = []): Markup {
  const ranges = table.rows.flatMap((row) => row.cells.filter((cell) => cell.kind === 'range'));
  const domain = ranges
    .flatMap((cell) => [cell.ratio, cell.interval?.low ?? cell.ratio, cell.interval?.high ?? cell.ratio])
    .filter((value) => value > 0);
  const head = table.columns.map((column) =>
    element(
      'th',
      { scope: 'col', class: column.numeric ? 'num' : null, 'data-runner': column.runner ?? null },
      column.title,
    ),
  );
  const ids = rowIds(table);
  const rows = table.rows.map((row, index) => {
    const cells = row.cells.map((cell) => cellOf(cell, domain));
    const attributes = { id: ids[index] ?? null, ...tagAttributes(row.tags, choices) };
    return element('tr', attributes, headOf(table, index), ...cells);
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
      : element(
          'div',
          { class: 'table-notes' },
          ...table.notes.map((note) => element('p', {}, linked(note))),
        ),
  );
}

/**
 * "summary-cpu~cpu.throughput~vm/cpu/small": the table, then what the row is of; by its heading where it has no
 * key, numbered where that is not enough. Blanks cannot be in an id, and a link writes them the same way.
 */
function rowIds(table: Table): readonly string[] {
  const used = new Map<string, number>();
  return table.rows.map(({ head, key }) => {
    const name = encodeURIComponent((key ?? head).toWellFormed()).replaceAll('%2F', '/');
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    return `${table.id}~${name}${times > 1 ? `~${times}` : ''}`;
  });
}

/** A heading shared by neighbouring rows is written once and spans them, unless a choice may take one of them away. */
function headOf(table: Table, index: number): Markup | null {
  const { head = '', tags } = table.rows[index] ?? {};
  if (tags !== undefined) return element('th', { scope: 'row' }, linked(head));
  if (index > 0 && table.rows[index - 1]?.head === head) return null;
  let span = 1;
  while (table.rows[index + span]?.head === head) span += 1;
  return element(
    'th',
    { scope: span > 1 ? 'rowgroup' : 'row', rowspan: span > 1 ? span : null },
    linked(head),
  );
}

function cellOf(cell: TableCell, domain: readonly number[]): Markup {
  switch (cell.kind) {
    case 'text':
      return element(
        'td',
        {
          class:
            cell.narrow === true || cell.text === '' ? null : cell.text.length > longText ? 'long' : 'short',
          title: cell.full ?? null,
        },
        linked(cell.text),
      );
    case 'number':
      return element(
        'td',
        { class: 'num' },
        cell.text,
        cell.detail === undefined ? null : element('small', {}, ` ${cell.detail}`),
      );
    case 'badge':
      return element('td', {}, badgeOf(cell.text, cell.tone));
    case 'range':
      return element('td', {}, cell.ratio > 0 ? rangeSvg(cell, domain) : null);
  }
}

export function badgeOf(text: string, tone: string): Markup {
  const length = text.length > longBadge ? ' badge-long' : '';
  return element('span', { class: `badge tone-${tone}${length}` }, linked(text));
}
