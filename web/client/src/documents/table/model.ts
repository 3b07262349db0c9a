/**
 * The table inside a Yjs document: reading it in order, and every change as one transaction. Pure on the document.
 *
 * Laws: a row's map is made once, in its insert. Deleting puts the id into `dead` and leaves the content, so an edit made at
 * the same time is not lost, undo is one key, and ranges keep resolving; the server sweeps later. Cells are single keys.
 */
import * as Y from 'yjs';
import { byPosition, positionsAt, type Placed, type Random } from '../position';
import { EDIT, FORMATS, oneOf, POS, randomId, ROLE, type Cell, type Format, type Shape } from '../schema';

export interface Table {
  readonly doc: Y.Doc;
  readonly rows: Y.Map<Shape>;
  readonly cols: Y.Map<Shape>;
  readonly dead: Y.Map<string>;
}

export interface Row extends Placed {
  readonly head: boolean;
}

export interface Column extends Placed {
  readonly width: number;
  readonly format: Format;
  /** What the person called it; empty: only its letter. */
  readonly name: string;
}

export interface CellChange {
  readonly row: string;
  readonly col: string;
  /** null empties the cell. */
  readonly value: Cell | null;
}

export const DEFAULT_WIDTH = 120;
const MIN_WIDTH = 48;
const MAX_WIDTH = 800;

export function tableOf(doc: Y.Doc): Table {
  return { doc, rows: doc.getMap('rows'), cols: doc.getMap('cols'), dead: doc.getMap('dead') };
}

export function rowsOf(table: Table): Row[] {
  return living(table.rows, table.dead, (id, shape, pos) => ({ id, pos, head: shape.get(ROLE) === 'head' }));
}

export function columnsOf(table: Table): Column[] {
  return living(table.cols, table.dead, (id, shape, pos) => ({
    id,
    pos,
    width: clampWidth(shape.get('w')),
    format: oneOf(FORMATS, shape.get('fmt')) ?? '',
    name: text(shape.get('name')),
  }));
}

function living<T extends Placed>(map: Y.Map<Shape>, dead: Y.Map<string>, read: (id: string, shape: Shape, pos: string) => T): T[] {
  const found: T[] = [];
  for (const [id, shape] of map) {
    if (!(shape instanceof Y.Map) || dead.has(id)) continue;
    const pos = shape.get(POS);
    if (typeof pos === 'string') found.push(read(id, shape, pos));
  }
  return found.sort(byPosition);
}

export function cellAt(table: Table, row: string, col: string): Cell | null {
  const value = table.rows.get(row)?.get(col);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

export function setCells(table: Table, changes: readonly CellChange[]): void {
  table.doc.transact(() => {
    for (const { row, col, value } of changes) {
      const shape = table.rows.get(row);
      if (shape === undefined || cellAt(table, row, col) === value) continue;
      if (value === null || value === '') shape.delete(col);
      else shape.set(col, value);
    }
  }, EDIT);
}

/** Insert empty rows before `index` and return their ids. */
export function insertRows(table: Table, index: number, count: number, random: Random = Math.random): string[] {
  return insert(table, table.rows, rowsOf(table), { index, count, random }, () => []);
}

/** Insert empty columns before `index` and return their ids; they look like their neighbour. */
export function insertColumns(table: Table, index: number, count: number, random: Random = Math.random): string[] {
  const columns = columnsOf(table);
  const model = columns[index - 1] ?? columns[index];
  const look: [string, unknown][] = [['w', model?.width ?? DEFAULT_WIDTH], ['fmt', model?.format ?? '']];
  return insert(table, table.cols, columns, { index, count, random }, () => look);
}

interface Insertion {
  readonly index: number;
  readonly count: number;
  readonly random: Random;
}

function insert(table: Table, map: Y.Map<Shape>, present: readonly Placed[], at: Insertion, look: () => [string, unknown][]): string[] {
  const positions = positionsAt(present, at.index, at.count, at.random);
  const ids = positions.map(() => randomId(at.random === Math.random ? undefined : at.random));
  table.doc.transact(() => {
    for (const [number, id] of ids.entries()) map.set(id, new Y.Map<unknown>([[POS, positions[number]], ...look()]));
  }, EDIT);
  return ids;
}

/** Rows and columns alike: ids never meet. */
export function remove(table: Table, ids: readonly string[]): void {
  table.doc.transact(() => {
    for (const id of ids) {
      const pos = (table.rows.get(id) ?? table.cols.get(id))?.get(POS);
      if (typeof pos === 'string') table.dead.set(id, pos);
    }
  }, EDIT);
}

/** Move a row or column to stand before `index` of the present order. */
export function move(table: Table, id: string, index: number, random: Random = Math.random): void {
  const map = table.rows.has(id) ? table.rows : table.cols;
  const present = living(map, table.dead, (key, _shape, pos) => ({ id: key, pos }));
  const from = present.findIndex((item) => item.id === id);
  if (from < 0 || index === from || index === from + 1) return;
  const others = present.filter((item) => item.id !== id);
  const [pos] = positionsAt(others, index > from ? index - 1 : index, 1, random);
  table.doc.transact(() => map.get(id)?.set(POS, pos), EDIT);
}

export function setHeading(table: Table, row: string, head: boolean): void {
  const shape = table.rows.get(row);
  table.doc.transact(() => (head ? shape?.set(ROLE, 'head') : shape?.delete(ROLE)), EDIT);
}

export type ColumnChange = Partial<Pick<Column, 'width' | 'format' | 'name'>>;

export function setColumn(table: Table, col: string, change: ColumnChange): void {
  const shape = table.cols.get(col);
  if (shape === undefined) return;
  table.doc.transact(() => {
    if (change.width !== undefined) shape.set('w', clampWidth(change.width));
    if (change.format !== undefined) shape.set('fmt', change.format);
    if (change.name === '') shape.delete('name');
    else if (change.name !== undefined) shape.set('name', change.name);
  }, EDIT);
}

function clampWidth(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return DEFAULT_WIDTH;
  return Math.round(Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, value)));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A, B, … Z, AA, …: the name of the column at an index. */
export function columnLetters(index: number): string {
  let letters = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  return letters;
}
