/** Kubernetes quantities: "100m", "128Mi", "1e3", "2Gi", "1.5". */

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The quantity in its base unit (cores, bytes); null where it is none. */
export function parseQuantity(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string') return null;
  const [, digits, suffix] = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(value) ?? [];
  if (digits === undefined || suffix === undefined || !Object.hasOwn(factors, suffix)) return null;
  const factor = factors[suffix] ?? 1;
  // Dividing keeps "100m" at 0.1 exactly where multiplying would not.
  const number = factor < 1 ? Number(digits) / Math.round(1 / factor) : Number(digits) * factor;
  return Number.isFinite(number) ? number : null;
}
