/** Numbers for remarks: equal texts share one, in the order in which they are first met. */

/** Hands out numbers while rows are drawn; `all` are the texts in their order. */
export interface Footnotes {
  /** "¹ ²" for these texts, or the empty string. */
  readonly mark: (texts: readonly string[]) => string;
  readonly all: () => readonly string[];
}

const digits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

export function footnotes(): Footnotes {
  const numbers = new Map<string, number>();
  const numberOf = (text: string) => {
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, numbers.size + 1);
    return numbers.size;
  };
  return {
    mark: (texts) =>
      [...new Set(texts)]
        .map(numberOf)
        .sort((a, b) => a - b)
        .map(raised)
        .join(' '),
    all: () => [...numbers.keys()],
  };
}

/** "¹²" for 12. */
export function raised(number: number): string {
  return Array.from(String(number))
    .map((digit) => digits[Number(digit)] ?? '')
    .join('');
}
