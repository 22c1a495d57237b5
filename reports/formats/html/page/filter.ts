/**
 * Runs inside a report, before the charts: a search over measures, a choice of family and of runners, a link to
 * every row. What it hides is hidden, never gone: the page that prints or runs without it is complete.
 * Text reaches the page by textContent only.
 */
import type { Filters } from '../../../parts/parts.ts';

const runnerColors = 8;
const hidden = new Set<string>();
let wanted = '';
let family = '';
let families: Filters['families'] = [];
let runners: Filters['runners'] = [];
const familyOf = new Map<string, string>();

const make = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  text = '',
): HTMLElementTagNameMap[Name] => {
  const node = document.createElement(name);
  node.className = className;
  if (text !== '') node.textContent = text;
  return node;
};

/** A row's heading may span rows that are hidden: it moves to the first one that is not. */
interface Group {
  head: HTMLTableCellElement | null;
  rows: HTMLTableRowElement[];
}
interface Filtered {
  table: HTMLTableElement;
  groups: Group[];
  /** Columns of runners, counted from the right, where headings that span rows move nothing. */
  columns: { runner: string; fromRight: number }[];
}

function read(table: HTMLTableElement): Filtered {
  const groups: Group[] = [];
  for (const row of table.tBodies[0]?.rows ?? []) {
    const [first] = row.cells;
    const head = first?.tagName === 'TH' ? first : null;
    if (head !== null || groups.length === 0) groups.push({ head, rows: [row] });
    else groups.at(-1)?.rows.push(row);
  }
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  const columns = heads.flatMap((cell, index) => {
    const { runner } = cell.dataset;
    return runner === undefined ? [] : [{ runner, fromRight: heads.length - index }];
  });
  return { table, groups, columns };
}

/** "summary-cpu~cpu.throughput~vm/cpu/small": the metric and the runners of a row; none where it has no key. */
function partsOf(row: HTMLTableRowElement): { metric: string; of: string[] } | null {
  const [, metric = '', ...cells] = row.id.split('~').map((part) => decodeURIComponent(part));
  return familyOf.has(metric) ? { metric, of: cells.map((cell) => cell.split('/')[0] ?? '') } : null;
}

const matches = (text: string) => wanted === '' || text.toLowerCase().includes(wanted);

function applyTo({ table, groups, columns }: Filtered): number {
  let shown = 0;
  const caption = table.caption?.textContent ?? '';
  for (const { head, rows } of groups) {
    const title = head?.textContent ?? '';
    for (const row of rows) {
      const parts = partsOf(row);
      const text = `${caption} ${title} ${parts?.metric ?? ''} ${row.textContent}`;
      row.hidden =
        !matches(text) ||
        (parts !== null &&
          ((family !== '' && familyOf.get(parts.metric) !== family) ||
            parts.of.some((runner) => hidden.has(runner))));
      if (!row.hidden) shown += 1;
    }
    const visible = rows.filter((row) => !row.hidden);
    if (head === null || rows.length < 2 || visible[0] === undefined) continue;
    visible[0].prepend(head);
    head.rowSpan = visible.length;
  }
  for (const { runner, fromRight } of columns) {
    for (const row of table.rows) {
      const cell = row.cells[row.cells.length - fromRight];
      if (cell !== undefined) cell.hidden = hidden.has(runner);
    }
  }
  const card = table.closest<HTMLElement>('.card');
  if (card !== null) card.hidden = shown === 0 && groups.length > 0;
  return shown;
}

function start(): void {
  const data = JSON.parse(document.getElementById('tare-filters')?.textContent ?? 'null') as Filters | null;
  const main = document.getElementById('main');
  if (data === null || main === null) return;
  ({ families, runners } = data);
  for (const { id, metrics } of families) for (const metric of metrics) familyOf.set(metric, id);
  linkRows();
  reveal();
  addEventListener('hashchange', reveal);
  if (familyOf.size < 2 && runners.length < 2) return;
  const tables = [...main.querySelectorAll('table')].map(read);
  const status = make('p', 'filter-status');
  status.setAttribute('role', 'status');
  const apply = () => {
    const rows = tables.reduce((sum, table) => sum + applyTo(table), 0);
    for (const figure of main.querySelectorAll('figure')) {
      figure.hidden = !matches(figure.querySelector('.chart-title')?.textContent ?? '');
    }
    for (const { id } of families) {
      const section = document.getElementById(id);
      if (section !== null) section.hidden = family !== '' && family !== id;
    }
    for (const fold of main.querySelectorAll<HTMLDetailsElement>('details.fold')) {
      const inside = [...fold.querySelectorAll<HTMLElement>('.card:not(.fold)')];
      fold.hidden = inside.length > 0 && inside.every((card) => card.hidden);
    }
    const idle = wanted === '' && family === '' && hidden.size === 0;
    status.textContent = idle ? '' : `${rows.toLocaleString('en-US')} rows match.`;
  };
  main.prepend(form(apply, status));
}

/** Search, family and runners, in that order. */
function form(apply: () => void, status: HTMLElement): HTMLElement {
  const box = make('form', 'filter');
  box.setAttribute('role', 'search');
  box.setAttribute('aria-label', 'Measures and runners shown');
  box.addEventListener('submit', (event) => event.preventDefault());
  const search = make('input', 'filter-text');
  search.type = 'search';
  search.placeholder = 'start, memory, p99 …';
  search.addEventListener('input', () => {
    wanted = search.value.trim().toLowerCase();
    apply();
  });
  const select = make('select', 'filter-family');
  for (const { id, title } of [{ id: '', title: 'Every family' }, ...families]) {
    const option = make('option', '', title);
    option.value = id;
    select.append(option);
  }
  select.addEventListener('change', () => {
    family = select.value;
    apply();
  });
  const labelled = (text: string, field: HTMLElement) => {
    const label = make('label', '', text);
    label.append(field);
    return label;
  };
  box.append(labelled('Find a measure ', search));
  if (families.length > 1) box.append(labelled('Family ', select));
  if (runners.length > 1) box.append(toggles(apply));
  box.append(status);
  return box;
}

function toggles(apply: () => void): HTMLElement {
  const group = make('div', 'toggles');
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', 'Runners shown');
  group.append('Runners');
  for (const { id, color } of runners) {
    const button = make('button', `d${color % runnerColors}`, id);
    button.type = 'button';
    button.setAttribute('aria-pressed', 'true');
    button.addEventListener('click', () => {
      const shown = hidden.has(id);
      // The last one stays: an empty page answers nothing.
      if (!shown && hidden.size === runners.length - 1) return;
      if (shown) hidden.delete(id);
      else hidden.add(id);
      button.setAttribute('aria-pressed', String(shown));
      apply();
      document.dispatchEvent(new CustomEvent('tare:runners', { detail: [...hidden] }));
    });
    group.append(button);
  }
  return group;
}

/**
 * One link that follows pointer and focus from row to row: a thousand links would be in the way of the Tab key.
 * A table that gets the focus shows it in its first row; from there the arrow keys move it.
 */
function linkRows(): void {
  const link = make('a', 'row-link', '#');
  const moveTo = (row: Element | null | undefined) => {
    const cell = row?.querySelector('th, td');
    if (row === null || row === undefined || row.id === '' || cell === null || cell === undefined) return;
    link.href = `#${row.id}`;
    link.setAttribute('aria-label', 'Link to this row; the arrow keys move it to others');
    cell.append(link);
  };
  const follow = (event: Event) => {
    if (document.activeElement !== link) moveTo((event.target as Element).closest('tbody tr'));
  };
  document.addEventListener('pointerover', follow);
  document.addEventListener('pointerdown', follow);
  document.addEventListener('focusin', ({ target }) => {
    const region = target as Element;
    if (region.classList.contains('scroll')) moveTo(region.querySelector('tbody tr:not([hidden])'));
  });
  link.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    const rows = [...(link.closest('tbody')?.querySelectorAll('tr:not([hidden])') ?? [])];
    const now = rows.indexOf(link.closest('tr') as Element);
    moveTo(rows[now + (event.key === 'ArrowDown' ? 1 : -1)]);
    link.focus();
  });
}

/** Opens what hides the row that the address names. */
function reveal(): void {
  // Ids hold percent signs of their own: the name as it stands is looked for first, as browsers do.
  const name = location.hash.slice(1);
  const target = document.getElementById(name) ?? document.getElementById(decodeURIComponent(name));
  if (target === null) return;
  let around = target.closest('details');
  if (around === null) return;
  for (; around !== null; around = around.parentElement?.closest('details') ?? null) around.open = true;
  target.scrollIntoView();
}

try {
  start();
} catch {
  // The page is complete without this script.
}
