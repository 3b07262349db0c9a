/** What stands in a column. The cells are keys of the rows, so a column's own shape does not hold them. */
import * as Y from 'yjs';
import type { Table } from './model';

/** Return how to find what stands in the column that an item of the document is; nothing for other items. */
export function cellsBelow({ rows, cols }: Table): (item: Y.Item) => Y.Item[] {
  return ({ parent, parentSub }) => {
    if (parent !== cols || parentSub === null) return [];
    const found: Y.Item[] = [];
    for (const row of rows.values()) {
      const cell = row instanceof Y.Map ? row._map.get(parentSub) : undefined;
      if (cell !== undefined) found.push(cell);
    }
    return found;
  };
}
