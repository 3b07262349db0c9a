/** Everything a document says as plain text: for work that the server cannot take any more. */
import type * as Y from 'yjs';
import { kindOf, type Cell } from './schema';
import { deckOf, deckText } from './deck/model';
import { cellAt, columnsOf, rowsOf, tableOf } from './table/model';
import { placesOf } from './table/formula/table';
import { shownIn } from './table/formula/tokens';
import { shown } from './table/formula/write';
import { isFormula } from './table/text';
import { toTsv } from './table/tsv';

export function documentText(doc: Y.Doc): string {
  if (kindOf(doc) !== 'table') return deckText(deckOf(doc));
  const table = tableOf(doc);
  const columns = columnsOf(table);
  const writing = shownIn('en', placesOf(table));
  const text = (cell: Cell | null) => (isFormula(cell) ? shown(cell, writing) : String(cell ?? ''));
  return toTsv(rowsOf(table).map((row) => columns.map((column) => text(cellAt(table, row.id, column.id)))));
}

export function downloadText(name: string, text: string): void {
  const file = `${name.replace(/[\\/:*?"<>|]+/g, ' ').trim() || 'Kreide'}.txt`;
  saveBlob(file, new Blob([text], { type: 'text/plain;charset=utf-8' }));
}

/** Let the browser save it as a file of this name. */
export function saveBlob(name: string, data: Blob): void {
  const url = URL.createObjectURL(data);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
