/**
 * The one source of chance: a seeded generator, the same numbers for the same seed on every platform.
 * xoshiro128** (D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", 2018), its
 * state filled by splitmix32, so that neighbouring seeds give unrelated streams. Not for secrets.
 */

export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  next(): number;
  /** Uniform in 0..limit-1; its bias is below limit / 2^32. */
  integer(limit: number): number;
  /** A shuffled copy (Fisher-Yates); the argument is left alone. */
  shuffle<T>(items: readonly T[]): T[];
  /** Standard normal (Marsaglia's polar method). */
  normal(): number;
}

const twoTo32 = 2 ** 32;

/** A generator for this seed: any finite number; all bits of integers up to 2^53 count. */
export function createRandom(seed: number): Random {
  const mix = splitmix32(seed >>> 0);
  const high = Math.floor(Math.abs(seed) / twoTo32) >>> 0;
  let a = mix();
  let b = mix() ^ high;
  let c = mix();
  let d = mix() | 1; // never all zero, the one state xoshiro cannot leave
  let spare: number | null = null;

  const bits = (): number => {
    const scrambled = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return scrambled >>> 0;
  };
  // A seed's high half enters one word only: let it reach all four before the first number is drawn.
  for (let i = 0; i < 16; i += 1) bits();

  const next = (): number => ((bits() >>> 5) * 2 ** 26 + (bits() >>> 6)) / 2 ** 53;
  const integer = (limit: number): number => Math.floor((bits() / twoTo32) * limit);

  const shuffle = <T>(items: readonly T[]): T[] => {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i -= 1) {
      const j = integer(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
    }
    return shuffled;
  };

  const normal = (): number => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    for (;;) {
      const x = 2 * next() - 1;
      const y = 2 * next() - 1;
      const s = x * x + y * y;
      if (s === 0 || s >= 1) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      spare = y * scale;
      return x * scale;
    }
  };

  return { next, integer, shuffle, normal };
}

/** G. Steele and others' splitmix in its 32-bit form; here only to spread a seed over a state. */
function splitmix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
