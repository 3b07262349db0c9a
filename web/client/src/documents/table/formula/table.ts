/** The places of a table's rows and columns, also of deleted ones. */
import { POS } from '../../schema';
import { columnsOf, rowsOf, type Column, type Row, type Table } from '../model';
import { Lines, type Places } from './places';

export function placesOf(table: Table, rows: readonly Row[] = rowsOf(table), columns: readonly Column[] = columnsOf(table)): Places {
  const dead = (id: string): string | undefined => {
    const pos = table.dead.get(id);
    if (typeof pos !== 'string') return undefined;
    const now: unknown = (table.rows.get(id) ?? table.cols.get(id))?.get(POS);
    return typeof now === 'string' ? now : pos;
  };
  return { rows: new Lines(rows, dead), cols: new Lines(columns, dead) };
}
