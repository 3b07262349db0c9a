/** What a person does to a table: each is one step of undo and says what it did. No DOM. */
import type { Strings } from '../strings.de';
import { displayCell, type CellLanguage } from './cells';
import { openedText, readEntry } from './entry';
import { Draft } from './formula/draft.svelte';
import { Fault } from './formula/faults';
import { insertColumns, insertRows, remove, setCells, type CellChange } from './model';
import type { TableView } from './view.svelte';

/** Adding up more than this is not worth a frame. */
const SUM_LIMIT = 50_000;
const FIRST_COLUMNS = 6;
const FIRST_ROWS = 20;

export interface Desk {
  readonly view: TableView;
  readonly language: CellLanguage;
  readonly t: Strings['table'];
  /** Tell the person, also by ear. */
  readonly say: (text: string) => void;
}

/** Open the cursor's cell with what it holds, or with what was typed over it; `inBar`: above the grid. */
export function openCell({ view, language }: Desk, typed?: string, inBar = false): void {
  const { activeRow: row, activeColumn: column, places } = view;
  if (row === null || column === null) return;
  const draft = new Draft(typed ?? openedText(view.cell(row.id, column.id), column.format, { language, places }), language.name, places);
  draft.inBar = inBar;
  view.draft = draft;
}

/** Close the open cell and keep what was typed. Returns whether it could be kept. */
export function keepCell(desk: Desk): boolean {
  const { view, language, t, say } = desk;
  const { activeRow: row, activeColumn: column, draft, places } = view;
  if (draft === null) return true;
  if (row !== null && column !== null && draft.text !== openedText(view.cell(row.id, column.id), column.format, { language, places })) {
    const entry = readEntry(draft.text, column.format, { language, places });
    if ('broken' in entry) {
      say(`${t.formula.broken[entry.broken]} ${t.formula.orText}`);
      draft.input?.setSelectionRange(entry.at, entry.end);
      return false;
    }
    change(desk, [{ row: row.id, col: column.id, value: entry.value }]);
  }
  view.draft = null;
  return true;
}

export function clearCells(desk: Desk): void {
  change(desk, selected(desk.view).map((cell) => ({ ...cell, value: null })));
}

/** Insert a row and go there. */
export function addRow({ view }: Desk, index: number): void {
  view.undo.part();
  insertRows(view.table, index, 1);
  view.flush();
  view.goTo(index, Math.max(0, view.at.col));
}

export function addColumn({ view }: Desk, index: number): void {
  view.undo.part();
  insertColumns(view.table, index, 1);
  view.flush();
  view.goTo(Math.max(0, view.at.row), index);
}

export function removeRows({ view, t, say }: Desk): void {
  const gone = view.rows.slice(view.range.top, view.range.bottom + 1);
  view.undo.part();
  remove(view.table, gone.map(({ id }) => id));
  view.flush();
  say(t.deletedRows(gone.length));
}

export function removeColumns({ view, t, say }: Desk): void {
  const gone = view.columns.slice(view.range.left, view.range.right + 1);
  view.undo.part();
  remove(view.table, gone.map(({ id }) => id));
  view.flush();
  say(t.deletedColumns(gone.length));
}

/** Fill a table that holds nothing at all. */
export function startTable({ view }: Desk): void {
  view.undo.part();
  insertColumns(view.table, 0, FIRST_COLUMNS);
  insertRows(view.table, 0, FIRST_ROWS);
  view.flush();
  view.goTo(0, 0);
}

/** What is said below the grid: the error of the cursor's cell in words, or what is selected. */
export function summary({ view, language, t }: Desk): string {
  const cells = (view.range.bottom - view.range.top + 1) * (view.range.right - view.range.left + 1);
  if (cells === 1) return explained(view, t);
  if (cells < 1 || cells > SUM_LIMIT) return '';
  const numbers = selected(view).map(({ row, col }) => view.shown(row, col)).filter((value) => typeof value === 'number');
  const sum = numbers.reduce((total, value) => total + value, 0);
  const told = t.selection(cells);
  return numbers.length === 0 ? told : `${told} · ${t.sum(displayCell(Number(sum.toPrecision(12)), '', language))}`;
}

function explained(view: TableView, t: Strings['table']): string {
  const { activeRow: row, activeColumn: column } = view;
  const value = row === null || column === null ? null : view.shown(row.id, column.id);
  return value instanceof Fault ? t.formula.faults[value.code] : '';
}

function selected(view: TableView): { row: string; col: string }[] {
  const { top, bottom, left, right } = view.range;
  const columns = view.columns.slice(left, right + 1);
  return view.rows.slice(top, bottom + 1).flatMap((row) => columns.map((column) => ({ row: row.id, col: column.id })));
}

function change({ view }: Desk, changes: readonly CellChange[]): void {
  view.undo.part();
  setCells(view.table, changes);
  view.flush();
}
