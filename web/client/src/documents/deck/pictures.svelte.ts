/**
 * Pictures on slides: where one is read, and how one comes in. Laws: a picture belongs to the document it was sent into and
 * is named by its content; it appears on the slide once it is stored, so nobody ever sees a place where none will come.
 */
import { getContext, setContext } from 'svelte';
import { ApiError } from '../../protocol/http';
import { pictureUrl, sendFile } from '../../protocol/uploads';
import { addImage } from './model';
import type { DeckView } from './view.svelte';

const KEY = Symbol('pictures');
const TAKEN = /^image\/(jpeg|png|gif|webp)$/;

/** Say of which document the slides below are. */
export function providePictures(document: string): void {
  setContext(KEY, document);
}

/** Return how to find a picture's address; `small` where a thumbnail does. */
export function usePictures(): (hash: string, small: boolean) => string | null {
  const document = getContext<string | undefined>(KEY);
  return (hash, small) => (document === undefined || hash === '' ? null : `${pictureUrl(document, hash)}${small ? '?size=small' : ''}`);
}

export class Inserter {
  /** Share of the file that is going out; null: none is. */
  share = $state<number | null>(null);
  /** Why the last one did not come. */
  error = $state<string | null>(null);
  /** How many have come. */
  done = $state(0);

  readonly #document: string;
  readonly #view: DeckView;
  #abort: (() => void) | null = null;

  constructor(document: string, view: DeckView) {
    this.#document = document;
    this.#view = view;
  }

  /** Send pictures one after the other and put each on the slide that was seen; others are left alone. */
  async insert(files: Iterable<File>): Promise<void> {
    const slide = this.#view.slide?.id;
    const pictures = [...files];
    if (slide === undefined || this.share !== null || pictures.length === 0) return;
    this.error = pictures.some(({ type }) => !TAKEN.test(type)) ? 'upload_picture' : null;
    for (const file of pictures.filter(({ type }) => TAKEN.test(type))) {
      if (!(await this.#one(slide, file))) break;
    }
    this.share = null;
  }

  close(): void {
    this.#abort?.();
  }

  async #one(slide: string, file: File): Promise<boolean> {
    this.share = 0;
    const sending = sendFile(file, file.name, { document: this.#document }, (share) => (this.share = share));
    this.#abort = sending.abort;
    try {
      const { hash, width, height } = await sending.done;
      this.#view.undo.part();
      const made = addImage(this.#view.deck, slide, hash, width ?? 4, height ?? 3);
      this.#view.flush();
      if (made !== null && this.#view.slide?.id === slide) this.#view.select(made);
      this.done += 1;
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code !== 'aborted') this.error = error.code;
      return false;
    } finally {
      this.#abort = null;
    }
  }
}

/** The files in a clipboard or a drag; office programs put a picture beside copied text, then the text is meant. */
export function filesIn(data: DataTransfer | null): File[] {
  return data === null || data.types.includes('text/plain') ? [] : [...data.files];
}
