/**
 * Where rows and columns stand, so that ids can be shown as A1 and ranges be walked. Pure.
 *
 * Laws: a range reaches from the place of one end to the place of the other, whichever stands first now. A deleted end keeps
 * the place it had, and the range shrinks to what is left; a single reference to what is deleted means nothing any more.
 */
import { byPosition, type Placed } from '../../position';

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Rows or columns in order, and where those stood that are deleted. */
export class Lines {
  readonly index: ReadonlyMap<string, number>;

  constructor(
    readonly living: readonly Placed[],
    private readonly deadPos: (id: string) => string | undefined,
  ) {
    this.index = new Map(living.map(({ id }, index) => [id, index]));
  }

  get count(): number {
    return this.living.length;
  }

  idAt(index: number): string | undefined {
    return this.living[index]?.id;
  }

  /** What lies between two ends, both included; null: nothing any more. */
  span(one: string, other: string): Span | null {
    const a = this.#reach(one);
    const b = this.#reach(other);
    if (a === null || b === null) return null;
    const from = Math.min(a.from, b.from);
    const to = Math.max(a.to, b.to);
    return from > to ? null : { from, to };
  }

  /** A deleted line reaches from the next living one to the one before: it holds nothing itself. */
  #reach(id: string): Span | null {
    const at = this.index.get(id);
    if (at !== undefined) return { from: at, to: at };
    const pos = this.deadPos(id);
    if (pos === undefined) return null;
    let low = 0;
    let high = this.living.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const here = this.living[middle];
      if (here !== undefined && byPosition(here, { id, pos }) < 0) low = middle + 1;
      else high = middle;
    }
    return { from: low, to: low - 1 };
  }
}

export interface Places {
  readonly rows: Lines;
  readonly cols: Lines;
}

/** A, B, … Z, AA: the index of a column's letters. */
export function columnIndex(letters: string): number {
  let index = 0;
  for (const letter of letters.toUpperCase()) index = index * 26 + letter.charCodeAt(0) - 64;
  return index - 1;
}
