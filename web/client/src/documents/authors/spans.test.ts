import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { fragmentOf } from '../deck/text';
import { Book, type AuthorsView } from './book';
import { byOf, spansOf } from './spans';

const ada = { account: 'ada', name: 'Ada', colour: 1 };
const ben = { account: 'ben', name: 'Ben', colour: 2 };

function pair(): [Y.Doc, Y.Doc] {
  const [a, b] = [new Y.Doc(), new Y.Doc()];
  [a.clientID, b.clientID] = [1, 2];
  a.on('update', (update: Uint8Array, origin) => origin !== 'far' && Y.applyUpdate(b, update, 'far'));
  b.on('update', (update: Uint8Array, origin) => origin !== 'far' && Y.applyUpdate(a, update, 'far'));
  return [a, b];
}

const bodyOf = (doc: Y.Doc) => doc.getMap<Y.XmlFragment>('m').get('body') as Y.XmlFragment;
const textOf = (doc: Y.Doc) => (bodyOf(doc).get(0) as Y.XmlElement).get(0) as Y.XmlText;
const book = (more: Partial<AuthorsView> = {}) =>
  new Book({ head: 1, people: [ada, ben], clients: [{ client: 1, person: 0, since: 5 }, { client: 2, person: 1, since: 6 }], runs: [], ...more });
const told = (doc: Y.Doc, known: Book) => spansOf(bodyOf(doc), known).map((line) => line.map(({ text, by }) => [text, by.person?.name ?? null]));

test('each letter belongs to whoever wrote it, on every replica', () => {
  const [a, b] = pair();
  a.getMap<Y.XmlFragment>('m').set('body', fragmentOf(['Der Scheitel', '']));
  textOf(b).insert(4, 'hohe 🙂 ');
  textOf(a).insert(0, '» ');
  for (const doc of [a, b]) {
    expect(told(doc, book())).toEqual([[['» Der ', 'Ada'], ['hohe 🙂 ', 'Ben'], ['Scheitel', 'Ada']], []]);
    const again = new Y.Doc();
    Y.applyUpdate(again, Y.encodeStateAsUpdate(doc));
    expect(told(again, book())).toEqual(told(doc, book()));
  }
});

test('what is brought back by undo belongs to whoever undoes', () => {
  const [a, b] = pair();
  a.getMap<Y.XmlFragment>('m').set('body', fragmentOf(['eins zwei']));
  const undo = new Y.UndoManager(bodyOf(b), { trackedOrigins: new Set([null]) });
  textOf(b).delete(0, 5);
  undo.undo();
  expect(told(a, book())).toEqual([[['eins ', 'Ben'], ['zwei', 'Ada']]]);
});

test('times divide what one person wrote; before the first run is when they began', () => {
  const [a] = pair();
  a.getMap<Y.XmlFragment>('m').set('body', fragmentOf(['']));
  const paragraph = bodyOf(a).get(0) as Y.XmlElement;
  paragraph.insert(0, [new Y.XmlText('abc')]);
  const clock = (textOf(a)._start as Y.Item).id.clock;
  textOf(a).insert(3, 'def');
  const hour = 3_600_000;
  const known = book({ runs: [{ client: 1, clock: clock + 3, at: hour }] });
  expect(spansOf(bodyOf(a), known)[0]).toEqual([{ text: 'abc', by: { person: ada, at: 5 } }, { text: 'def', by: { person: ada, at: hour } }]);
});

test('an erased or unknown writer is nobody, and an empty cell has none', () => {
  const [a, b] = pair();
  b.getMap('row').set('c1', 7);
  a.getMap('row').set('c2', 8);
  const known = book({ clients: [{ client: 2, person: null, since: 6 }] });
  const row = a.getMap<unknown>('row');
  expect(byOf(row, 'c1', known)).toEqual({ person: null, at: 6 });
  expect(byOf(row, 'c2', known)).toEqual({ person: null, at: null });
  expect(byOf(row, 'c3', known)).toBeNull();
  row.delete('c1');
  expect(byOf(row, 'c1', known)).toBeNull();
});
