/** A strict reader of RFC 4180: fields, quotes, CRLF; every line as long as the first. */

/** Rows of fields as `{ text, quoted }`; throws on stray quotes and ragged lines. */
export function readCsv(document: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let row: string[] = [];
  while (field.lastIndex < document.length) {
    const at = field.lastIndex;
    const match = field.exec(document);
    if (match === null) throw new Error(`no field at ${at}: ${document.slice(at, at + 60)}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) throw new Error('the last line does not end');
  if (new Set(rows.map((each) => each.length)).size > 1) throw new Error('ragged lines');
  return rows;
}
