/**
 * Files -> one inventory. The kind of each is known by its content, never by its name; what cannot be read is a
 * problem of the inventory, and the rest is read all the same.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf, UserError } from '../../model/errors.ts';
import { decodeText } from '../../model/text.ts';
import type { Claim, DemandRow, Inventory, InventoryFile, Source } from '../model.ts';
import { readApps } from './apps.ts';
import { azureNames, isAzureMigrate, readAzureMigrate } from './azure-migrate.ts';
import { csvGrid } from './csv.ts';
import { objectsIn, type DumpedObject } from './kubernetes/documents.ts';
import { readKubernetes } from './kubernetes/index.ts';
import { machineNames } from './machines.ts';
import { addProblem, createNotes, remarksOf, type Notes } from './notes.ts';
import { listKindOf, plainNames, readPlain } from './plain-csv.ts';
import { uniqueIds } from './rows.ts';
import { rvtoolsNames } from './rvtools-columns.ts';
import { isOtherTab, tabOf } from './rvtools-sheets.ts';
import { readRvtools } from './rvtools.ts';
import { plainName, type Cell, type Table, tableOf, unreadColumns } from './table.ts';
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
    const names = (await readdir(path)).filter((name) =>
      /\.(csv|tsv|xls[xm]|json|jsonl|ndjson|ya?ml)$/i.test(name),
    );
    return names.toSorted().map((name) => join(path, name));
  });
  return (await Promise.all(each)).flat();
}

/** Sizes that a whole table, or some of its rows, do not tell: a problem, for the sum would pass them over. */
function tellUnknown(demand: readonly DemandRow[], notes: Notes): void {
  const tables = new Map<string, DemandRow[]>();
  for (const row of demand) {
    // Pods are told one by one.
    if (row.source.sheet === 'Pod') continue;
    const key = JSON.stringify([row.source.file, row.source.sheet]);
    const known = tables.get(key);
    if (known === undefined) tables.set(key, [row]);
    else known.push(row);
  }
  const sizes = [
    ['CPU', 'a column of CPUs', ({ cpuThreads, usage }: DemandRow) => cpuThreads ?? usage?.cpuThreads],
    [
      'memory',
      'a column of memory',
      ({ memoryBytes, usage }: DemandRow) => memoryBytes ?? usage?.memoryBytes,
    ],
  ] as const;
  for (const rows of tables.values()) {
    for (const [field, column, of] of sizes) {
      const silent = rows.filter((row) => of(row) == null);
      const [first] = silent;
      if (first === undefined) continue;
      const all = silent.length === rows.length;
      addProblem(
        notes,
        { ...first.source, row: all ? null : first.source.row },
        field,
        '',
        `is not known of ${all ? 'any' : String(silent.length)} of ${rows.length} machines, the first ${first.id}`,
        `export ${column}; without it the answer counts none of theirs`,
        'value not used',
      );
    }
  }
}

interface Parts {
  readonly demand: DemandRow[];
  readonly claims: Claim[];
  readonly objects: (DumpedObject & { readonly source: Source })[];
  readonly tables: Table[];
  readonly files: InventoryFile[];
}

/** The same from contents; never throws for what is in them. */
export async function inventoryOf(inputs: readonly InputFile[]): Promise<Inventory> {
  const notes = createNotes();
  const parts: Parts = { demand: [], claims: [], objects: [], tables: [], files: [] };
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
  const rvtools = readRvtools(
    parts.tables.filter((table) => tabOf(table) !== null),
    notes,
  );
  const cluster = readKubernetes(parts.objects, notes);
  const unique = uniqueIds();
  const demand = [rvtools.demand, parts.demand, cluster.demand].flat().map((row) => {
    const id = unique(row.id);
    return id === row.id ? row : { ...row, id };
  });
  const claims = [rvtools.claims, parts.claims, cluster.claims].flat();
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
  tellUnknown(demand, notes);
  for (const table of parts.tables) {
    const unread = unreadColumns(table);
    if (unread.length > 0)
      notes.remarks.add(`columns of ${placeOf(table)} that are not read: ${unread.join(', ')}`);
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
    remarks: remarksOf(notes),
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
    const tables = sheets.flatMap(({ name, grid }) => tableOf(file, name, grid, isKnownName) ?? []);
    return keepTables(tables, file, parts, notes);
  }
  const { text, remark } = decodeText(bytes);
  if (remark !== null) notes.remarks.add(`${file} ${remark}`);
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
  const table = tableOf(file, null, csvGrid(text, file, notes, isKnownName), isKnownName);
  return keepTables(table === null ? [] : [table], file, parts, notes);
}

function keepTables(
  tables: readonly Table[],
  file: string,
  parts: Parts,
  notes: Notes,
): Omit<InventoryFile, 'file'> {
  const rowsOf = (some: readonly Table[]) => some.reduce((sum, { rows }) => sum + rows.length, 0);
  const left = new Set(tables);
  const take = (
    kind: NonNullable<InventoryFile['kind']>,
    some: readonly Table[],
  ): Omit<InventoryFile, 'file'> => {
    for (const table of some) {
      left.delete(table);
      if (table.above > 0)
        notes.remarks.add(`${placeOf(table)}: ${table.above} lines above the header were passed over`);
    }
    parts.tables.push(...some);
    if (left.size > 0) notes.remarks.add(`sheets not read: ${[...left].map(placeOf).join(', ')}`);
    return { kind, rows: rowsOf(some) };
  };
  const known = tables.filter((table) => tabOf(table) !== null);
  if (known.length > 0 || (tables.length > 0 && tables.every(isOtherTab))) return take('rvtools', known);
  const azure = tables.filter(isAzureMigrate);
  for (const table of azure) for (const row of readAzureMigrate(table, notes)) parts.demand.push(row);
  if (azure.length > 0) return take('azure-migrate', azure);
  const lists = tables.filter((table) => listKindOf(table) !== null);
  for (const table of lists) {
    const { demand, claims } = readPlain(table, notes);
    for (const row of demand) parts.demand.push(row);
    for (const claim of claims) parts.claims.push(claim);
  }
  const [first] = lists;
  if (first !== undefined) return take(listKindOf(first) ?? 'csv', lists);
  const found = tables
    .map(({ sheet, header }) => `${sheet ?? 'columns'}: ${header.slice(0, 8).join(', ')}`)
    .join('; ');
  throw new UserError(
    `${file}: holds no sheet that is known (found ${found === '' ? 'no table' : found.slice(0, 300)})`,
    'give vInfo, vCPU, vMemory, vDisk or vHost of RVTools, a list of PowerCLI, Hyper-V or Proxmox, or a CSV with name, cpu and memory_mib',
  );
}

function placeOf({ file, sheet }: Table): string {
  return sheet ?? file;
}

/** Whether a cell is the name of a column, of whatever is read. */
function isKnownName(cell: string): boolean {
  const plain = plainName(cell);
  return rvtoolsNames.has(plain) || machineNames.has(plain) || plainNames.has(plain) || azureNames.has(plain);
}

function readDump(text: string, file: string, parts: Parts, notes: Notes): Omit<InventoryFile, 'file'> {
  const objects = objectsIn(text, file, notes);
  const list = listIn(objects, file);
  if (list !== null) return keepTables([list], file, parts, notes);
  objects.forEach((object, at) => {
    parts.objects.push({ ...object, source: { file, sheet: object.kind, row: at + 1 } });
  });
  return { kind: 'kubernetes', rows: objects.length };
}

/** Objects of a tool's own (ConvertTo-Json, pvesh) as the table that they would be; null: they are none. */
function listIn(objects: readonly DumpedObject[], file: string): Table | null {
  if (objects.length === 0 || objects.some(({ kind }) => kind !== '(none)')) return null;
  const records = objects.map(({ value }) =>
    typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : new Map<string, unknown>(),
  );
  const header = [...new Set(records.flatMap((record) => [...record.keys()]))];
  const cellOf = (value: unknown): Cell => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    const named =
      typeof value === 'object' && value !== null ? (Reflect.get(value, 'Name') as unknown) : null;
    return typeof named === 'string' ? named : null;
  };
  const grid = [header, ...records.map((record) => header.map((name) => cellOf(record.get(name))))];
  const table = tableOf(file, null, grid, isKnownName);
  return table === null || listKindOf(table) === null ? null : table;
}
