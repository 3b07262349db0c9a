/** Which formulas read a cell, and which formulas stand in a rectangle. Pure; places are indexes, laid out anew when lines move. */
import type { Formula } from './cell';
import type { Rect } from './evaluate';
import type { Places, Span } from './places';
import type { Ref } from './tokens';

/** What may stand between two ends; without a row all rows, without a column all columns. */
export function rectOf(from: Ref, to: Ref, { rows, cols }: Places): Rect | null {
  const span = (a: Ref['row'], b: Ref['row'], lines: Places['rows']): Span | null => {
    if (a === null || b === null) return lines.count === 0 ? null : { from: 0, to: lines.count - 1 };
    if (a.id !== b.id) return lines.span(a.id, b.id);
    const at = lines.index.get(a.id);
    return at === undefined ? null : { from: at, to: at };
  };
  const down = span(from.row, to.row, rows);
  const along = span(from.col, to.col, cols);
  return down === null || along === null ? null : { top: down.from, bottom: down.to, left: along.from, right: along.to };
}

const isOne = ({ top, bottom, left, right }: Rect): boolean => top === bottom && left === right;

/** More columns than any table. */
const STRIDE = 100_000;

/** A formula that reads some rows of a column. */
interface Watch {
  readonly formula: Formula;
  readonly top: number;
  readonly bottom: number;
  live: boolean;
}

export class Dependents {
  readonly #cells = new Map<number, Set<Formula>>();
  readonly #columns = new Map<number, Watch[]>();
  readonly #watches = new Map<Formula, Watch[]>();
  readonly #standing = new Map<number, Formula[]>();

  add(formula: Formula): void {
    const watches: Watch[] = [];
    for (const rect of formula.rects) {
      if (rect === null) continue;
      if (isOne(rect)) {
        const key = rect.top * STRIDE + rect.left;
        const found = this.#cells.get(key);
        if (found === undefined) this.#cells.set(key, new Set([formula]));
        else found.add(formula);
        continue;
      }
      const watch = { formula, top: rect.top, bottom: rect.bottom, live: true };
      watches.push(watch);
      for (let col = rect.left; col <= rect.right; col += 1) {
        const column = this.#columns.get(col);
        if (column === undefined) this.#columns.set(col, [watch]);
        else column.push(watch);
      }
    }
    if (watches.length > 0) this.#watches.set(formula, watches);
  }

  /** What watched columns is left there, dead, until the lines are laid out anew. */
  remove(formula: Formula): void {
    for (const rect of formula.rects) if (rect !== null && isOne(rect)) this.#cells.get(rect.top * STRIDE + rect.left)?.delete(formula);
    for (const watch of this.#watches.get(formula) ?? []) watch.live = false;
    this.#watches.delete(formula);
  }

  /** Every formula that reads a cell and does not wait for being computed yet. */
  forEach(row: number, col: number, found: (formula: Formula) => void): void {
    for (const formula of this.#cells.get(row * STRIDE + col) ?? []) if (!formula.dirty) found(formula);
    for (const watch of this.#columns.get(col) ?? []) {
      if (watch.top <= row && row <= watch.bottom && watch.live && !watch.formula.dirty) found(watch.formula);
    }
  }

  /** The formulas of a column, from top to bottom. */
  standing(col: number): readonly Formula[] {
    return this.#standing.get(col) ?? [];
  }

  stand(formula: Formula): void {
    const column = this.#standing.get(formula.c);
    if (column === undefined) this.#standing.set(formula.c, [formula]);
    else column.splice(firstFrom(column, formula.r), 0, formula);
  }

  leave(formula: Formula): void {
    const column = this.#standing.get(formula.c) ?? [];
    const at = column.indexOf(formula);
    if (at >= 0) column.splice(at, 1);
  }
}

/** The first of a column's formulas that stands in a row or below it. */
export function firstFrom(column: readonly Formula[], row: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((column[middle]?.r ?? Infinity) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}
