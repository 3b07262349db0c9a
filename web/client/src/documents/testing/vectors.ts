/** What a document says, in the words of tests/vectors/shapes.json: the same for Python and TypeScript. */
import type * as Y from 'yjs';
import { deckOf, slidesOf } from '../deck/model';
import { paragraphsOf } from '../deck/text';
import { cellAt, columnsOf, rowsOf, tableOf } from '../table/model';

export function tableSaid(doc: Y.Doc): unknown {
  const table = tableOf(doc);
  const columns = columnsOf(table);
  return {
    columns: columns.map(({ id, width, format, name }) => ({ id, width, format, name })),
    rows: rowsOf(table).map(({ id, head }) => ({ id, head, cells: columns.map((column) => cellAt(table, id, column.id)) })),
  };
}

export function deckSaid(doc: Y.Doc): unknown {
  return slidesOf(deckOf(doc)).map(({ id, bg, elements, notes }) => ({
    id,
    bg,
    notes: paragraphsOf(notes),
    elements: elements.map(({ id: element, kind, g, lines }) => ({ id: element, kind, g, lines })),
  }));
}
