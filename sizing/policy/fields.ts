/** Fields that several sizing files share, as schemas: sizes with their unit, shares, rates, labels. */
import { z } from 'zod';
import { messageOf } from '../../model/errors.ts';
import { parseBytes, parseShare } from '../../model/units.ts';

function parsed<I, T>(form: z.ZodType<I>, read: (value: I) => T) {
  return form.transform((value, context) => {
    try {
      return read(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
      return z.NEVER;
    }
  });
}

/** "64GiB", "1.92TB": a plain number is refused, for its unit would be a guess. */
export const size = parsed(z.string(), parseBytes);

/** "5%" or 0.05. */
export const share = parsed(z.union([z.string(), z.number()]), parseShare);

/** "10Gbit/s" or "1.2GB/s" in bytes per second: bits and bytes are told apart by the word. */
export const networkRate = parsed(z.string(), parseNetworkRate);

export const labels = z.record(z.string().min(1), z.string()).default({});

/** Whole units of named resources, as a host has them or an instance takes them. */
export const devices = z.record(z.string().min(1), z.number().int().positive()).default({});

export const positive = z.number().positive();
export const wholePositive = z.number().int().positive();

const bitFactors: Readonly<Record<string, number>> = { kbit: 1e3, Mbit: 1e6, Gbit: 1e9, Tbit: 1e12 };

/** Bytes per second. Throws an Error that names the accepted forms. */
export function parseNetworkRate(text: string): number {
  const [, digits, word] = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\/s\s*$/.exec(text) ?? [];
  const bits = word === undefined || !Object.hasOwn(bitFactors, word) ? undefined : bitFactors[word];
  if (digits !== undefined && bits !== undefined) return (Number(digits) * bits) / 8;
  if (digits !== undefined && word !== undefined && /B$/.test(word)) return parseBytes(digits + word);
  throw new Error(
    `a rate must be a number with kbit/s, Mbit/s, Gbit/s, MB/s, MiB/s or GB/s, such as "10Gbit/s"; got ${JSON.stringify(text)}`,
  );
}
