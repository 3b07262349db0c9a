/** The copy of a document on this device (IndexedDB), with the number of changes that the server has not confirmed. */
import { IndexeddbPersistence } from 'y-indexeddb';
import type * as Y from 'yjs';

const WAITING = 'waiting';
/** A slow disk must not keep anyone from the server's copy. */
const PATIENCE = 1_500;

export class LocalCopy {
  readonly #store: IndexeddbPersistence;
  #written = 0;

  private constructor(store: IndexeddbPersistence) {
    this.#store = store;
  }

  /** Return the copy, read into `doc`; null where the browser keeps nothing (private windows). */
  static async open(name: string, doc: Y.Doc): Promise<LocalCopy | null> {
    if (!(await canStore(name))) return null;
    const store = new IndexeddbPersistence(name, doc);
    await Promise.race([store.whenSynced, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    return new LocalCopy(store);
  }

  async waiting(): Promise<number> {
    const value: unknown = await this.#store.get(WAITING);
    this.#written = typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
    return this.#written;
  }

  noteWaiting(waiting: number): void {
    if (waiting === this.#written) return;
    this.#written = waiting;
    void this.#store.set(WAITING, waiting);
  }

  async close(): Promise<void> {
    await this.#store.destroy();
  }

  async delete(): Promise<void> {
    await this.#store.clearData();
  }
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
