/**
 * Labels without the characters that change how their surroundings read: for a page, a terminal, a table.
 */

/**
 * Direction overrides, which make one label look like another, and control characters (the second set too, which
 * holds a terminal's one-character escape) become a replacement sign.
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

/** A label as one line: no line break either, and no space that a table would not keep. */
export function oneLine(text: string): string {
  return visibleText(text).replaceAll(/\s+/g, ' ').trim();
}
