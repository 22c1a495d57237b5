/**
 * A dump as text -> its objects, in whatever way they were gathered: one object, List and PodList, lists of lists
 * (`jq -s`), one object a line, documents one after the other, YAML, and null in place of what is not there.
 */
import { yamlDocuments } from '../../../model/yaml.ts';
import { messageOf, UserError } from '../../../model/errors.ts';
import { addProblem, type Notes } from '../notes.ts';

export interface DumpedObject {
  /** Its own, that of its list, or what its fields tell; '(none)' where nothing does. */
  readonly kind: string;
  readonly value: unknown;
}

/** @throws UserError for a text of which nothing can be read */
export function objectsIn(text: string, file: string, notes: Notes): DumpedObject[] {
  return valuesIn(text, file, notes).flatMap((value) => flat(value, null));
}

/** Between documents: white space, commas, and the record separator of JSON text sequences (RFC 7464). */
const separators = /[\s,\p{Cc}]/u;

function valuesIn(text: string, file: string, notes: Notes): unknown[] {
  if (!/^\s*[{[]/.test(text)) return yamlDocuments(text, file);
  try {
    return [JSON.parse(text)];
  } catch (error) {
    const values = documentsIn(text, file, notes);
    if (values.length > 0) return values;
    throw new UserError(
      `${file}: is no sound JSON: ${messageOf(error)}`,
      'dump it again: it may be cut off',
      undefined,
      error,
    );
  }
}

/**
 * Documents one after the other. One begins at the start of a line or right after another; what stands between them
 * (logs of `kubectl cluster-info dump`) is counted, and one that is cut off is noted with the line it begins in.
 */
function documentsIn(text: string, file: string, notes: Notes): unknown[] {
  const values: unknown[] = [];
  const broken: { readonly line: number; readonly text: string; readonly isCut: boolean }[] = [];
  let line = 1;
  let strange = 0;
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (separators.test(char)) {
      if (char === '\n') line += 1;
      at += 1;
      continue;
    }
    const isDocument = char === '{' || char === '[';
    const end = isDocument ? endOf(text, at) : text.indexOf('\n', at);
    if (isDocument) {
      const value = end === -1 ? undefined : parsed(text.slice(at, end));
      if (value === undefined) broken.push({ line, text: text.slice(at, at + 80), isCut: end === -1 });
      else values.push(value);
    } else strange += 1;
    const next = end === -1 ? text.length : end;
    for (let from = text.indexOf('\n', at); from !== -1 && from < next; from = text.indexOf('\n', from + 1))
      line += 1;
    at = next;
  }
  if (values.length === 0) return [];
  for (const { line: row, text: got, isCut } of broken) {
    const problem = isCut ? 'is cut off' : 'is no sound JSON';
    const remedy = 'dump it again; the objects before it were read';
    addProblem(notes, { file, sheet: null, row }, '(document)', got, problem, remedy, 'row left out');
  }
  if (strange > 0)
    notes.remarks.add(`${file}: ${strange} lines between its objects are no JSON and were passed over`);
  return values;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where the document that begins here ends; -1: nowhere. */
function endOf(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x22) {
      for (at += 1; at < text.length && text.charCodeAt(at) !== 0x22; at += 1) {
        if (text.charCodeAt(at) === 0x5c) at += 1;
      }
    } else if (char === 0x7b || char === 0x5b) depth += 1;
    else if (char === 0x7d || char === 0x5d) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

type Fields = Readonly<Record<string, unknown>>;

function flat(value: unknown, kindOfList: string | null): DumpedObject[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item: unknown) => flat(item, kindOfList));
  if (typeof value !== 'object') return [{ kind: '(none)', value }];
  const fields = value as Fields;
  const kind = typeof fields['kind'] === 'string' ? fields['kind'] : null;
  if (isList(fields)) {
    const inner = kind?.endsWith('List') === true && kind !== 'List' ? kind.slice(0, -4) : null;
    return flat(fields['items'], inner);
  }
  // Lists gathered under names of one's own: { "pods": {...}, "nodes": {...} }.
  const parts = Object.values(fields);
  const isGathered =
    kind === null && parts.length > 0 && parts.every((part) => Array.isArray(part) || isList(part));
  if (isGathered) return parts.flatMap((part) => flat(part, null));
  return [{ kind: kind ?? kindOfList ?? kindBy(fields), value: withoutNulls(fields) }];
}

function isList(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('items' in value)) return false;
  const { items } = value;
  return Array.isArray(items) || items === null;
}

/** Objects of a list of one kind need not name it. */
function kindBy(fields: Fields): string {
  const has = (part: string, field: string) => {
    const inner = fields[part];
    return (
      typeof inner === 'object' && inner !== null && field in inner && Reflect.get(inner, field) !== null
    );
  };
  if (has('spec', 'containers')) return 'Pod';
  if (has('status', 'nodeInfo') || has('status', 'allocatable') || has('status', 'capacity'))
    return has('spec', 'accessModes') ? 'PersistentVolumeClaim' : 'Node';
  if (has('spec', 'accessModes')) return 'PersistentVolumeClaim';
  return '(none)';
}

/** Some clients write null for a field that is not set. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}
