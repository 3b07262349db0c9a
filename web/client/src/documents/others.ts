/**
 * What others have put into things that one made oneself: such a thing stays when its making is undone.
 *
 * Laws: whatever lives in a thing and was not made in this visit is somebody else's, also what an own undo has brought back
 * of theirs. A thing that stays keeps the keys that it was made with, or nobody could see it. Leans on how Yjs keeps its items.
 */
import * as Y from 'yjs';
import { POS } from './schema';

/** Without these, rows, columns, slides and boxes are read as absent, or are others than they were. */
const MADE_WITH: ReadonlySet<string> = new Set([POS, 'bg', 'els', 'ink', 'notes', 'k', 'g', 'z', 'body', 'src']);

/** Finds what belongs to a thing and does not stand in its shape. */
export type Beyond = (item: Y.Item) => readonly Y.Item[];

type Step = Y.UndoManager['undoStack'][number];

export class Others {
  readonly #doc: Y.Doc;
  readonly #beyond: Beyond;
  /** Clocks of our own items that brought back what was theirs: [from, to). */
  #back: [from: number, to: number][] = [];

  constructor(doc: Y.Doc, beyond: Beyond) {
    this.#doc = doc;
    this.#beyond = beyond;
  }

  /** Whether undo may delete this item. */
  mayGo(item: Y.Item): boolean {
    if (this.#inhabited(item)) return false;
    const shape = item.parent instanceof Y.AbstractType ? item.parent._item : null;
    const needed = item.parentSub !== null && MADE_WITH.has(item.parentSub) && this.#isFirst(item);
    return !(needed && shape !== null && this.#inhabited(shape));
  }

  /** A step was taken back: what it had deleted of others is here again, under our own id. */
  brought({ deletions }: Step): void {
    const { clientID, store } = this.#doc;
    for (const [client, ranges] of deletions.clients) {
      for (const { clock, len } of ranges) {
        let at = clock;
        while (at < clock + len) {
          const item = Y.getItem(store, Y.createID(client, at));
          const theirs = client !== clientID || this.#isBack(item);
          if (item instanceof Y.Item && item.redone !== null && theirs) this.#back.push([item.redone.clock, item.redone.clock + item.length]);
          at = item.id.clock + item.length;
        }
      }
    }
  }

  #inhabited(item: Y.Item): boolean {
    const inside = item.content instanceof Y.ContentType ? insideOf(item.content.type) : [];
    for (const one of inside) if (!one.deleted && (this.#isTheirs(one) || this.#inhabited(one))) return true;
    return this.#beyond(item).some((one) => !one.deleted && this.#isTheirs(one));
  }

  /** Whether this is what its key was made with, or that again after undo. */
  #isFirst(item: Y.Item): boolean {
    let first: Y.Item | Y.GC = item;
    while (first instanceof Y.Item && first.left !== null) first = first.left;
    while (first instanceof Y.Item && first.redone !== null) first = Y.getItem(this.#doc.store, first.redone);
    return first === item;
  }

  #isTheirs(item: Y.Item): boolean {
    return item.id.client !== this.#doc.clientID || this.#isBack(item);
  }

  #isBack({ id, length }: Y.Item | Y.GC): boolean {
    return this.#back.some(([from, to]) => id.clock < to && id.clock + length > from);
  }
}

function* insideOf(type: Y.AbstractType<unknown>): Iterable<Y.Item> {
  for (let item = type._start; item !== null; item = item.right) yield item;
  yield* type._map.values();
}
