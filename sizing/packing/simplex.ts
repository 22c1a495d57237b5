/**
 * The linear program of column generation, kept between two columns and between two depths of a dive: a revised
 * simplex with an explicit inverse of the basis (G. Dantzig and W. Orchard-Hays, 1954), primal after a column is
 * added, dual after demand is changed. Rows ask for at least so much or allow at most so much; every row has a
 * variable of its own that makes any demand feasible at a price. Nothing is proven from its numbers alone: bounds
 * are computed from its prices by `columns.ts` and hold for any prices.
 */

/** Entries of a column that are not 0. */
export interface Sparse {
  readonly rows: readonly number[];
  readonly values: readonly number[];
}

const zero = 1e-9;
/** After so many pivots the inverse is computed again: rounding errors of updates add up. */
const refresh = 250;

export class Simplex {
  readonly size: number;
  /** Price of each row at the last solution. */
  readonly prices: Float64Array;
  readonly #demand: Float64Array;
  readonly #isCover: readonly boolean[];
  readonly #dear: number;
  /** Columns one after the other: where each starts, its rows and its entries. */
  readonly #starts: number[] = [0];
  readonly #rows: number[] = [];
  readonly #entries: number[] = [];
  readonly #costs: number[] = [];
  /** Per row the variable that is basic in it: a column, or -1 - 2r its shortage, or -2 - 2r its excess (or slack). */
  readonly #basis: Int32Array;
  readonly #values: Float64Array;
  readonly #isBasic = new Set<number>();
  #inverse: Float64Array;
  readonly #filled: Int32Array;
  #pivots = 0;
  #sinceRefresh = 0;

  /** `isCover`: at least the demand of this row, else at most. `dear`: what a unit of shortage costs. */
  constructor(demand: Float64Array, isCover: readonly boolean[], dear: number) {
    this.size = demand.length;
    this.#demand = demand.slice();
    this.#isCover = isCover;
    this.#dear = dear;
    this.prices = new Float64Array(this.size);
    this.#values = demand.slice();
    this.#inverse = new Float64Array(this.size * this.size);
    this.#filled = new Int32Array(this.size);
    this.#basis = new Int32Array(this.size);
    for (let row = 0; row < this.size; row += 1) {
      this.#inverse[row * this.size + row] = 1;
      const own = isCover[row] === true ? -1 - 2 * row : -2 - 2 * row;
      this.#basis[row] = own;
      this.#isBasic.add(own);
      this.prices[row] = isCover[row] === true ? dear : 0;
    }
  }

  /** Pivots since the beginning: what solving cost, whatever the machine. */
  get pivots(): number {
    return this.#pivots;
  }

  get columns(): number {
    return this.#costs.length;
  }

  add(cost: number, { rows, values }: Sparse): void {
    this.#rows.push(...rows);
    this.#entries.push(...values);
    this.#starts.push(this.#rows.length);
    this.#costs.push(cost);
  }

  /** Demands of all rows, in place of those before. */
  setDemand(demand: Float64Array): void {
    this.#demand.set(demand);
    this.#computeValues();
  }

  get objective(): number {
    let sum = 0;
    for (let row = 0; row < this.size; row += 1)
      sum += this.#costOf(this.#basis[row] as number) * (this.#values[row] as number);
    return sum;
  }

  /** Amounts of the columns that are not 0. */
  amounts(): Map<number, number> {
    const found = new Map<number, number>();
    this.#basis.forEach((variable, row) => {
      const value = this.#values[row] as number;
      if (variable >= 0 && value > zero) found.set(variable, value);
    });
    return found;
  }

  /** To the optimum over the columns at hand; false where the pivots ran out first. */
  solve(mostPivots: number): boolean {
    const end = this.#pivots + mostPivots;
    return this.#dual(end) && this.#primal(end);
  }

  #costOf(variable: number): number {
    if (variable >= 0) return this.#costs[variable] as number;
    return -variable % 2 === 1 ? this.#dear : 0;
  }

  /** Product of a row of numbers and the column of a variable. */
  #dot(vector: Float64Array, offset: number, variable: number): number {
    if (variable >= 0) {
      let sum = 0;
      const end = this.#starts[variable + 1] as number;
      for (let at = this.#starts[variable] as number; at < end; at += 1)
        sum += (vector[offset + (this.#rows[at] as number)] as number) * (this.#entries[at] as number);
      return sum;
    }
    const row = (-variable - 1) >> 1;
    const value = vector[offset + row] as number;
    // An excess takes away from a cover; what is missing, and a slack, add to a row.
    return -variable % 2 === 0 && this.#isCover[row] === true ? -value : value;
  }

  #reduced(variable: number): number {
    return this.#costOf(variable) - this.#dot(this.prices, 0, variable);
  }

  /** The variable that is not basic and gains most by entering; null: none gains. */
  #entering(isFirst: boolean): { variable: number; reduced: number } | null {
    let variable = 0;
    let reduced = -1e-7;
    const offer = (other: number, value: number) => {
      if (value < reduced) {
        reduced = value;
        variable = other;
      }
    };
    for (let column = 0; column < this.columns; column += 1) {
      if (this.#isBasic.has(column)) continue;
      offer(column, this.#reduced(column));
      if (isFirst && reduced < -1e-7) return { variable, reduced };
    }
    for (let row = 0; row < this.size; row += 1) {
      const price = this.prices[row] as number;
      if (this.#isCover[row] === true) {
        if (!this.#isBasic.has(-1 - 2 * row)) offer(-1 - 2 * row, this.#dear - price);
        if (!this.#isBasic.has(-2 - 2 * row)) offer(-2 - 2 * row, price);
      } else if (!this.#isBasic.has(-2 - 2 * row)) offer(-2 - 2 * row, -price);
    }
    return reduced < -1e-7 ? { variable, reduced } : null;
  }

  #primal(end: number): boolean {
    const direction = new Float64Array(this.size);
    for (let stalled = 0; ;) {
      if (this.#pivots >= end) return false;
      // Where many steps moved nothing, the first that helps is taken: the usual way out of a circle.
      const next = this.#entering(stalled > 200);
      if (next === null) return true;
      this.#solveFor(next.variable, direction);
      let leaving = -1;
      let ratio = Infinity;
      for (let row = 0; row < this.size; row += 1) {
        const step = direction[row] as number;
        if (step <= zero) continue;
        const limit = Math.max(0, this.#values[row] as number) / step;
        const isBetter =
          limit < ratio - zero || (limit <= ratio + zero && step > (direction[leaving] as number));
        if (leaving < 0 || isBetter) {
          ratio = Math.min(ratio, limit);
          leaving = row;
        }
      }
      if (leaving < 0) return true;
      stalled = ratio > zero ? 0 : stalled + 1;
      if (stalled > 2000) return true;
      this.#pivot(leaving, next.variable, direction, next.reduced);
    }
  }

  /** From prices that are right and amounts that are below 0, as a lower demand leaves them. */
  #dual(end: number): boolean {
    const direction = new Float64Array(this.size);
    for (;;) {
      let leaving = -1;
      let least = -1e-8;
      for (let row = 0; row < this.size; row += 1) {
        if ((this.#values[row] as number) < least) {
          least = this.#values[row] as number;
          leaving = row;
        }
      }
      if (leaving < 0) return true;
      if (this.#pivots >= end) return false;
      let entering = 0;
      let ratio = Infinity;
      let reducedOf = 0;
      const offer = (variable: number) => {
        if (this.#isBasic.has(variable)) return;
        const step = this.#dot(this.#inverse, leaving * this.size, variable);
        if (step >= -1e-8) return;
        const reduced = Math.max(0, this.#reduced(variable));
        if (reduced / -step >= ratio) return;
        ratio = reduced / -step;
        entering = variable;
        reducedOf = reduced;
      };
      for (let column = 0; column < this.columns; column += 1) offer(column);
      for (let row = 0; row < this.size; row += 1) {
        if (this.#isCover[row] === true) offer(-1 - 2 * row);
        offer(-2 - 2 * row);
      }
      if (ratio === Infinity) return true;
      this.#solveFor(entering, direction);
      if (Math.abs(direction[leaving] as number) < 1e-10) {
        if (this.#sinceRefresh === 0) return true;
        this.#invert();
        continue;
      }
      this.#pivot(leaving, entering, direction, reducedOf);
    }
  }

  #solveFor(variable: number, direction: Float64Array): void {
    const { size } = this;
    const inverse = this.#inverse;
    if (variable < 0) {
      const row = (-variable - 1) >> 1;
      const sign = -variable % 2 === 0 && this.#isCover[row] === true ? -1 : 1;
      for (let at = 0; at < size; at += 1) direction[at] = sign * (inverse[at * size + row] as number);
      return;
    }
    direction.fill(0);
    const end = this.#starts[variable + 1] as number;
    for (let k = this.#starts[variable] as number; k < end; k += 1) {
      const row = this.#rows[k] as number;
      const value = this.#entries[k] as number;
      for (let at = 0, from = row; at < size; at += 1, from += size)
        direction[at] = (direction[at] as number) + value * (inverse[from] as number);
    }
  }

  #pivot(leaving: number, entering: number, direction: Float64Array, reduced: number): void {
    const { size } = this;
    const inverse = this.#inverse;
    const by = direction[leaving] as number;
    const start = leaving * size;
    const filled = this.#filled;
    let count = 0;
    for (let k = 0; k < size; k += 1) {
      const value = inverse[start + k] as number;
      if (Math.abs(value) < 1e-13) {
        inverse[start + k] = 0;
        continue;
      }
      inverse[start + k] = value / by;
      filled[count] = k;
      count += 1;
    }
    const amount = (this.#values[leaving] as number) / by;
    for (let row = 0; row < size; row += 1) {
      const factor = direction[row] as number;
      if (row === leaving || factor === 0) continue;
      const at = row * size;
      for (let n = 0; n < count; n += 1) {
        const k = filled[n] as number;
        inverse[at + k] = (inverse[at + k] as number) - factor * (inverse[start + k] as number);
      }
      this.#values[row] = (this.#values[row] as number) - factor * amount;
    }
    this.#values[leaving] = amount;
    for (let n = 0; n < count; n += 1) {
      const k = filled[n] as number;
      this.prices[k] = (this.prices[k] as number) + reduced * (inverse[start + k] as number);
    }
    this.#isBasic.delete(this.#basis[leaving] as number);
    this.#isBasic.add(entering);
    this.#basis[leaving] = entering;
    this.#pivots += 1;
    this.#sinceRefresh += 1;
    if (this.#sinceRefresh >= refresh + size) this.#invert();
  }

  /** The inverse from the basis itself, by Gauss and Jordan; a basis that is none any more starts again. */
  #invert(): void {
    const { size } = this;
    const inverse = new Float64Array(size * size);
    const order = new Int32Array(size);
    const isDone = new Uint8Array(size);
    for (let row = 0; row < size; row += 1) inverse[row * size + row] = 1;
    const direction = new Float64Array(size);
    this.#inverse = inverse;
    // Variables of rows first: their columns have one entry and fill nothing in.
    const variables = [...this.#basis].sort((a, b) => a - b);
    for (const variable of variables) {
      this.#solveFor(variable, direction);
      let best = -1;
      for (let row = 0; row < size; row += 1)
        if (
          isDone[row] === 0 &&
          (best < 0 || Math.abs(direction[row] as number) > Math.abs(direction[best] as number))
        )
          best = row;
      if (best < 0 || Math.abs(direction[best] as number) < 1e-11) {
        this.#restart();
        return;
      }
      isDone[best] = 1;
      order[best] = variable;
      const by = direction[best] as number;
      const start = best * size;
      const filled: number[] = [];
      for (let k = 0; k < size; k += 1) {
        if (inverse[start + k] === 0) continue;
        inverse[start + k] = (inverse[start + k] as number) / by;
        filled.push(k);
      }
      for (let row = 0; row < size; row += 1) {
        const factor = direction[row] as number;
        if (row === best || factor === 0) continue;
        for (const k of filled)
          inverse[row * size + k] =
            (inverse[row * size + k] as number) - factor * (inverse[start + k] as number);
      }
    }
    this.#basis.set(order);
    this.#sinceRefresh = 0;
    this.#computeValues();
    this.#computePrices();
  }

  #restart(): void {
    const { size } = this;
    this.#inverse.fill(0);
    this.#isBasic.clear();
    for (let row = 0; row < size; row += 1) {
      this.#inverse[row * size + row] = 1;
      const own = this.#isCover[row] === true ? -1 - 2 * row : -2 - 2 * row;
      this.#basis[row] = own;
      this.#isBasic.add(own);
    }
    this.#sinceRefresh = 0;
    this.#computeValues();
    this.#computePrices();
  }

  #computeValues(): void {
    const { size } = this;
    for (let row = 0; row < size; row += 1) {
      let sum = 0;
      for (let k = 0; k < size; k += 1)
        sum += (this.#inverse[row * size + k] as number) * (this.#demand[k] as number);
      this.#values[row] = sum;
    }
  }

  #computePrices(): void {
    const { size } = this;
    this.prices.fill(0);
    for (let row = 0; row < size; row += 1) {
      const cost = this.#costOf(this.#basis[row] as number);
      if (cost === 0) continue;
      for (let k = 0; k < size; k += 1)
        this.prices[k] = (this.prices[k] as number) + cost * (this.#inverse[row * size + k] as number);
    }
  }
}
