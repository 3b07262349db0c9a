/**
 * A table as the grid sees it: rows and columns in order, the cursor and the selection, the open cell. Everything is kept
 * by id, so that what others insert or delete moves nothing under one's hands.
 */
import type * as Y from 'yjs';
import { POS, ROLE, type Cell } from '../schema';
import { OwnUndo } from '../undo.svelte';
import { cellsBelow } from './columns';
import type { Change } from './formula/calculator';
import { Draft } from './formula/draft.svelte';
import type { Value } from './formula/faults';
import { Formulas } from './formula/formulas.svelte';
import type { Places } from './formula/places';
import { placesOf } from './formula/table';
import { cellAt, columnsOf, rowsOf, tableOf, type Column, type Row, type Table } from './model';
import { isFormula, plainText } from './text';

/** null: the heading of a row or of a column. */
export interface Spot {
  readonly row: string | null;
  readonly col: string | null;
}

/** Indexes, both ends included. */
export interface Range {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export class TableView {
  readonly table: Table;
  readonly undo: OwnUndo;
  rows = $state.raw<readonly Row[]>([]);
  columns = $state.raw<readonly Column[]>([]);
  /** Rises when a cell changes. */
  revision = $state(0);
  /** Where the person is. */
  cursor = $state.raw<Spot>({ row: null, col: null });
  /** The other end of the selection. */
  anchor = $state.raw<Spot>({ row: null, col: null });
  /** What is being typed into the cursor's cell; null: no cell is open. */
  draft = $state.raw<Draft | null>(null);
  /** Rows in sight, by index. */
  window = { first: 0, last: 50 };

  readonly rowIndex = $derived(new Map(this.rows.map(({ id }, index) => [id, index])));
  readonly columnIndex = $derived(new Map(this.columns.map(({ id }, index) => [id, index])));
  readonly range = $derived(this.#range());
  readonly places = $derived(this.#placed());
  readonly formulas: Formulas;

  #changed: Change[] = [];
  #frame = 0;
  #order = true;
  #last = { row: 0, col: 0 };

  constructor(doc: Y.Doc) {
    this.table = tableOf(doc);
    this.undo = new OwnUndo([this.table.rows, this.table.cols, this.table.dead], [], cellsBelow(this.table));
    const inSight = () => this.rows.slice(this.window.first, this.window.last + 1).map(({ id }) => id);
    this.formulas = new Formulas({ table: this.table, inSight, show: () => (this.revision += 1) }, this.places);
    this.table.rows.observeDeep(this.#onRows);
    this.table.cols.observeDeep(this.#onOrder);
    this.table.dead.observe(this.#onOrder);
    this.flush();
    this.goTo(0, 0);
  }

  close(): void {
    this.table.rows.unobserveDeep(this.#onRows);
    this.table.cols.unobserveDeep(this.#onOrder);
    this.table.dead.unobserve(this.#onOrder);
    this.undo.close();
    this.formulas.close();
    cancelAnimationFrame(this.#frame);
  }

  /** Read what has changed now instead of in the next frame. */
  flush(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#order) {
      this.#order = false;
      this.rows = rowsOf(this.table);
      this.columns = columnsOf(this.table);
      this.#keepCursor();
      this.draft?.arrange(this.places);
      this.formulas.arrange(this.places);
    }
    this.formulas.set(this.#changed);
    this.#changed = [];
    this.revision += 1;
  }

  /** What a cell shows: its own value or that of its formula; undefined while that is computed. */
  shown(row: string, col: string): Value | undefined {
    const stored = this.cell(row, col);
    if (isFormula(stored)) return this.formulas.valueAt(row, col);
    return typeof stored === 'string' ? plainText(stored) : stored;
  }

  cell(row: string, col: string): Cell | null {
    return cellAt(this.table, row, col);
  }

  /** Row and column of the cursor; -1 is a heading. */
  get at(): { row: number; col: number } {
    return { row: this.#index(this.rowIndex, this.cursor.row), col: this.#index(this.columnIndex, this.cursor.col) };
  }

  get activeRow(): Row | null {
    return this.rows[this.at.row] ?? null;
  }

  get activeColumn(): Column | null {
    return this.columns[this.at.col] ?? null;
  }

  goTo(row: number, col: number, extend = false): void {
    const lowest = extend ? 0 : -1;
    const r = Math.min(this.rows.length - 1, Math.max(lowest, row));
    const c = Math.min(this.columns.length - 1, Math.max(r < 0 ? 0 : lowest, col));
    this.draft = null; // what is typed belongs to the cell it was typed in
    this.cursor = this.#spot(r, c);
    this.#last = { row: r, col: c };
    if (!extend) this.anchor = this.cursor;
  }

  move(rows: number, columns: number, extend: boolean): void {
    const { row, col } = this.at;
    // Home and Ctrl with arrows stay among the cells; single steps reach the headings.
    const far = (from: number, by: number) => (Math.abs(by) > 1 && from >= 0 ? Math.max(0, from + by) : from + by);
    this.goTo(far(row, rows), far(col, columns), extend);
  }

  selectRows(from: number, to: number): void {
    this.anchor = this.#spot(to, this.columns.length - 1);
    this.cursor = this.#spot(from, 0);
  }

  selectColumns(from: number, to: number): void {
    this.anchor = this.#spot(this.rows.length - 1, to);
    this.cursor = this.#spot(0, from);
  }

  selectAll(): void {
    this.anchor = this.#spot(this.rows.length - 1, this.columns.length - 1);
    this.cursor = this.#spot(0, 0);
  }

  #placed(): Places {
    return placesOf(this.table, this.rows, this.columns);
  }

  #spot(row: number, col: number): Spot {
    return { row: this.rows[row]?.id ?? null, col: this.columns[col]?.id ?? null };
  }

  #index(indexes: ReadonlyMap<string, number>, id: string | null): number {
    return id === null ? -1 : (indexes.get(id) ?? -1);
  }

  /** On a heading the whole line is meant. */
  #range(): Range {
    const rows = [this.#index(this.rowIndex, this.cursor.row), this.#index(this.rowIndex, this.anchor.row)];
    const cols = [this.#index(this.columnIndex, this.cursor.col), this.#index(this.columnIndex, this.anchor.col)];
    const wholeColumns = this.cursor.row === null;
    const wholeRows = this.cursor.col === null;
    return {
      top: wholeColumns ? 0 : Math.min(...rows.map((row) => Math.max(0, row))),
      bottom: wholeColumns ? this.rows.length - 1 : Math.max(...rows),
      left: wholeRows ? 0 : Math.min(...cols.map((col) => Math.max(0, col))),
      right: wholeRows ? this.columns.length - 1 : Math.max(...cols),
    };
  }

  /** The row or column under the cursor may be gone: the one that took its place is meant then. */
  #keepCursor(): void {
    const gone = (this.cursor.row !== null && !this.rowIndex.has(this.cursor.row)) || (this.cursor.col !== null && !this.columnIndex.has(this.cursor.col));
    const nowhere = this.cursor.row === null && this.cursor.col === null;
    if (gone || nowhere) {
      this.draft = null;
      this.goTo(this.#last.row, this.#last.col);
      return;
    }
    this.#last = this.at;
    const lost = (this.anchor.row !== null && !this.rowIndex.has(this.anchor.row)) || (this.anchor.col !== null && !this.columnIndex.has(this.anchor.col));
    if (lost) this.anchor = this.cursor;
  }

  readonly #onRows = (events: Y.YEvent<Y.AbstractType<unknown>>[]): void => {
    for (const event of events) {
      if (event.path.length === 0 || event.keys.has(POS) || event.keys.has(ROLE)) this.#order = true;
      const [row] = event.path;
      if (event.path.length !== 1 || typeof row !== 'string') continue;
      for (const col of event.keys.keys()) if (col !== POS && col !== ROLE) this.#changed.push({ row, col, value: this.cell(row, col) });
    }
    this.#soon();
  };

  readonly #onOrder = (): void => {
    this.#order = true;
    this.#soon();
  };

  #soon(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.flush());
  }
}
