/**
 * The switch "who wrote what" of an open document. Laws: nothing is fetched or computed while it is off; while it is on the
 * table is read anew at most every REFRESH after something changed, never with a key. What is pointed at or focused is told
 * in one place, so that keyboard, pointer and touch learn the same.
 */
import { getContext, setContext } from 'svelte';
import type * as Y from 'yjs';
import { call } from '../../protocol/http';
import { Book, type AuthorsView, type By } from './book';

const KEY = Symbol('authors');
const REFRESH = 10_000;

export class Authors {
  on = $state(false);
  book = $state.raw<Book | null>(null);
  failed = $state(false);
  /** What the pointer or the focus is on. */
  pointed = $state.raw<By | null>(null);

  readonly #id: string;
  readonly #doc: Y.Doc;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string, doc: Y.Doc) {
    this.#id = id;
    this.#doc = doc;
  }

  toggle(): void {
    this.on = !this.on;
    this.pointed = null;
    this.close();
    if (!this.on) return;
    this.#doc.on('update', this.#changed);
    void this.read();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#doc.off('update', this.#changed);
  }

  async read(): Promise<void> {
    try {
      const view = await call<AuthorsView>('GET', `documents/${encodeURIComponent(this.#id)}/authors`);
      if (this.on) [this.book, this.failed] = [new Book(view), false];
    } catch {
      this.failed = this.book === null; // an older table still tells nearly everything
    }
  }

  readonly #changed = (): void => {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.on) void this.read();
    }, REFRESH);
  };
}

export function provideAuthors(authors: () => Authors): void {
  setContext(KEY, authors);
}

/** The book to show authors by; null: they are not shown. */
export function useAuthors(): { readonly book: Book | null; point: (by: By | null) => void } {
  const authors = getContext<(() => Authors) | undefined>(KEY);
  return {
    get book() {
      const now = authors?.();
      return now?.on === true ? now.book : null;
    },
    point: (by) => {
      const now = authors?.();
      if (now?.on === true) now.pointed = by;
    },
  };
}
