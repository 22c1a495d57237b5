/**
 * Memory that isolation costs as a function of an instance's size, as plain data: straight between measured
 * sizes, or declared as a sum of what is fixed, per byte and per vCPU. Which part of it lies inside the guest
 * decides what a virtual machine of today holds already.
 */
export interface MemoryPoint {
  /** Size of the instance. */
  readonly at: number;
  readonly bytes: number;
}

export interface MemoryCurve {
  /** By size; at least one. Beyond the first and the last their value holds. */
  readonly points: readonly MemoryPoint[];
  readonly perByte: number;
  readonly perThread: number;
  /** Of it inside the guest's own memory, the guest's OS; null: it was weighed as a whole and counts as inside. */
  readonly insideBytes: number | null;
  /** Asked for on top, to see what it would cost: no VM of today holds it. */
  readonly more: number;
}

/** The same for every size. */
export function flat(bytes: number): MemoryCurve {
  return { points: [{ at: 0, bytes }], perByte: 0, perThread: 0, insideBytes: null, more: 0 };
}

/** For an instance of so many bytes and vCPUs. */
export function tareBytesAt(curve: MemoryCurve, bytes: number, threads: number): number {
  return withoutMore(curve, bytes, threads) + curve.more;
}

/** Of that, what the guest's own memory holds. */
export function insideBytesAt(curve: MemoryCurve, bytes: number, threads: number): number {
  return Math.min(withoutMore(curve, bytes, threads), curve.insideBytes ?? Infinity);
}

function withoutMore(curve: MemoryCurve, bytes: number, threads: number): number {
  return alongPoints(curve.points, bytes) + curve.perByte * bytes + curve.perThread * threads;
}

/** Straight between the points, which are in order. */
export function alongPoints(points: readonly MemoryPoint[], at: number): number {
  const upper = points.findIndex((point) => point.at >= at);
  const high = points[upper] ?? points.at(-1);
  const low = points[upper - 1] ?? high;
  if (high === undefined || low === undefined) return 0;
  if (upper <= 0 || high.at === low.at) return high.bytes;
  return low.bytes + ((at - low.at) / (high.at - low.at)) * (high.bytes - low.bytes);
}
