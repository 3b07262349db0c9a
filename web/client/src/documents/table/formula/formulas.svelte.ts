/**
 * The formulas of an open table: told what changed, they compute in slices beside the work of the page.
 *
 * Laws: nothing is loaded and nothing computed before the table holds a formula; values never go into the document. A slice
 * takes a few milliseconds, what is in sight first; the first follows a change at once, so that a small table shows its result
 * with the keystroke.
 */
import { kept } from '../../../state/parts';
import { cellAt, type Table } from '../model';
import { isFormula } from '../text';
import { Calculator, type Change } from './calculator';
import { keyOf, type Formula } from './cell';
import type { Value } from './faults';
import type { Places } from './places';

/** Milliseconds of one slice. */
const SLICE = 10;
/** While much is computed the grid is drawn anew at most this often. */
const SHOW_EVERY = 100;

export interface Asking {
  readonly table: Table;
  /** Ids of the rows in sight. */
  readonly inSight: () => Iterable<string>;
  /** Values have changed. */
  readonly show: () => void;
}

export class Formulas {
  readonly #asking: Asking;
  #places: Places;
  #locale: 'de' | 'en' = 'de';
  #calculator: Calculator | null = null;
  readonly #library = kept(() => import('./library'));
  #timer: ReturnType<typeof setTimeout> | undefined;
  #shown = 0;
  #closed = false;

  constructor(asking: Asking, places: Places) {
    this.#asking = asking;
    this.#places = places;
  }

  /** undefined: not computed yet. */
  valueAt(row: string, col: string): Value | undefined {
    return this.#calculator?.valueAt(row, col);
  }

  speak(locale: 'de' | 'en'): void {
    if (locale === this.#locale) return;
    this.#locale = locale;
    if (this.#calculator !== null) void this.#start();
  }

  arrange(places: Places): void {
    this.#places = places;
    if (this.#calculator !== null) this.#calculator.arrange(places, this.#read);
    else if (holdsFormula(this.#asking.table)) void this.#start();
  }

  set(changes: readonly Change[]): void {
    if (this.#calculator !== null) {
      this.#calculator.set(changes);
      this.#work();
    } else if (changes.some(({ value }) => isFormula(value))) void this.#start();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  readonly #read = (row: string, col: string) => cellAt(this.#asking.table, row, col);

  async #start(): Promise<void> {
    try {
      const { LIBRARY } = await this.#library();
      if (this.#closed) return;
      this.#calculator = new Calculator(LIBRARY, this.#locale, this.#places, this.#read);
      this.#work();
    } catch {
      // Without a network; the next change tries again.
    }
  }

  #work(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const calculator = this.#calculator;
    if (calculator === null || this.#closed || calculator.done) return;
    const end = performance.now() + SLICE;
    const done = calculator.step(() => performance.now() > end, this.#first(calculator));
    if (done || performance.now() - this.#shown > SHOW_EVERY) {
      this.#shown = performance.now();
      this.#asking.show();
    }
    if (!done) this.#timer = setTimeout(() => this.#work());
  }

  *#first(calculator: Calculator): Generator<Formula> {
    for (const row of this.#asking.inSight()) {
      for (const { id } of this.#places.cols.living) {
        const formula = calculator.formulas.get(keyOf(row, id));
        if (formula !== undefined) yield formula;
      }
    }
  }
}

export function holdsFormula(table: Table): boolean {
  for (const shape of table.rows.values()) {
    for (const value of shape.values?.() ?? []) if (isFormula(value)) return true;
  }
  return false;
}
