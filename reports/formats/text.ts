/**
 * The first screen for a terminal: answer, warnings and the headline table. Words carry the meaning;
 * colour is added only when the caller says that the terminal shows it.
 */
import { oneLine, visibleText } from '../../model/visible-text.ts';
import { ruleList } from '../parts/cited.ts';
import type { Notice, Table, TableCell, Tone, View } from '../parts/parts.ts';

export interface TextOptions {
  /** False under NO_COLOR, in files and in pipes. */
  readonly color: boolean;
  /** Characters per line for prose. */
  readonly width?: number;
}

export const toneCodes: Readonly<Record<Tone, string>> = {
  more: '31',
  less: '32',
  same: '34',
  unsure: '2',
  refused: '35',
  warn: '33',
  plain: '0',
};

/** A short summary, ending in a line break. */
export function textOf(view: View, options: TextOptions): string {
  const { opening } = view;
  const paint = (text: string, code: string) => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const wrap = (text: string, indent = '') => wrapped(visibleText(text), options.width ?? 100, indent);
  const parts: string[] = [paint(visibleText(opening.title), '1')];
  const [first, ...more] = opening.answer;
  if (first !== undefined) parts.push(paint(wrap(first), opening.few === true ? toneCodes.plain : '1'));
  parts.push(...more.map((line) => wrap(line)));
  for (const notice of opening.acceleration) parts.push(noticeText(notice, wrap, paint));
  if (opening.headline !== null) parts.push(tableText(opening.headline, paint));
  parts.push(wrap(opening.counts.map((item) => item.text).join(' · ')));
  for (const notice of opening.notices) parts.push(noticeText(notice, wrap, paint));
  parts.push(ruleList(parts.join('\n\n')));
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Its title, then a bullet for each line. */
export function noticeText(
  notice: Notice,
  wrap: (text: string, indent?: string) => string,
  paint: (text: string, code: string) => string,
): string {
  const lines = notice.lines.map((line) => `  - ${wrap(line, '    ').trimStart()}`);
  return [paint(visibleText(notice.title), toneCodes[notice.tone]), ...lines].join('\n');
}

/** Columns padded to their widest cell; numbers to the right; drawings left out. */
export function tableText(table: Table, paint: (text: string, code: string) => string): string {
  const kept = table.columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => !column.graphic);
  const heads = kept.map(({ column }) => oneLine(column.title));
  let before: string | null = null;
  const rows = table.rows.map((row) => {
    const all: TableCell[] = [{ kind: 'text', text: row.head === before ? '' : row.head }, ...row.cells];
    before = row.head;
    return kept.map(({ index }) => all[index] ?? { kind: 'text' as const, text: '' });
  });
  const widths = kept.map((_, at) =>
    rows.reduce(
      (widest, row) => Math.max(widest, lengthOf(oneLine(row[at]?.text ?? ''))),
      lengthOf(heads[at] ?? ''),
    ),
  );
  const pad = (text: string, at: number) => {
    const fill = ' '.repeat(Math.max(0, (widths[at] ?? 0) - lengthOf(text)));
    return kept[at]?.column.numeric === true ? fill + text : text + fill;
  };
  const head = paint(heads.map(pad).join('  ').trimEnd(), '2');
  const body = rows.map((row) =>
    row
      .map((cell, at) => {
        const padded = pad(oneLine(cell.text), at);
        if (cell.kind !== 'badge') return padded;
        const words = padded.trimEnd();
        return paint(words, toneCodes[cell.tone]) + padded.slice(words.length);
      })
      .join('  ')
      .trimEnd(),
  );
  return [head, ...body].join('\n');
}

const lengthOf = (text: string) => Array.from(text).length;

/** Words on lines of at most `width` letters. */
export function wrapped(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let current = indent;
  for (const word of text.split(/\s+/)) {
    const longer = current.trim() === '' ? indent + word : `${current} ${word}`;
    if (longer.length > width && current.trim() !== '') {
      lines.push(current);
      current = indent + word;
    } else {
      current = longer;
    }
  }
  return [...lines, current].join('\n');
}
