/**
 * Builds HTML and SVG from names, attributes and children. Text and attribute values are always
 * escaped; only another element is markup, so no label from a record can ever become a tag.
 */
import { visibleText } from '../../../model/visible-text.ts';

/** Text that is markup already. Made only by `element` and `fragment`. */
export interface Markup {
  readonly markup: string;
}

export type Child = Markup | string | number | null;

type Attributes = Readonly<Record<string, string | number | boolean | null>>;

const voidElements = new Set(['meta', 'br', 'hr', 'img', 'input', 'link']);

/** Escapes text for content and for quoted attributes. */
export function escapeText(text: string): string {
  return visibleText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** `true` writes a bare attribute; `false` and `null` leave it out. */
export function element(name: string, attributes: Attributes, ...children: readonly Child[]): Markup {
  let open = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    open += value === true ? ` ${key}` : ` ${key}="${escapeText(String(value))}"`;
  }
  if (voidElements.has(name)) return { markup: `${open}>` };
  return { markup: `${open}>${fragment(...children).markup}</${name}>` };
}

export function fragment(...children: readonly Child[]): Markup {
  let markup = '';
  for (const child of children) {
    if (child === null) continue;
    markup += typeof child === 'object' ? child.markup : escapeText(String(child));
  }
  return { markup };
}

/** JSON for a `<script type="application/json">`: parses to the same value, can hold no tag and no line separator. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}
