/**
 * The copy of a document on this device (IndexedDB), with the number of changes that the server has not confirmed. Law: it is
 * a help. Where the browser keeps nothing, does not get to it or closes it, the document goes on without.
 */
import { IndexeddbPersistence } from 'y-indexeddb';
import type * as Y from 'yjs';
import { inTime } from '../device';

const WAITING = 'waiting';

export class LocalCopy {
  readonly #store: IndexeddbPersistence;
  #written = 0;

  private constructor(store: IndexeddbPersistence) {
    this.#store = store;
  }

  /** Return the copy, read into `doc`; null where the browser keeps nothing (private windows), or does not get to it. */
  static async open(name: string, doc: Y.Doc): Promise<LocalCopy | null> {
    if (!(await inTime(canStore(name), false))) return null;
    const store = new IndexeddbPersistence(name, doc);
    shield(store, doc);
    await inTime(store.whenSynced, undefined);
    return new LocalCopy(store);
  }

  async waiting(): Promise<number> {
    const value: unknown = await inTime(this.#store.get(WAITING), 0);
    this.#written = typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
    return this.#written;
  }

  noteWaiting(waiting: number): void {
    if (waiting === this.#written) return;
    this.#written = waiting;
    this.#store.set(WAITING, waiting).catch(() => undefined); // as it was: at the next visit too much is told as not saved
  }

  async close(): Promise<void> {
    await inTime(this.#store.destroy(), undefined);
  }

  async delete(): Promise<void> {
    await inTime(this.#store.clearData(), undefined);
  }
}

/**
 * Browsers close a store under us (an iPad that slept, another tab where somebody logged out); writing throws from then on,
 * and what throws while Yjs tells of a change ends all telling, sending included.
 */
function shield(store: IndexeddbPersistence, doc: Y.Doc): void {
  const write = store._storeUpdate;
  doc.off('update', write);
  store._storeUpdate = (update, origin) => {
    try {
      write(update, origin);
    } catch {
      doc.off('update', store._storeUpdate);
    }
  };
  doc.on('update', store._storeUpdate);
}

function canStore(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(name);
      request.onupgradeneeded = () => {
        // The stores of y-indexeddb, which would otherwise find a first version without them.
        request.result.createObjectStore('updates', { autoIncrement: true });
        request.result.createObjectStore('custom');
      };
      request.onsuccess = () => {
        request.result.close();
        resolve(true);
      };
      request.onerror = () => resolve(false);
    } catch {
      resolve(false);
    }
  });
}
