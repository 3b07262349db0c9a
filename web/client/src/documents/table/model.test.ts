import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { EDIT } from '../schema';
import { LossyNetwork } from '../testing/network';
import { seeded } from '../testing/random';
import { cellAt, columnLetters, columnsOf, insertColumns, insertRows, move, remove, rowsOf, setCells, setColumn, setHeading, tableOf, type Table } from './model';

function sample(rows = 3, cols = 2): Table {
  const table = tableOf(new Y.Doc());
  const random = seeded(1);
  insertColumns(table, 0, cols, random);
  insertRows(table, 0, rows, random);
  return table;
}

const rowIds = (table: Table) => rowsOf(table).map(({ id }) => id);
const columnIds = (table: Table) => columnsOf(table).map(({ id }) => id);

/** What a person sees: the cells in order. */
function seen(table: Table): unknown {
  const columns = columnsOf(table);
  return { columns, rows: rowsOf(table).map(({ id, head }) => [id, head, ...columns.map((column) => cellAt(table, id, column.id))]) };
}

describe('table', () => {
  it('inserts rows and columns where they are asked for', () => {
    const table = sample();
    const [a, b, c] = rowIds(table);
    const [fresh] = insertRows(table, 1, 1);
    expect(rowIds(table)).toEqual([a, fresh, b, c]);
    const [first, second] = columnIds(table);
    const [left] = insertColumns(table, 0, 1);
    expect(columnIds(table)).toEqual([left, first, second]);
  });

  it('gives a new column the look of its neighbour', () => {
    const table = sample();
    const [, second = ''] = columnIds(table);
    setColumn(table, second, { width: 200, format: '0.00', name: 'Länge' });
    const [made] = insertColumns(table, 2, 1);
    expect(columnsOf(table).at(-1)).toMatchObject({ id: made, width: 200, format: '0.00', name: '' });
  });

  it('deletes softly: an edit made meanwhile is still there after undo', () => {
    const table = sample();
    const undo = new Y.UndoManager([table.rows, table.cols, table.dead], { trackedOrigins: new Set([EDIT]), captureTimeout: 0 });
    const [a = '', b = ''] = rowIds(table);
    const [col = ''] = columnIds(table);
    remove(table, [a]);
    expect(rowIds(table)[0]).toBe(b);
    table.doc.transact(() => table.rows.get(a)?.set(col, 'von nebenan'), 'network');
    undo.undo();
    expect(rowIds(table)[0]).toBe(a);
    expect(cellAt(table, a, col)).toBe('von nebenan');
  });

  it('brings a deleted column back with its cells', () => {
    const table = sample();
    const undo = new Y.UndoManager([table.rows, table.cols, table.dead], { trackedOrigins: new Set([EDIT]), captureTimeout: 0 });
    const [row = ''] = rowIds(table);
    const [col = ''] = columnIds(table);
    setCells(table, [{ row, col, value: 3.5 }]);
    remove(table, [col]);
    expect(columnIds(table)).not.toContain(col);
    undo.undo();
    expect(columnIds(table)[0]).toBe(col);
    expect(cellAt(table, row, col)).toBe(3.5);
  });

  it('writes nothing when nothing changes', () => {
    const table = sample();
    const [row = ''] = rowIds(table);
    const [col = ''] = columnIds(table);
    setCells(table, [{ row, col, value: 1 }]);
    let updates = 0;
    table.doc.on('update', () => (updates += 1));
    setCells(table, [{ row, col, value: 1 }]);
    move(table, row, 0);
    move(table, row, 1);
    expect(updates).toBe(0);
    setCells(table, [{ row, col, value: null }]);
    expect(cellAt(table, row, col)).toBeNull();
    expect(updates).toBe(1);
  });

  it('moves rows down and up', () => {
    const table = sample(4);
    const [a = '', b = '', c = '', d = ''] = rowIds(table);
    move(table, a, 3);
    expect(rowIds(table)).toEqual([b, c, a, d]);
    move(table, d, 0);
    expect(rowIds(table)).toEqual([d, b, c, a]);
  });

  it('reads what a foreign client wrote wrongly as absent', () => {
    const table = sample(1, 1);
    const [row = ''] = rowIds(table);
    const [col = ''] = columnIds(table);
    (table.rows as Y.Map<unknown>).set('bad', 5);
    table.rows.set('worse', new Y.Map<unknown>([['!', 7]]));
    table.rows.get(row)?.set(col, { nested: true });
    table.cols.get(col)?.set('w', 1e9);
    table.cols.get(col)?.set('fmt', '0.000000');
    expect(rowIds(table)).toEqual([row]);
    expect(cellAt(table, row, col)).toBeNull();
    expect(columnsOf(table)[0]).toMatchObject({ width: 800, format: '' });
  });

  it('names columns as spreadsheets do', () => {
    expect([0, 25, 26, 51, 52, 701, 702].map(columnLetters)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA']);
  });
});

describe('table on a lossy network', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('ends the same for five people (seed %i)', (seed) => {
    const random = seeded(seed);
    const network = new LossyNetwork(5, random);
    const first = tableOf(network.clients[0] ?? new Y.Doc());
    insertColumns(first, 0, 4, random);
    insertRows(first, 0, 6, random);
    network.heal();
    const tables = network.clients.map(tableOf);
    for (let round = 0; round < 300; round += 1) {
      const table = tables[Math.floor(random() * tables.length)] ?? first;
      randomEdit(table, random);
      network.step(Math.floor(random() * 12));
      if (random() < 0.02) network.heal();
    }
    network.heal();
    const expected = seen(tableOf(network.server));
    for (const table of tables) {
      expect(seen(table), `seed ${seed}`).toEqual(expected);
      expect(table.doc.store.pendingStructs, `seed ${seed}`).toBeNull();
    }
    expect(rowsOf(first).length).toBeGreaterThan(0);
  });
});

function randomEdit(table: Table, random: () => number): void {
  const rows = rowIds(table);
  const columns = columnIds(table);
  const pick = (ids: string[]) => ids[Math.floor(random() * ids.length)] ?? '';
  const luck = random();
  if (luck < 0.6) setCells(table, [{ row: pick(rows), col: pick(columns), value: Math.round(random() * 100) }]);
  else if (luck < 0.72) insertRows(table, Math.floor(random() * (rows.length + 1)), 1 + Math.floor(random() * 3), random);
  else if (luck < 0.78) insertColumns(table, Math.floor(random() * (columns.length + 1)), 1, random);
  else if (luck < 0.85 && rows.length > 2) remove(table, [pick(rows)]);
  else if (luck < 0.87 && columns.length > 2) remove(table, [pick(columns)]);
  else if (luck < 0.95) move(table, pick(rows), Math.floor(random() * (rows.length + 1)), random);
  else if (luck < 0.97) setHeading(table, pick(rows), random() < 0.5);
  else setColumn(table, pick(columns), { width: 60 + Math.round(random() * 200), name: `N${Math.round(random() * 9)}` });
}
