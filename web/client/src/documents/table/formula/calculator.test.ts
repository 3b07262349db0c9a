import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { LossyNetwork } from '../../testing/network';
import { seeded } from '../../testing/random';
import { cellAt, insertColumns, insertRows, move, remove, rowsOf, columnsOf, setCells, tableOf, type Table } from '../model';
import { Calculator } from './calculator';
import { LIBRARY } from './library';
import { columnLetters } from '../model';
import { placesOf } from './table';
import { calculated, formulaAt, idsOf, said, tableWith, write } from './testing';
import { shownIn } from './tokens';
import { shifted, shown, stored } from './write';

const at = (table: Table, a1: string) => {
  const { row, col } = idsOf(a1, placesOf(table));
  return said(calculated(table).valueAt(row, col));
};

const rowId = (table: Table, number: number) => rowsOf(table)[number - 1]?.id ?? '';

describe('references live with their cells', () => {
  const sample = () => tableWith([[1, '=SUM(A1:A5)'], [2, '=A2*10'], [3, '=SUM(A:A)'], [4, '=$A$3'], [5, '=COUNTA(2:3)']]);

  it('keeps meaning the same cells while rows are inserted, moved and deleted', () => {
    const table = sample();
    insertRows(table, 2, 1);
    expect(formulaAt(table, 'B1')).toBe('=SUM(A1:A6)');
    write(table, 'A3', 100);
    expect(at(table, 'B1')).toBe(115);
    remove(table, [rowId(table, 2)]);
    expect(formulaAt(table, 'B1')).toBe('=SUM(A1:A5)');
    expect(at(table, 'B1')).toBe(113);
  });

  it('shrinks a range whose end is deleted, and gives #REF! for a cell that is', () => {
    const table = sample();
    const undo = new Y.UndoManager([table.rows, table.dead], { trackedOrigins: new Set(['edit']), captureTimeout: 0 });
    remove(table, [rowId(table, 5)]);
    expect(formulaAt(table, 'B1')).toBe('=SUM(A1:A4)');
    expect(at(table, 'B1')).toBe(10);
    remove(table, [rowId(table, 3)]);
    expect(formulaAt(table, 'B3')).toBe('=#REF!');
    expect(formulaAt(table, 'B3', 'de')).toBe('=#BEZUG!');
    expect(at(table, 'B3')).toBe('#REF!');
    undo.undo();
    expect(formulaAt(table, 'B4')).toBe('=$A$3');
    expect(at(table, 'B4')).toBe(3);
  });

  it('gives #REF! for a range of which nothing is left', () => {
    const table = tableWith([[1, null], [2, null], [3, '=SUM(A1:A2)'], [4, '=SUM(A2:A1)']]);
    remove(table, [rowId(table, 1)]);
    expect(formulaAt(table, 'B3')).toBe('=SUM(A1:A1)');
    remove(table, [rowId(table, 1)]);
    expect(at(table, 'B1')).toBe('#REF!');
    expect(formulaAt(table, 'B1')).toBe('=SUM(#REF!)');
  });

  it('moves with a copy unless a dollar stands before it', () => {
    const table = tableWith([[1, null, null], [2, null, null], [3, null, null]]);
    const places = placesOf(table);
    const copy = (formula: string, rows: number, cols: number) => shown(shifted(stored(formula, shownIn('en', places)), { rows, cols }, places), shownIn('en', places));
    expect(copy('=A1+$A1+A$1+$A$1', 1, 1)).toBe('=B2+$A2+B$1+$A$1');
    expect(copy('=SUM(A1:B2)', 1, 1)).toBe('=SUM(B2:C3)');
    expect(copy('=SUM(A:A)', 5, 1)).toBe('=SUM(B:B)');
    expect(copy('=A1', -1, 0)).toBe('=#REF!');
    expect(copy('="A1"&A1', 1, 0)).toBe('="A1"&A2');
  });
});

describe('computing', () => {
  it('computes only what depends on a change', () => {
    const table = tableWith([[1, '=A1+1', '=B1+1'], [2, '=A2+1', '=SUM(A1:A2)']]);
    const places = placesOf(table);
    const computed: string[] = [];
    const spied = new Map([...LIBRARY, ['SUM', (args: Parameters<NonNullable<ReturnType<typeof LIBRARY.get>>>[0]) => { computed.push('SUM'); return LIBRARY.get('SUM')?.(args, { locale: 'en' }) ?? null; }] as const]);
    const calculator = new Calculator(spied, 'en', places, (row, col) => cellAt(table, row, col));
    calculator.step(() => false);
    expect(computed).toEqual(['SUM']);
    calculator.set([{ ...idsOf('B1', places), value: 5 }]);
    calculator.step(() => false);
    expect(computed).toEqual(['SUM']);
    expect(calculator.valueAt(idsOf('C1', places).row, idsOf('C1', places).col)).toBe(6);
    calculator.set([{ ...idsOf('A1', places), value: 5 }]);
    expect(calculator.done).toBe(false);
    calculator.step(() => false);
    expect(computed).toEqual(['SUM', 'SUM']);
  });

  it('shows the same error in every cell of a circle, and only there', () => {
    const table = tableWith([['=B1', '=C1+1', '=A1'], ['=A2', '=A1', '=IFERROR(A1,"aus")'], ['=SUM(A1:A3)', '=1', '=B3']]);
    const all = ['A1', 'B1', 'C1', 'A2', 'B2', 'C2', 'A3', 'B3', 'C3'].map((a1) => at(table, a1));
    expect(all).toEqual(['#CYCLE!', '#CYCLE!', '#CYCLE!', '#CYCLE!', '#CYCLE!', 'aus', '#CYCLE!', 1, 1]);
  });

  it('heals when a circle is broken', () => {
    const table = tableWith([['=B1', '=A1']]);
    const places = placesOf(table);
    const calculator = calculated(table);
    calculator.set([{ ...idsOf('B1', places), value: 7 }]);
    calculator.step(() => false);
    const { row, col } = idsOf('A1', places);
    expect(calculator.valueAt(row, col)).toBe(7);
  });

  it('works in steps, what is in sight first, without recursion', () => {
    const count = 3_000;
    const table = tableWith(Array.from({ length: count }, (_, index) => [index === 0 ? 1 : `=A${index}+1`, `=SUM(A$1:A${Math.min(count, index + 3)})`]));
    const places = placesOf(table);
    const calculator = new Calculator(LIBRARY, 'en', places, (row, col) => cellAt(table, row, col));
    let steps = 0;
    let looks = 0;
    while (!calculator.step(() => (looks += 1) % 50 === 0)) steps += 1;
    expect(steps).toBeGreaterThan(100);
    expect(calculator.valueAt(rowId(table, count), places.cols.idAt(0) ?? '')).toBe(count);
    expect(calculator.valueAt(rowId(table, count), places.cols.idAt(1) ?? '')).toBe((count * (count + 1)) / 2);
  });

  it('gives the same as computing all anew, whatever changes', () => {
    const random = seeded(5);
    for (let round = 0; round < 20; round += 1) {
      const table = tableWith(Array.from({ length: 8 }, () => Array.from({ length: 4 }, () => randomCell(random))));
      let places = placesOf(table);
      const read = (row: string, col: string) => cellAt(table, row, col);
      const calculator = new Calculator(LIBRARY, 'en', places, read);
      for (let change = 0; change < 40; change += 1) {
        const luck = random();
        if (luck < 0.1) insertRows(table, Math.floor(random() * 8), 1, random);
        else if (luck < 0.2) move(table, rowId(table, 1 + Math.floor(random() * 7)), Math.floor(random() * 8), random);
        else if (luck < 0.3) remove(table, [rowId(table, 1 + Math.floor(random() * 8))]);
        if (luck < 0.3) {
          places = placesOf(table);
          calculator.arrange(places, read);
        } else {
          const cell = { row: places.rows.idAt(Math.floor(random() * places.rows.count)) ?? '', col: places.cols.idAt(Math.floor(random() * 4)) ?? '' };
          const typed = randomCell(random);
          const value = typeof typed === 'string' ? stored(typed, shownIn('en', places)) : typed;
          setCells(table, [{ ...cell, value }]);
          calculator.set([{ ...cell, value }]);
        }
        let looks = 0;
        calculator.step(() => (looks += 1) > 10 * random());
      }
      while (!calculator.step(() => random() < 0.5)) continue;
      const fresh = calculated(table);
      for (const [key, { value }] of fresh.formulas) expect(said(calculator.formulas.get(key)?.value), `round ${round}`).toEqual(said(value));
      expect(calculator.formulas.size).toBe(fresh.formulas.size);
    }
  });
});

function randomCell(random: () => number): string | number | null {
  const cell = () => `${random() < 0.3 ? '$' : ''}${columnLetters(Math.floor(random() * 4))}${random() < 0.3 ? '$' : ''}${1 + Math.floor(random() * 6)}`;
  const luck = random();
  if (luck < 0.5) return Math.round(random() * 20);
  if (luck < 0.65) return `=${cell()}+1`;
  if (luck < 0.85) return `=SUM(${cell()}:${cell()})`;
  if (luck < 0.9) return `=IF(${cell()}>5,${cell()},COUNT(A:B))`;
  return luck < 0.95 ? `=ROW()*${cell()}` : null;
}

describe('two people at once', () => {
  it.each([1, 2, 3, 4, 5, 6])('end with equal formulas that mean the same cells (seed %i)', (seed) => {
    const random = seeded(seed);
    const network = new LossyNetwork(3, random);
    const tables = network.clients.map(tableOf);
    const [first] = tables;
    if (first === undefined) throw new Error('no client');
    insertColumns(first, 0, 4, random);
    insertRows(first, 0, 8, random);
    network.heal();
    for (let round = 0; round < 150; round += 1) {
      edit(tables[Math.floor(random() * tables.length)] ?? first, random);
      network.step(Math.floor(random() * 8));
    }
    network.heal();
    const outcome = (table: Table) => {
      const places = placesOf(table);
      const calculator = calculated(table);
      return rowsOf(table).map(({ id }) =>
        columnsOf(table).map((column) => {
          const cell = cellAt(table, id, column.id);
          const formula = typeof cell === 'string' && cell.startsWith('=');
          return formula ? [shown(cell, shownIn('de', places)), said(calculator.valueAt(id, column.id))] : cell;
        }),
      );
    };
    const expected = outcome(tableOf(network.server));
    for (const table of tables) expect(outcome(table), `seed ${seed}`).toEqual(expected);
    expect(JSON.stringify(expected)).toContain('=SUMME');
  });

  function edit(table: Table, random: () => number): void {
    const rows = rowsOf(table).map(({ id }) => id);
    const luck = random();
    const pick = () => rows[Math.floor(random() * rows.length)] ?? '';
    if (luck < 0.5) {
      const places = placesOf(table);
      const typed = randomCell(random);
      setCells(table, [{ row: pick(), col: columnsOf(table)[Math.floor(random() * 4)]?.id ?? '', value: typeof typed === 'string' ? stored(typed, shownIn('en', places)) : typed }]);
    } else if (luck < 0.65) insertRows(table, Math.floor(random() * (rows.length + 1)), 1, random);
    else if (luck < 0.8 && rows.length > 4) remove(table, [pick()]);
    else move(table, pick(), Math.floor(random() * (rows.length + 1)), random);
  }
});
