/**
 * Builds HTML and SVG from names, attributes and children. Text and attribute values are always
 * escaped; only another element is markup, so no label from a record can ever become a tag.
 */

/** Text that is markup already. Made only by `element` and `fragment`. */
export interface Markup {
  readonly markup: string;
}

export type Child = Markup | string | number | null;

type Attributes = Readonly<Record<string, string | number | boolean | null>>;

const voidElements = new Set(['meta', 'br', 'hr', 'img', 'input', 'link']);

/**
 * Text without the characters that change how its surroundings read: direction overrides, which make
 * one label look like another, and control characters (the second set too, which holds a terminal's
 * one-character escape) become a replacement sign.
 */
export function visibleText(text: string): string {
  return (
    text
      .replaceAll(/[\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C]/g, '\uFFFD')
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF]/g, '\uFFFD')
      .replaceAll(/[\u2028\u2029]/g, ' ')
      .toWellFormed()
  );
}

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
