/** Plain text tables for a terminal: columns padded, the last one free. */
import { visibleText } from '../model/visible-text.ts';

/**
 * Rows of equal length as aligned lines; `null` cells stay empty. Cells may be a stranger's words (of an image, a
 * record): none of them breaks its line or commands the terminal.
 */
export function table(given: readonly (readonly (string | null)[])[], gap = '  '): string {
  const rows = given.map((row) => row.map((cell) => visibleText(cell ?? '').replaceAll(/[\r\n\t]+/g, ' ')));
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      if (column < row.length - 1) widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(gap)
        .trimEnd(),
    )
    .join('\n');
}

/** "1:05" for 65 s, "2:03:04" from one hour up. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value % 60).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${two(whole)}`
    : `${Math.floor(minutes / 60)}:${two(minutes)}:${two(whole)}`;
}
