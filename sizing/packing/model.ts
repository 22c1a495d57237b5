/**
 * What is packed into what, and what came of it: vectors into bins, knowing nothing of machines or volumes.
 * Items of one shape are one group with a count, bins of one shape one type: everything here is as large as the
 * number of shapes, not of instances. Any unit will do, as long as sizes and capacities share it.
 */

export interface Problem {
  readonly dimensions: readonly string[];
  readonly items: readonly ItemGroup[];
  readonly bins: readonly BinType[];
}

export interface ItemGroup {
  readonly id: string;
  readonly count: number;
  /** One number per dimension, none negative. */
  readonly size: readonly number[];
  /** Of all items with such a key (of whatever group) at most `most` share a bin. */
  readonly apart?: readonly Apart[];
  /** Spread over failure domains: no domain holds more than ceil(count / domains) of the group. */
  readonly domains?: number;
  /** All items of all groups with this key go into one and the same bin. */
  readonly together?: string;
  /** What other groups know it by. */
  readonly marks?: readonly string[];
  /** Shares no bin with an item that has one of these marks, of which none is its own. */
  readonly avoids?: readonly string[];
  /** Only bins whose type id or label is named. */
  readonly bins?: readonly string[];
}

export interface Apart {
  readonly key: string;
  /** Where items of one key differ in it, the least holds for all. */
  readonly most: number;
  /** For how many of the key one item stands: 1, unless others are inside it. */
  readonly weight?: number;
}

/** A bin that is already there and half full is a type with `available: 1`, what it has left and cost 0. */
export interface BinType {
  readonly id: string;
  readonly capacity: readonly number[];
  /** Of one bin, not negative. With 1 everywhere, cost is the number of bins. */
  readonly cost: number;
  /** How many there are; without it as many as needed. */
  readonly available?: number;
  /** What fails together. Types without a domain share one. */
  readonly domain?: string;
  readonly labels?: readonly string[];
  /** Items in one bin, whatever their size. */
  readonly maxItems?: number;
}

export interface Packing {
  readonly bins: readonly PackedBin[];
  readonly cost: number;
  readonly count: number;
  /** No packing of all items costs less. */
  readonly bound: number;
  /** No packing of all items has fewer bins. */
  readonly countBound: number;
  /** (cost - bound) / bound; 1 where the bound is 0 and the cost is not. */
  readonly gap: number;
  /** Everything is placed and the cost equals the bound. Fewer bins at the same cost are not excluded by it. */
  readonly optimal: boolean;
  readonly method: string;
  readonly boundMethod: string;
  /** Fullest first. */
  readonly fill: readonly Fill[];
  readonly unplaced: readonly Unplaced[];
}

/** `copies` bins of equal contents. */
export interface PackedBin {
  readonly type: string;
  readonly contents: readonly Content[];
  readonly copies: number;
}

export interface Content {
  readonly item: string;
  readonly count: number;
}

/** How much of the bins that are used is used. */
export interface Fill {
  readonly dimension: string;
  readonly used: number;
  readonly capacity: number;
  readonly share: number;
}

export interface Unplaced {
  readonly item: string;
  readonly count: number;
  readonly reason: string;
}

/** Sums of decimal fractions are not exact: a bin is full at its capacity and one part in 10^9. */
export const tolerance = 1e-9;
