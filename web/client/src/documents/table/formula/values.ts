/** All formulas of a table computed once, for a file: by row and column. */
import type * as Y from 'yjs';
import { part } from '../../../state/parts';
import { cellAt, tableOf } from '../model';
import { Calculator } from './calculator';
import { Fault, faultName } from './faults';
import { holdsFormula } from './formulas.svelte';
import { placesOf } from './table';

export type FormulaValue = readonly [row: string, col: string, value: string | number | boolean];

const SLICE = 20;

/** Errors under their English names. Without formulas nothing is loaded. */
export async function formulaValues(doc: Y.Doc, locale: 'de' | 'en'): Promise<FormulaValue[]> {
  const table = tableOf(doc);
  if (!holdsFormula(table)) return [];
  const { LIBRARY } = await part(() => import('./library'));
  const calculator = new Calculator(LIBRARY, locale, placesOf(table), (row, col) => cellAt(table, row, col));
  for (;;) {
    const end = performance.now() + SLICE;
    if (calculator.step(() => performance.now() > end)) break;
    await new Promise((resolve) => setTimeout(resolve));
  }
  return [...calculator.formulas.values()].map(({ row, col, value }) => [row, col, value instanceof Fault ? faultName(value.code, 'en') : (value ?? '')]);
}
