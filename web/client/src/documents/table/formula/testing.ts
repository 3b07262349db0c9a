/** For tests: a table in memory and its formulas as people write them. */
import * as Y from 'yjs';
import { cellAt, insertColumns, insertRows, setCells, tableOf, type Table } from '../model';
import { Calculator } from './calculator';
import { faultName, Fault, type Value } from './faults';
import { LIBRARY } from './library';
import type { Places } from './places';
import { placesOf } from './table';
import { columnIndex } from './places';
import { shownIn } from './tokens';
import { shown, stored } from './write';

export function tableWith(rows: readonly (readonly (string | number | boolean | null)[])[], locale: 'de' | 'en' = 'en'): Table {
  const table = tableOf(new Y.Doc());
  insertColumns(table, 0, Math.max(...rows.map((row) => row.length)));
  insertRows(table, 0, rows.length);
  const places = placesOf(table);
  setCells(
    table,
    rows.flatMap((line, r) =>
      line.map((value, c) => ({
        row: places.rows.idAt(r) ?? '',
        col: places.cols.idAt(c) ?? '',
        value: typeof value === 'string' && value.startsWith('=') ? stored(value, shownIn(locale, places)) : value,
      })),
    ),
  );
  return table;
}

export function idsOf(a1: string, places: Places): { row: string; col: string } {
  const [, letters = '', digits = ''] = /^([A-Z]+)(\d+)$/.exec(a1) ?? [];
  return { row: places.rows.idAt(Number(digits) - 1) ?? '', col: places.cols.idAt(columnIndex(letters)) ?? '' };
}

export function write(table: Table, a1: string, value: string | number | null, locale: 'de' | 'en' = 'en'): void {
  const places = placesOf(table);
  setCells(table, [{ ...idsOf(a1, places), value: typeof value === 'string' && value.startsWith('=') ? stored(value, shownIn(locale, places)) : value }]);
}

export function formulaAt(table: Table, a1: string, locale: 'de' | 'en' = 'en'): string {
  const places = placesOf(table);
  const { row, col } = idsOf(a1, places);
  return shown(String(cellAt(table, row, col)), shownIn(locale, places));
}

export function calculated(table: Table, locale: 'de' | 'en' = 'en'): Calculator {
  const calculator = new Calculator(LIBRARY, locale, placesOf(table), (row, col) => cellAt(table, row, col));
  calculator.step(() => false);
  return calculator;
}

export function said(value: Value | undefined): unknown {
  return value instanceof Fault ? faultName(value.code, 'en') : value;
}

/** The value of one formula over some rows of cells, written in English. */
export function valueOf(formula: string, rows: readonly (readonly (string | number | boolean | null)[])[] = [[null]]): unknown {
  const width = Math.max(...rows.map((row) => row.length));
  const table = tableWith([...rows.map((row) => [...row, ...Array<null>(width + 1 - row.length).fill(null)]), Array<null>(width + 1).fill(null)]);
  const places = placesOf(table);
  const at = { row: places.rows.idAt(rows.length) ?? '', col: places.cols.idAt(width) ?? '' };
  setCells(table, [{ ...at, value: stored(formula, shownIn('en', places)) }]);
  return said(calculated(table).valueAt(at.row, at.col));
}
