/** Where the rows of a tall table stand, so that only those in sight are drawn. Pure. */

export interface RowHeights {
  readonly row: number;
  readonly head: number;
}

export class RowLayout {
  readonly count: number;
  readonly #heights: RowHeights;
  /** Indexes of heading rows, ascending; there are few. */
  readonly #heads: readonly number[];

  constructor(rows: readonly { readonly head: boolean }[], heights: RowHeights) {
    this.count = rows.length;
    this.#heights = heights;
    this.#heads = rows.flatMap(({ head }, index) => (head ? [index] : []));
  }

  /** Distance of a row's upper edge from the first; `count` gives the height of all. */
  top(index: number): number {
    return index * this.#heights.row + this.#headsBefore(index) * (this.#heights.head - this.#heights.row);
  }

  height(index: number): number {
    return this.top(index + 1) - this.top(index);
  }

  /** The row at a distance. */
  at(distance: number): number {
    let low = 0;
    let high = Math.max(0, this.count - 1);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.top(middle) <= distance) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The rows between two distances and some around them. */
  between(from: number, to: number, around: number): { first: number; last: number } {
    return { first: Math.max(0, this.at(from) - around), last: Math.min(this.count - 1, this.at(to) + around) };
  }

  #headsBefore(index: number): number {
    let low = 0;
    let high = this.#heads.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#heads[middle] ?? Infinity) < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
