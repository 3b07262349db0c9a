/**
 * My documents, looked for by title and read a page at a time. Laws: the newest question wins, whatever answers come late;
 * nothing is there twice; while nothing is looked for, what the start page brought is shown, and kept up to date by it.
 */
import type { DocumentInfo } from '../protocol/http';
import { Attempt } from './attempt.svelte';

export interface DocumentPage {
  documents: readonly DocumentInfo[];
  /** How many to skip for those that follow; null at the end. */
  next: number | null;
}
export type LookForDocuments = (text: string, skip: number) => Promise<DocumentPage>;

export class FoundDocuments {
  /** What an answer to my own question brought; null while I asked none. */
  #mine = $state.raw<DocumentPage | null>(null);
  readonly asking = new Attempt();
  #wanted = '';
  #turn = 0;

  constructor(
    private readonly look: LookForDocuments,
    private readonly first: () => DocumentPage,
  ) {}

  get page(): DocumentPage {
    return this.#mine ?? this.first();
  }

  async ask(text: string): Promise<void> {
    this.#wanted = text.trim();
    this.#turn += 1;
    if (this.#wanted === '') this.#mine = null;
    else await this.#read(0, []);
  }

  async more(): Promise<void> {
    const { documents, next } = this.page;
    if (next !== null) await this.#read(next, documents);
  }

  async #read(skip: number, before: readonly DocumentInfo[]): Promise<void> {
    const turn = ++this.#turn;
    await this.asking.run(async () => {
      const { documents, next } = await this.look(this.#wanted, skip);
      if (turn === this.#turn) this.#mine = { documents: [...new Map([...before, ...documents].map((one) => [one.id, one])).values()], next };
    });
  }
}
