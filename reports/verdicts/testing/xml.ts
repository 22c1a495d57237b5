/**
 * A strict reader of the XML we write: elements, attributes, text and the five named entities. What XML 1.0
 * forbids, and whatever else we never write (comments, CDATA, doctypes), throws.
 */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of children. */
  readonly text: string;
}

const token = /<(\/?)([A-Za-z][\w-]*)((?:\s+[A-Za-z][\w-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

export function readXml(document: string): XmlElement {
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!document.startsWith(declaration)) throw new Error('no XML declaration');
  // The characters XML 1.0 leaves out, and halves of pairs.
  // eslint-disable-next-line no-control-regex
  const bad = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.exec(document);
  if (bad !== null || !document.isWellFormed()) throw new Error('a character that XML forbids');
  interface Open {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly children: XmlElement[];
    text: string;
  }
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const stack: Open[] = [root];
  const body = document.slice(declaration.length);
  token.lastIndex = 0;
  while (token.lastIndex < body.length) {
    const at = token.lastIndex;
    const match = token.exec(body);
    if (match === null) throw new Error(`no markup and no text at ${at}: ${body.slice(at, at + 60)}`);
    const [, closing = '', name = '', attributes = '', empty = '', text] = match;
    const top = stack.at(-1) ?? root;
    if (text !== undefined) top.text += decoded(text);
    else if (closing !== '') {
      if (top.name !== name || stack.length === 1) throw new Error(`</${name}> closes <${top.name}>`);
      stack.pop();
    } else {
      const opened: Open = { name, attributes: attributesOf(attributes), children: [], text: '' };
      top.children.push(opened);
      if (empty === '') stack.push(opened);
    }
  }
  const [only] = root.children;
  if (stack.length !== 1 || root.children.length !== 1 || only === undefined || root.text.trim() !== '') {
    throw new Error('not exactly one root');
  }
  return only;
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/\s+([\w-]+)="([^"]*)"/g)) {
    if (Object.hasOwn(attributes, name)) throw new Error(`${name} comes twice`);
    attributes[name] = decoded(value);
  }
  return attributes;
}

function decoded(text: string): string {
  return text.replaceAll(/&(?:(#?\w+);)?/g, (_all, name?: string) => {
    const sign = name === undefined ? undefined : entities[name];
    if (sign === undefined) throw new Error(`a bare & or an unknown entity in ${text.slice(0, 60)}`);
    return sign;
  });
}
