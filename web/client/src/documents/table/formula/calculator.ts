/**
 * The values of all formulas of a table. No clock, no document: cells are given in, time is asked for.
 *
 * Laws: after a cell changed only what depends on it is computed; after lines came, went or moved, what refers to ranges is.
 * Every replica with the same cells has the same values, whatever came first: formulas that need each other all show the same
 * error, found as the strongly connected parts of the graph. Work is done in steps that end when the time is over, what is in
 * sight first; until a cell is computed anew it shows what it showed.
 */
import { isFormula, plainText } from '../text';
import { keyOf, made, understand, type Formula } from './cell';
import { Dependents, firstFrom, rectOf } from './dependents';
import { evaluate, type Cells } from './evaluate';
import { FAULT, type Value } from './faults';
import type { Library } from './library';
import type { Places } from './places';

type Stored = string | number | boolean | null;

export interface Change {
  readonly row: string;
  readonly col: string;
  readonly value: Stored;
}

/** Where a walk is among what a formula refers to. */
interface Frame {
  readonly formula: Formula;
  rect: number;
  col: number;
  at: number;
}

/** Between two looks at the clock. */
const STRIDE = 64;

export class Calculator {
  readonly formulas = new Map<string, Formula>();
  /** By column, by row: what formulas read. */
  #values: Value[][] = [];
  #places: Places;
  #dependents = new Dependents();
  #unread: Formula[] = [];
  /** Cells whose dependents are still to be found, as row and column. */
  #touched: [number, number][] = [];
  readonly #dirty = new Set<Formula>();
  /** How many of them stand in each column. */
  #waiting: number[] = [];
  #frames: Frame[] = [];
  #stack: Formula[] = [];
  #order = 0;

  constructor(
    private readonly library: Library,
    readonly locale: 'de' | 'en',
    places: Places,
    read: (row: string, col: string) => Stored,
  ) {
    this.#places = places;
    this.arrange(places, read);
  }

  /** The value a formula has; undefined: none yet, or no formula stands there. */
  valueAt(row: string, col: string): Value | undefined {
    return this.formulas.get(keyOf(row, col))?.value;
  }

  get done(): boolean {
    return this.#unread.length === 0 && this.#touched.length === 0 && this.#dirty.size === 0;
  }

  /** Rows or columns came, went or moved. */
  arrange(places: Places, read: (row: string, col: string) => Stored): void {
    this.#forget();
    // What was not read yet is to be looked at afresh; what changed is known by places that end here.
    for (const formula of this.#unread) formula.rects = [];
    this.#spread(() => false);
    this.#places = places;
    this.#dependents = new Dependents();
    this.#unread = [];
    const before = new Map(this.formulas);
    this.formulas.clear();
    this.#values = places.cols.living.map(({ id: col }, c) =>
      places.rows.living.map(({ id: row }, r) => {
        const value = read(row, col);
        if (!isFormula(value)) return given(value);
        const old = before.get(keyOf(row, col));
        const formula = old?.text === value ? old : made(row, col, value);
        this.#put(formula, r, c);
        return formula.value ?? null;
      }),
    );
    for (const formula of before.values()) if (this.formulas.get(keyOf(formula.row, formula.col)) !== formula) this.#dirty.delete(formula);
    this.#waiting = [];
    for (const { c } of this.#dirty) this.#waiting[c] = (this.#waiting[c] ?? 0) + 1;
  }

  /** Cells changed. */
  set(changes: readonly Change[]): void {
    this.#forget();
    for (const { row, col, value } of changes) {
      const r = this.#places.rows.index.get(row);
      const c = this.#places.cols.index.get(col);
      const column = c === undefined ? undefined : this.#values[c];
      if (r === undefined || c === undefined || column === undefined) continue;
      const old = this.formulas.get(keyOf(row, col));
      if (old !== undefined && old.text === value) continue;
      if (old !== undefined) this.#take(old);
      if (isFormula(value)) this.#put({ ...made(row, col, value), value: old?.value }, r, c);
      else column[r] = given(value);
      this.#touched.push([r, c]);
    }
  }

  /** Compute until all is done or `over` says that the time is; `first` is computed first. Returns whether all is done. */
  step(over: () => boolean, first: Iterable<Formula> = []): boolean {
    if (!this.#readAll(over) || !this.#spread(over)) return false;
    for (const formula of first) if (formula.dirty && !this.#walk(formula, over)) return false;
    for (const formula of this.#dirty) if (!this.#walk(formula, over)) return false;
    return true;
  }

  #put(formula: Formula, r: number, c: number): void {
    formula.r = r;
    formula.c = c;
    this.formulas.set(keyOf(formula.row, formula.col), formula);
    this.#unread.push(formula);
  }

  #take(formula: Formula): void {
    this.formulas.delete(keyOf(formula.row, formula.col));
    this.#dependents.remove(formula);
    this.#dependents.leave(formula);
    this.#clean(formula);
  }

  #clean(formula: Formula): void {
    if (!formula.dirty) return;
    formula.dirty = false;
    this.#dirty.delete(formula);
    this.#waiting[formula.c] = (this.#waiting[formula.c] ?? 0) - 1;
  }

  #taint(formula: Formula): void {
    if (formula.dirty) return;
    formula.dirty = true;
    this.#dirty.add(formula);
    this.#waiting[formula.c] = (this.#waiting[formula.c] ?? 0) + 1;
    this.#touched.push([formula.r, formula.c]);
  }

  /** Parse what is new, and find out where everything refers to. */
  #readAll(over: () => boolean): boolean {
    for (let count = 1; this.#unread.length > 0; count += 1) {
      const formula = this.#unread.pop();
      if (formula === undefined || this.formulas.get(keyOf(formula.row, formula.col)) !== formula) continue;
      const fresh = formula.node === null;
      if (fresh) understand(formula);
      const rects = formula.refs.map(({ from, to }) => rectOf(from, to, this.#places));
      const same = !fresh && !formula.moves && rects.every((rect, index) => isCell(rect) && isCell(formula.rects[index] ?? null));
      formula.rects = rects;
      this.#dependents.add(formula);
      this.#dependents.stand(formula);
      if (!same || formula.value === undefined) this.#taint(formula);
      if (count % STRIDE === 0 && over()) return false;
    }
    return true;
  }

  /** Find everything that depends on what changed. */
  #spread(over: () => boolean): boolean {
    for (let count = 1; this.#touched.length > 0; count += 1) {
      const [row, col] = this.#touched.pop() ?? [0, 0];
      if (this.#dirty.size === this.formulas.size) continue;
      this.#dependents.forEach(row, col, (formula) => this.#taint(formula));
      if (count % STRIDE === 0 && over()) return false;
    }
    return true;
  }

  /** Drop a walk that was interrupted: the graph has changed. */
  #forget(): void {
    for (const { formula } of this.#frames) formula.order = 0;
    for (const formula of this.#stack) formula.order = 0;
    this.#frames = [];
    this.#stack = [];
  }

  /** Tarjan's walk without recursion: what a formula needs is computed before it. Resumes where it was interrupted. */
  #walk(root: Formula, over: () => boolean): boolean {
    if (this.#frames.length === 0) this.#enter(root);
    for (let count = 1; this.#frames.length > 0; count += 1) {
      const frame = this.#frames[this.#frames.length - 1];
      if (frame === undefined) break;
      const needed = this.#next(frame);
      if (needed === null) this.#leave(frame.formula);
      else if (needed.order === 0) this.#enter(needed);
      else {
        frame.formula.low = Math.min(frame.formula.low, needed.order);
        if (needed === frame.formula) frame.formula.loop = true;
      }
      if ((needed === null || count % STRIDE === 0) && over()) return this.#frames.length === 0 && this.#dirty.size === 0;
    }
    // What was resumed may have been another root's walk.
    return root.dirty ? this.#walk(root, over) : true;
  }

  #enter(formula: Formula): void {
    this.#order += 1;
    formula.order = this.#order;
    formula.low = this.#order;
    formula.loop = false;
    this.#stack.push(formula);
    this.#frames.push({ formula, rect: 0, col: -1, at: 0 });
  }

  /** The next formula that this one needs and that is to be computed. */
  #next(frame: Frame): Formula | null {
    const { rects } = frame.formula;
    for (; frame.rect < rects.length; frame.rect += 1, frame.col = -1) {
      const rect = rects[frame.rect];
      if (rect === null || rect === undefined) continue;
      if (frame.col < 0) this.#begin(frame, rect.left, rect.top);
      while (frame.col <= rect.right) {
        const column = (this.#waiting[frame.col] ?? 0) > 0 ? this.#dependents.standing(frame.col) : [];
        for (let formula = column[frame.at]; formula !== undefined && formula.r <= rect.bottom; formula = column[frame.at]) {
          frame.at += 1;
          if (formula.dirty) return formula;
        }
        this.#begin(frame, frame.col + 1, rect.top);
      }
    }
    return null;
  }

  #begin(frame: Frame, col: number, top: number): void {
    frame.col = col;
    frame.at = firstFrom(this.#dependents.standing(col), top);
  }

  #leave(formula: Formula): void {
    this.#frames.pop();
    const parent = this.#frames[this.#frames.length - 1]?.formula;
    if (parent !== undefined) parent.low = Math.min(parent.low, formula.low);
    if (formula.low !== formula.order) return;
    const members = this.#stack.splice(this.#stack.lastIndexOf(formula));
    const circle = members.length > 1 || formula.loop;
    for (const member of members) {
      member.order = 0;
      member.value = circle ? FAULT.cycle : this.#compute(member);
      const column = this.#values[member.c];
      if (column !== undefined) column[member.r] = member.value;
      this.#clean(member);
    }
  }

  #compute(formula: Formula): Value {
    const cells: Cells = {
      library: this.library,
      locale: this.locale,
      here: { row: formula.r, col: formula.c },
      place: (from, to) => rectOf(from, to, this.#places),
      value: (row, col) => this.#values[col]?.[row] ?? null,
    };
    return formula.node === null ? FAULT.syntax : evaluate(formula.node, cells);
  }
}

function given(value: Stored): Value {
  return typeof value === 'string' ? plainText(value) : value;
}

function isCell(rect: Formula['rects'][number]): boolean {
  return rect !== null && rect.top === rect.bottom && rect.left === rect.right;
}
