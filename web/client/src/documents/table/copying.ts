/**
 * Copying, pasting and filling: values for other programs, and for tables here the cells themselves, so that formulas come
 * along and their references move with them. Each is one step of undo and says what it did. No DOM.
 */
import type { Cell } from '../schema';
import type { Desk } from './actions';
import { displayCell } from './cells';
import { readEntry } from './entry';
import { parse } from './formula/parse';
import { shownIn } from './formula/tokens';
import { shifted, shown, stored } from './formula/write';
import { insertRows, setCells, type CellChange } from './model';
import { isFormula, storedText } from './text';
import { fromTsv, toTsv } from './tsv';

/** How cells lie on the clipboard beside the plain text. */
export const CELLS_TYPE = 'application/x-kreide-cells+json';
/** More than this is pasted as plain text. */
const MOST_CELLS = 100_000;

interface Copied {
  /** The open document they were copied in: its ids mean something there. */
  readonly guid: string;
  readonly cut: boolean;
  /** Place of the upper left cell. */
  readonly top: number;
  readonly left: number;
  readonly cells: readonly (readonly (Cell | null)[])[];
  /** The formulas among them in English A1, for other documents. */
  readonly formulas: readonly (readonly (string | null)[])[];
}

export interface OnClipboard {
  readonly text: string;
  /** "": nothing but text. */
  readonly cells: string;
}

export function copyCells({ view, language, t, say }: Desk, cut = false): OnClipboard {
  const { top, bottom, left, right } = view.range;
  const columns = view.columns.slice(left, right + 1);
  const rows = view.rows.slice(top, bottom + 1);
  say(t.copied(rows.length * columns.length));
  const text = toTsv(rows.map((row) => columns.map((column) => displayCell(view.shown(row.id, column.id), column.format, language))));
  if (rows.length * columns.length > MOST_CELLS) return { text, cells: '' };
  const cells = rows.map((row) => columns.map((column) => view.cell(row.id, column.id)));
  const writing = shownIn('en', view.places);
  const formulas = cells.map((line) => line.map((cell) => (isFormula(cell) ? shown(cell, writing) : null)));
  return { text, cells: JSON.stringify({ guid: view.table.doc.guid, cut, top, left, cells, formulas } satisfies Copied) };
}

/** Paste at the upper left of the selection; rows that are missing are added, columns are not. One cell fills the selection. */
export function pasteCells(desk: Desk, clipboard: OnClipboard): void {
  const { view, t, say } = desk;
  const { top, left, bottom, right } = view.range;
  const source = copiedOf(clipboard.cells) ?? fromTsv(clipboard.text);
  const lines = 'cells' in source ? source.cells : source;
  const single = lines.length === 1 && lines[0]?.length === 1;
  const height = single ? bottom - top + 1 : lines.length;
  const width = single ? right - left + 1 : Math.max(...lines.map((line) => line.length));
  view.undo.part();
  makeRoom(desk, top + height);
  const changes: CellChange[] = [];
  let skipped = 0;
  for (let down = 0; down < height; down += 1) {
    for (let along = 0; along < width; along += 1) {
      const row = view.rows[top + down];
      const column = view.columns[left + along];
      const from = single ? { row: 0, col: 0 } : { row: down, col: along };
      if (row === undefined || column === undefined || lines[from.row]?.[from.col] === undefined) continue;
      const made = 'cells' in source ? copiedCell(desk, source, from, { row: top + down, col: left + along }) : typedCell(desk, source[from.row]?.[from.col] ?? '', column.format);
      if (made.asText) skipped += 1;
      changes.push({ row: row.id, col: column.id, value: made.value });
    }
  }
  setCells(view.table, changes);
  view.flush();
  view.goTo(top, left);
  view.goTo(top + height - 1, left + width - 1, true);
  say(skipped > 0 ? t.skipped(skipped) : t.pasted(height, width));
}

function makeRoom({ view }: Desk, rows: number): void {
  const missing = rows - view.rows.length;
  if (missing <= 0) return;
  insertRows(view.table, view.rows.length, missing);
  view.flush();
}

interface Made {
  readonly value: Cell | null;
  /** It looked like a formula and is none. */
  readonly asText: boolean;
}

function typedCell({ view, language }: Desk, typed: string, format: Parameters<typeof readEntry>[1]): Made {
  const entry = readEntry(typed, format, { language, places: view.places });
  return 'value' in entry ? { value: entry.value, asText: false } : { value: storedText(typed), asText: true };
}

/** A copied cell at its new place; what was cut keeps its references. */
function copiedCell({ view }: Desk, source: Copied, from: { row: number; col: number }, to: { row: number; col: number }): Made {
  const cell = source.cells[from.row]?.[from.col] ?? null;
  if (!isFormula(cell)) return { value: cell, asText: false };
  const here = source.guid === view.table.doc.guid;
  if (here && source.cut) return { value: cell, asText: false };
  const by = { rows: to.row - source.top - from.row, cols: to.col - source.left - from.col };
  if (here) return { value: shifted(cell, by, view.places), asText: false };
  const written = source.formulas[from.row]?.[from.col] ?? '';
  const writing = shownIn('en', view.places);
  return parse(written, writing).ok ? { value: shifted(stored(written, writing), by, view.places), asText: false } : { value: storedText(written), asText: true };
}

function copiedOf(json: string): Copied | null {
  if (json === '') return null;
  let found: unknown;
  try {
    found = JSON.parse(json);
  } catch {
    return null;
  }
  return isCopied(found) ? found : null;
}

/** The clipboard is open to every page: what lies there is checked. */
function isCopied(found: unknown): found is Copied {
  if (typeof found !== 'object' || found === null) return false;
  const { guid, cut, top, left, cells, formulas } = found as Record<string, unknown>;
  const isCell = (cell: unknown) => cell === null || typeof cell === 'string' || (typeof cell === 'number' && Number.isFinite(cell)) || typeof cell === 'boolean';
  const isGrid = (grid: unknown) => Array.isArray(grid) && grid.length > 0 && grid.every((line) => Array.isArray(line) && line.length > 0 && line.every(isCell));
  const numbers = typeof top === 'number' && typeof left === 'number' && Number.isInteger(top) && Number.isInteger(left);
  return typeof guid === 'string' && typeof cut === 'boolean' && numbers && isGrid(cells) && isGrid(formulas);
}

/** Repeat the first row of the selection below it, or the first column beside it. */
export function fillCells(desk: Desk, where: 'down' | 'right'): void {
  const { view, t, say } = desk;
  const { top, bottom, left, right } = view.range;
  const down = where === 'down';
  if (down ? bottom <= top : right <= left) return say(t.nothingToFill);
  const changes: CellChange[] = [];
  for (let r = down ? top + 1 : top; r <= bottom; r += 1) {
    for (let c = down ? left : left + 1; c <= right; c += 1) {
      const [row, column] = [view.rows[r], view.columns[c]];
      const [fromRow, fromColumn] = [view.rows[down ? top : r], view.columns[down ? c : left]];
      if (row === undefined || column === undefined || fromRow === undefined || fromColumn === undefined) continue;
      const cell = view.cell(fromRow.id, fromColumn.id);
      const by = down ? { rows: r - top, cols: 0 } : { rows: 0, cols: c - left };
      changes.push({ row: row.id, col: column.id, value: isFormula(cell) ? shifted(cell, by, view.places) : cell });
    }
  }
  view.undo.part();
  setCells(view.table, changes);
  view.flush();
  say(t.filled(changes.length));
}
