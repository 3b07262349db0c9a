/** What a person does to a table: each is one step of undo and says what it did. No DOM. */
import type { Strings } from '../strings.de';
import { displayCell, editableCell, isFormula, parseCell, type CellLanguage } from './cells';
import { insertColumns, insertRows, remove, setCells, type CellChange } from './model';
import { fromTsv, toTsv } from './tsv';
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

export function openCell({ view, language }: Desk, typed?: string): void {
  const { activeRow: row, activeColumn: column } = view;
  if (row === null || column === null) return;
  view.draft = typed ?? editableCell(view.cell(row.id, column.id), column.format, language);
}

/** Close the open cell and keep what was typed. Returns whether it could be kept. */
export function keepCell(desk: Desk): boolean {
  const { view, language, t, say } = desk;
  const { activeRow: row, activeColumn: column, draft } = view;
  if (draft === null) return true;
  if (row === null || column === null) {
    view.draft = null;
    return true;
  }
  const before = view.cell(row.id, column.id);
  if (draft !== editableCell(before, column.format, language)) {
    if (isFormula(draft)) {
      say(t.noFormulas);
      return false;
    }
    change(desk, [{ row: row.id, col: column.id, value: parseCell(draft, column.format, language) }]);
  }
  view.draft = null;
  return true;
}

export function clearCells(desk: Desk): void {
  change(desk, selected(desk.view).map((cell) => ({ ...cell, value: null })));
}

export function copyCells({ view, language, t, say }: Desk): string {
  const { top, bottom, left, right } = view.range;
  const columns = view.columns.slice(left, right + 1);
  const rows = view.rows.slice(top, bottom + 1);
  say(t.copied(rows.length * columns.length));
  return toTsv(rows.map((row) => columns.map((column) => displayCell(view.cell(row.id, column.id), column.format, language))));
}

/** Paste at the upper left of the selection; rows that are missing are added, columns are not. */
export function pasteCells(desk: Desk, text: string): void {
  const { view, language, t, say } = desk;
  const pasted = fromTsv(text);
  const { top, left } = view.range;
  view.undo.part();
  const missing = top + pasted.length - view.rows.length;
  if (missing > 0) {
    insertRows(view.table, view.rows.length, missing);
    view.flush();
  }
  const changes: CellChange[] = [];
  let skipped = 0;
  for (const [down, line] of pasted.entries()) {
    for (const [along, typed] of line.entries()) {
      const row = view.rows[top + down];
      const column = view.columns[left + along];
      if (row === undefined || column === undefined) continue;
      if (isFormula(typed)) skipped += 1;
      else changes.push({ row: row.id, col: column.id, value: parseCell(typed, column.format, language) });
    }
  }
  setCells(view.table, changes);
  view.flush();
  view.goTo(top, left);
  view.goTo(top + pasted.length - 1, left + (pasted[0]?.length ?? 1) - 1, true);
  say(skipped > 0 ? t.skipped(skipped) : t.pasted(pasted.length, pasted[0]?.length ?? 0));
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

export function summary({ view, language, t }: Desk): string {
  const cells = (view.range.bottom - view.range.top + 1) * (view.range.right - view.range.left + 1);
  if (cells <= 1 || cells > SUM_LIMIT) return '';
  const numbers = selected(view).map(({ row, col }) => view.cell(row, col)).filter((value) => typeof value === 'number');
  const sum = numbers.reduce((total, value) => total + value, 0);
  const told = t.selection(cells);
  return numbers.length === 0 ? told : `${told} · ${t.sum(displayCell(Number(sum.toPrecision(12)), '', language))}`;
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
