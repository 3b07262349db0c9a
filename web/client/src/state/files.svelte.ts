/**
 * The files that a person is about to send with a message. Laws: at most ten, three under way at a time, the others wait;
 * one that failed stays until it is tried again or taken away; what is taken away is taken back from the server, too.
 */
import { ApiError } from '../protocol/http';
import type { ChatAttachment } from '../protocol/messages';
import { sendFile, takeBack, uploadBounds, type Sending } from '../protocol/uploads';

export const MOST = 10;
const AT_ONCE = 3;
/** What nobody would gain by trying again. */
const FINAL = new Set(['too_large', 'upload_empty', 'upload_damaged', 'upload_infected', 'upload_picture', 'upload_refused', 'upload_pixels', 'upload_quota', 'forbidden', 'too_many']);

export interface FileItem {
  readonly key: number;
  readonly file: File;
  readonly state: 'waiting' | 'sending' | 'done' | 'failed';
  /** Share that has gone out. */
  readonly share: number;
  readonly error: string | null;
  readonly final: boolean;
  readonly sent: ChatAttachment | null;
  /** A picture of it, from the device's own memory. */
  readonly preview: string | null;
}

export class Files {
  items = $state.raw<readonly FileItem[]>([]);
  /** More was chosen than a message carries. */
  tooMany = $state(false);
  readonly busy = $derived(this.items.some(({ state }) => state === 'waiting' || state === 'sending'));
  readonly ready = $derived(this.items.length > 0 && this.items.every(({ state }) => state === 'done'));
  /** The largest file, once the server has said. */
  limit: number | null = null;

  readonly #channel: string;
  readonly #sending = new Map<number, Sending>();
  #next = 0;

  constructor(channel: string) {
    this.#channel = channel;
  }

  async add(files: Iterable<File>): Promise<void> {
    const all = [...files];
    if (all.length === 0) return;
    this.tooMany = this.items.length + all.length > MOST;
    const fresh = all.slice(0, MOST - this.items.length).map((file): FileItem => {
      const preview = /^image\/(jpeg|png|gif|webp)$/.test(file.type) ? URL.createObjectURL(file) : null;
      return { key: this.#next++, file, state: 'waiting', share: 0, error: null, final: false, sent: null, preview };
    });
    this.items = [...this.items, ...fresh];
    try {
      this.limit ??= (await uploadBounds()).limit;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // sending will say what is wrong
    }
    this.#go();
  }

  again(key: number): void {
    this.#set(key, { state: 'waiting', error: null, share: 0 });
    this.#go();
  }

  remove(key: number): void {
    const item = this.items.find((one) => one.key === key);
    this.items = this.items.filter((one) => one.key !== key);
    this.tooMany = false;
    this.#sending.get(key)?.abort();
    if (item?.sent) void takeBack(item.sent.id).catch(() => undefined); // unused it goes after a day anyway
    if (item?.preview) URL.revokeObjectURL(item.preview);
    this.#go();
  }

  /** Hand over what was sent; the list is empty then. */
  take(): ChatAttachment[] {
    const sent = this.items.flatMap((one) => (one.sent === null ? [] : [one.sent]));
    for (const one of this.items) if (one.preview !== null) URL.revokeObjectURL(one.preview);
    this.items = [];
    this.tooMany = false;
    return sent;
  }

  /** The person has gone: nothing goes out any more. */
  close(): void {
    for (const { key } of this.items) this.remove(key);
  }

  #go(): void {
    const free = AT_ONCE - this.#sending.size;
    for (const { key } of this.items.filter(({ state }) => state === 'waiting').slice(0, Math.max(0, free))) void this.#send(key);
  }

  async #send(key: number): Promise<void> {
    const item = this.items.find((one) => one.key === key);
    if (item === undefined) return;
    if (this.limit !== null && item.file.size > this.limit) return this.#fail(key, 'too_large');
    const sending = sendFile(item.file, item.file.name, { channel: this.#channel }, (share) => this.#set(key, { share }));
    this.#sending.set(key, sending);
    this.#set(key, { state: 'sending' });
    try {
      const { hash: _, ...sent } = await sending.done;
      this.#set(key, { state: 'done', share: 1, sent });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#fail(key, error.code);
    } finally {
      this.#sending.delete(key);
      this.#go();
    }
  }

  #fail(key: number, error: string): void {
    this.#set(key, { state: 'failed', error, final: FINAL.has(error) });
  }

  #set(key: number, change: Partial<FileItem>): void {
    this.items = this.items.map((one) => (one.key === key ? { ...one, ...change } : one));
  }
}

/** "1,4 MB" */
export function sizeText(bytes: number, locale: string): string {
  const [value, unit] = bytes < 1000 ? [bytes, 'byte'] : bytes < 1e6 ? [bytes / 1000, 'kilobyte'] : [bytes / 1e6, 'megabyte'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: value < 10 && unit !== 'byte' ? 1 : 0 }).format(value);
}
