/**
 * Files -> one inventory. The kind of each is known by its content, never by its name; what cannot be read is a
 * problem of the inventory, and the rest is read all the same.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf, UserError } from '../../model/errors.ts';
import type { DemandRow, Inventory, InventoryFile, Source } from '../model.ts';
import { readApps } from './apps.ts';
import { isAzureMigrate, readAzureMigrate } from './azure-migrate.ts';
import { csvGrid } from './csv.ts';
import { objectsIn, type DumpedObject } from './kubernetes/documents.ts';
import { readKubernetes } from './kubernetes/index.ts';
import { addProblem, createNotes, type Notes } from './notes.ts';
import { isPlain, readPlain } from './plain-csv.ts';
import { uniqueIds } from './rows.ts';
import { readRvtools, tabOf } from './rvtools.ts';
import { type Table, tableOf } from './table.ts';
import { readWorkbook } from './workbook.ts';

export interface InputFile {
  readonly name: string;
  readonly bytes: Buffer;
}

const mostBytes = 400 * 2 ** 20;

/**
 * Reads files, and the .csv, .xlsx and .json files of folders.
 * @throws UserError for a path that cannot be opened or is larger than 400 MiB
 */
export async function readInventory(paths: readonly string[]): Promise<Inventory> {
  const files: InputFile[] = [];
  for (const path of await expand(paths)) {
    try {
      const { size } = await stat(path);
      if (size > mostBytes)
        throw new UserError(`${path}: is larger than 400 MiB`, 'split it or export fewer columns');
      files.push({ name: basename(path), bytes: await readFile(path) });
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(
        `${path}: cannot be read: ${messageOf(error)}`,
        'give the path of an inventory',
        undefined,
        error,
      );
    }
  }
  return inventoryOf(files);
}

async function expand(paths: readonly string[]): Promise<string[]> {
  const each = paths.map(async (path) => {
    const isFolder = await stat(path).then(
      (it) => it.isDirectory(),
      () => false,
    );
    if (!isFolder) return [path];
    const names = (await readdir(path)).filter((name) => /\.(csv|xls[xm]|json|ya?ml)$/i.test(name));
    return names.toSorted().map((name) => join(path, name));
  });
  return (await Promise.all(each)).flat();
}

interface Parts {
  readonly demand: DemandRow[];
  readonly objects: (DumpedObject & { readonly source: Source })[];
  readonly tables: Table[];
  readonly files: InventoryFile[];
}

/** The same from contents; never throws for what is in them. */
export async function inventoryOf(inputs: readonly InputFile[]): Promise<Inventory> {
  const notes = createNotes();
  const parts: Parts = { demand: [], objects: [], tables: [], files: [] };
  for (const { name, bytes } of inputs) {
    try {
      parts.files.push({ file: name, ...(await readOne(bytes, name, parts, notes)) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      parts.files.push({ file: name, kind: null, rows: 0 });
      addProblem(
        notes,
        { file: name, sheet: null, row: null },
        '(file)',
        '',
        error.message,
        error.hint,
        'file not read',
      );
    }
  }
  const rvtools = readRvtools(parts.tables, notes);
  const cluster = readKubernetes(parts.objects, notes);
  const unique = uniqueIds();
  const demand = [rvtools.demand, parts.demand, cluster.demand].flat().map((row) => {
    const id = unique(row.id);
    return id === row.id ? row : { ...row, id };
  });
  const claims = [...rvtools.claims, ...cluster.claims];
  if (demand.length === 0 && claims.length === 0) {
    const file = inputs[0]?.name ?? '(none)';
    addProblem(
      notes,
      { file, sheet: null, row: null },
      '(files)',
      '',
      'hold no demand',
      'give vInfo, pods, a CSV or apps.yaml',
      'value not used',
    );
  }
  const total = demand.reduce((sum, { count }) => sum + count, 0);
  const known = demand.reduce((sum, { count, usage }) => sum + (usage === null ? 0 : count), 0);
  return {
    files: parts.files,
    demand,
    perHost: cluster.perHost,
    today: [...rvtools.today, ...cluster.today],
    claims,
    leftOut: notes.leftOut,
    problems: notes.problems,
    remarks: [...notes.remarks],
    confidence: total === 0 ? 0 : known / total,
  };
}

async function readOne(
  bytes: Buffer,
  file: string,
  parts: Parts,
  notes: Notes,
): Promise<Omit<InventoryFile, 'file'>> {
  if (bytes.length === 0) throw new UserError(`${file}: is empty`, 'export it again');
  if (bytes.subarray(0, 4).toString('hex') === 'd0cf11e0') {
    // Both lie in the same container; the name of the stream inside tells which.
    const isLocked = bytes.includes(Buffer.from('EncryptedPackage', 'utf16le'));
    throw new UserError(
      `${file}: is ${isLocked ? 'password-protected' : 'an old .xls, or password-protected'}`,
      'save it as .xlsx without a password',
    );
  }
  if (bytes.subarray(0, 2).toString('latin1') === 'PK') {
    const sheets = await readWorkbook(bytes, file, notes);
    const tables = sheets.flatMap(({ name, grid }) => tableOf(file, name, grid) ?? []);
    return keepTables(tables, file, parts, notes);
  }
  const text = decode(bytes, file, notes);
  if (/^\s*[{[]/.test(text)) return readDump(text, file, parts, notes);
  if (/^(?:#.*\s*|---\s*)*apps\s*:/.test(text.trimStart())) {
    const rows = readApps(text, file);
    for (const row of rows) parts.demand.push(row);
    return { kind: 'apps', rows: rows.length };
  }
  if (/^(?:#.*\s*|---\s*)*(?:apiVersion|kind|items|metadata)\s*:/.test(text.trimStart()))
    return readDump(text, file, parts, notes);
  if (text.includes('\0'))
    throw new UserError(`${file}: is neither text nor a workbook`, 'give an inventory');
  const table = tableOf(file, null, csvGrid(text, file, notes));
  return keepTables(table === null ? [] : [table], file, parts, notes);
}

function keepTables(
  tables: readonly Table[],
  file: string,
  parts: Parts,
  notes: Notes,
): Omit<InventoryFile, 'file'> {
  const known = tables.filter((table) => tabOf(table) !== null);
  parts.tables.push(...known);
  if (known.length > 0)
    return { kind: 'rvtools', rows: known.reduce((sum, { rows }) => sum + rows.length, 0) };
  const azure = tables.filter(isAzureMigrate);
  for (const table of azure) for (const row of readAzureMigrate(table, notes)) parts.demand.push(row);
  if (azure.length > 0)
    return { kind: 'azure-migrate', rows: azure.reduce((sum, { rows }) => sum + rows.length, 0) };
  const plain = tables.filter(isPlain);
  for (const table of plain) for (const row of readPlain(table, notes)) parts.demand.push(row);
  if (plain.length > 0) return { kind: 'csv', rows: plain.reduce((sum, { rows }) => sum + rows.length, 0) };
  const found = tables
    .map(({ sheet, header }) => `${sheet ?? 'columns'}: ${header.slice(0, 8).join(', ')}`)
    .join('; ');
  throw new UserError(
    `${file}: holds no sheet that is known (found ${found === '' ? 'no table' : found.slice(0, 300)})`,
    'give vInfo, vCPU, vMemory, vDisk or vHost of RVTools, or a CSV with name, cpu and memory_mib',
  );
}

function readDump(text: string, file: string, parts: Parts, notes: Notes): Omit<InventoryFile, 'file'> {
  const objects = objectsIn(text, file, notes);
  objects.forEach((object, at) => {
    parts.objects.push({ ...object, source: { file, sheet: object.kind, row: at + 1 } });
  });
  return { kind: 'kubernetes', rows: objects.length };
}

/** UTF-8 or UTF-16 by its mark; what is no sound UTF-8 is taken for Windows' Western European. */
function decode(bytes: Buffer, file: string, notes: Notes): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe') return new TextDecoder('utf-16le').decode(bytes);
  if (mark === 'feff') return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    notes.remarks.add(`${file} is no UTF-8: it was read as Windows-1252`);
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
