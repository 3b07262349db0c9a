/** One person's undo never takes back another's words: two replicas, each with the undo of its editor. */
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { addSlide, addText, deckOf, removeSlide, setGeometry, setLook, slidesOf, type Deck } from './deck/model';
import { EDIT } from './schema';
import { cellsBelow } from './table/columns';
import { cellAt, columnsOf, insertColumns, insertRows, remove, rowsOf, setCells, setHeading, tableOf, type Table } from './table/model';
import { OwnUndo } from './undo.svelte';

const TYPED = Symbol('typed');
const FAR = Symbol('far');

/** Two documents that are always the same. */
function pair(): [Y.Doc, Y.Doc] {
  const [ada, ben] = [new Y.Doc(), new Y.Doc()];
  [ada.clientID, ben.clientID] = [1, 2];
  ada.on('update', (update: Uint8Array, origin: unknown) => origin !== FAR && Y.applyUpdate(ben, update, FAR));
  ben.on('update', (update: Uint8Array, origin: unknown) => origin !== FAR && Y.applyUpdate(ada, update, FAR));
  return [ada, ben];
}

function same(one: Y.Doc, other: Y.Doc): void {
  const read = (doc: Y.Doc) => ['rows', 'cols', 'dead', 'slides'].map((name) => doc.getMap(name).toJSON());
  expect(read(one)).toEqual(read(other));
}

describe('in a table', () => {
  const undoOf = (table: Table) => new OwnUndo([table.rows, table.cols, table.dead], [], cellsBelow(table));

  function desks(): [Table, Table, OwnUndo, { row: string; col: string }] {
    const [ada, ben] = pair().map(tableOf) as [Table, Table];
    const [col = ''] = insertColumns(ben, 0, 2);
    const [row = ''] = insertRows(ben, 0, 2);
    return [ada, ben, undoOf(ada), { row, col }];
  }

  const write = (table: Table, at: { row: string; col: string }, value: string) => setCells(table, [{ ...at, value }]);

  test('what another wrote over it stays, and what another wrote before it comes back', () => {
    const [ada, ben, undo, at] = desks();
    write(ada, at, 'Ada');
    write(ben, at, 'Ben');
    undo.undo();
    expect(cellAt(ada, at.row, at.col)).toBe('Ben');
    undo.part();
    write(ada, at, 'Ada again');
    undo.undo();
    expect(cellAt(ben, at.row, at.col)).toBe('Ben');
    undo.redo();
    expect(cellAt(ben, at.row, at.col)).toBe('Ada again');
    same(ada.doc, ben.doc);
  });

  test('a row in which another writes stays, in its place; an own cell in it goes', () => {
    const [ada, ben, undo, { col }] = desks();
    undo.part();
    const [row = '', other = ''] = insertRows(ada, 1, 2);
    const order = rowsOf(ada).map(({ id }) => id);
    undo.part();
    setCells(ada, [{ row, col, value: 'Ada' }]);
    undo.part();
    setHeading(ada, row, true);
    const [, second = ''] = columnsOf(ben).map(({ id }) => id);
    setCells(ben, [{ row, col: second, value: 'Ben' }]);
    undo.undo();
    expect(rowsOf(ben)[1]?.head).toBe(false);
    undo.undo();
    undo.undo();
    expect(rowsOf(ben).map(({ id }) => id)).toEqual(order.filter((id) => id !== other));
    expect([cellAt(ben, row, col), cellAt(ben, row, second)]).toEqual([null, 'Ben']);
    same(ada.doc, ben.doc);
  });

  test('a column in which another writes stays, one in which nobody else does goes', () => {
    const [ada, ben, undo, { row }] = desks();
    undo.part();
    const [used = '', unused = ''] = insertColumns(ada, 0, 2);
    setCells(ada, [{ row, col: unused, value: 'Ada' }]);
    setCells(ben, [{ row, col: used, value: 'Ben' }]);
    undo.undo();
    const columns = columnsOf(ben).map(({ id }) => id);
    expect(columns).toContain(used);
    expect(columns).not.toContain(unused);
    expect(cellAt(ben, row, used)).toBe('Ben');
  });

  test('an own deletion is undone, and what another wrote meanwhile is there', () => {
    const [ada, ben, undo, { row, col }] = desks();
    remove(ada, [row]);
    setCells(ben, [{ row, col, value: 'Ben' }]);
    undo.undo();
    expect(rowsOf(ada)[0]?.id).toBe(row);
    expect(cellAt(ada, row, col)).toBe('Ben');
  });

  test('after loading again there is nothing to undo, whoever wrote it', () => {
    const [ada, ben, , at] = desks();
    write(ada, at, 'Ada');
    const again = tableOf(new Y.Doc());
    const undo = undoOf(again);
    Y.applyUpdate(again.doc, Y.encodeStateAsUpdate(ada.doc), FAR);
    write(ben, at, 'Ben');
    Y.applyUpdate(again.doc, Y.encodeStateAsUpdate(ben.doc), FAR);
    undo.undo();
    expect(undo.canUndo).toBe(false);
    expect(cellAt(again, at.row, at.col)).toBe('Ben');
  });
});

describe('in a deck', () => {
  const undoOf = (deck: Deck) => new OwnUndo([deck.slides], [TYPED]);
  const bodyOf = (deck: Deck, slide: number, element = 0) => slidesOf(deck)[slide]?.elements[element]?.body ?? null;
  const linesOf = (deck: Deck, slide: number, element = 0) => slidesOf(deck)[slide]?.elements[element]?.lines;

  function desks(): [Deck, Deck, OwnUndo] {
    const [ada, ben] = pair().map(deckOf) as [Deck, Deck];
    addSlide(ben, 0, 'board');
    return [ada, ben, undoOf(ada)];
  }

  /** Type into a paragraph, as the text editor's binding does. */
  function type(deck: Deck, slide: number, element: number, at: number, words: string): void {
    deck.doc.transact(() => {
      const paragraph = bodyOf(deck, slide, element)?.get(0) as Y.XmlElement;
      if (paragraph.length === 0) paragraph.insert(0, [new Y.XmlText()]);
      (paragraph.get(0) as Y.XmlText).insert(at, words);
    }, TYPED);
  }

  test('own letters go from among the letters of others', () => {
    const [ada, ben, undo] = desks();
    type(ada, 0, 0, 0, 'Ada');
    type(ben, 0, 0, 1, 'Ben');
    expect(linesOf(ben, 0)).toEqual(['ABenda']);
    undo.undo();
    expect(linesOf(ben, 0)).toEqual(['Ben']);
    undo.redo();
    expect(linesOf(ben, 0)).toEqual(['ABenda']);
    same(ada.doc, ben.doc);
  });

  test('a box in which another writes stays where it is', () => {
    const [ada, ben, undo] = desks();
    const slide = slidesOf(ada)[0]?.id ?? '';
    undo.part();
    const box = addText(ada, slide) ?? '';
    undo.part();
    setGeometry(ada, slide, box, [5, 6, 700, 80, 0]);
    undo.part();
    setLook(ada, slide, box, { size: 'xl' });
    type(ben, 0, 1, 0, 'Ben');
    for (let step = 0; step < 4; step += 1) undo.undo();
    expect(undo.canUndo).toBe(false);
    expect(slidesOf(ben)[0]?.elements[1]).toMatchObject({ id: box, size: 'm', lines: ['Ben'] });
    expect(slidesOf(ben)[0]?.elements[1]?.g[0]).not.toBe(5);
    same(ada.doc, ben.doc);
  });

  test('a slide on which another puts something stays, without what was put there oneself', () => {
    const [ada, ben, undo] = desks();
    undo.part();
    const slide = addSlide(ada, 1, 'paper');
    addText(ben, slide);
    type(ben, 1, 1, 0, 'Ben');
    undo.undo();
    const [, kept] = slidesOf(ben);
    expect(kept).toMatchObject({ id: slide, bg: 'paper' });
    expect(kept?.elements.map(({ lines }) => lines)).toEqual([['Ben']]);
    expect(kept?.notes).not.toBeNull();
    same(ada.doc, ben.doc);
  });

  test('words that an undo brought back are still those of who wrote them', () => {
    const [ada, ben, undo] = desks();
    undo.part();
    const slide = addSlide(ada, 1, 'paper');
    type(ben, 1, 0, 0, 'Ben');
    undo.part();
    removeSlide(ada, slide);
    for (let round = 0; round < 2; round += 1) {
      undo.undo();
      expect(linesOf(ben, 1)).toEqual(['Ben']);
      if (round === 0) undo.redo();
      if (round === 0) expect(slidesOf(ben)).toHaveLength(1);
    }
    undo.undo();
    expect(linesOf(ben, 1)).toEqual(['Ben']);
    same(ada.doc, ben.doc);
  });

  test('a slide of which nobody else has written a word goes', () => {
    const [ada, ben, undo] = desks();
    undo.part();
    addSlide(ada, 1, 'paper');
    type(ada, 1, 0, 0, 'Ada');
    undo.undo();
    expect(slidesOf(ben)).toHaveLength(1);
    undo.redo();
    expect(linesOf(ben, 1)).toEqual(['Ada']);
    ben.doc.transact(() => undefined, EDIT);
    same(ada.doc, ben.doc);
  });
});
