/**
 * An open document: the shared state, who is here, and whether the work is safe. Owns the connection and the local copy;
 * views read its fields, which are reactive. Close it when the view goes.
 */
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { copyName, forgetOtherEpochs, isSharedDevice } from './device';
import { People } from './people.svelte';
import { Connection } from './sync/connection';
import { LocalCopy } from './sync/copy';
import { fetchInfo, type DocumentInfo, type InfoAnswer } from './sync/info';
import type { Status, Trouble } from './sync/status';

export interface OpenOptions {
  /** Look only, whatever the right. */
  readonly readOnly?: boolean | undefined;
  /** Whose copy it is on this device; without it none is kept. */
  readonly account?: string;
  /** An old state, for looking: nothing is connected. */
  readonly still?: { readonly info: DocumentInfo; readonly state: Uint8Array };
}

const FIRST_RETRY = 1_000;
const LAST_RETRY = 10_000;

export class DocumentHandle {
  readonly id: string;
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly people = new People(this.awareness);

  info = $state.raw<DocumentInfo | null>(null);
  status = $state<Status>('loading');
  trouble = $state<Trouble | null>(null);
  /** Changes that wait for the server. */
  pendingCount = $state(0);
  /** There is something to show. */
  loaded = $state(false);
  /** What the place it is shown in allows, beside the right to the document. */
  mayWrite = $state(true);

  readonly #wish: OpenOptions;
  #connection: Connection | null = null;
  #copy: LocalCopy | null = null;
  #closed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #connected = false;
  #dropped = false;

  constructor(id: string, wish: OpenOptions) {
    this.id = id;
    this.#wish = wish;
    if (wish.still === undefined) void this.#start(FIRST_RETRY);
    else this.#stand(wish.still.info, wish.still.state);
  }

  get readOnly(): boolean {
    return this.#wish.readOnly === true || this.#wish.still !== undefined || !this.mayWrite || this.info?.right !== 'write' || (this.trouble !== null && this.trouble !== 'no-answer');
  }

  /** Read title and right again, for instance after rights changed. */
  async refresh(): Promise<void> {
    const answer = await this.#answer();
    if (answer !== null && 'info' in answer && answer.info.epoch === this.info?.epoch) this.info = answer.info;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#retry);
    this.people.close();
    this.#connection?.close();
    void this.#copy?.close();
    this.awareness.destroy();
    this.doc.destroy();
  }

  /** Close and drop what is kept here: for work that can never be stored. */
  async discard(): Promise<void> {
    const copy = this.#copy;
    this.#copy = null;
    this.close();
    await copy?.delete();
  }

  #stand(info: DocumentInfo, state: Uint8Array): void {
    Y.applyUpdate(this.doc, state);
    this.info = info;
    this.loaded = true;
    this.status = 'saved';
  }

  async #start(delay: number): Promise<void> {
    const answer = await fetchInfo(this.id);
    if (this.#closed) return;
    if ('refused' in answer) {
      this.trouble = answer.refused;
      this.status = 'denied';
    } else if ('failed' in answer) {
      this.status = 'offline';
      this.#retry = setTimeout(() => void this.#start(Math.min(2 * delay, LAST_RETRY)), delay);
    } else {
      this.info = answer.info;
      this.status = 'loading';
      await this.#open(answer.info.epoch);
    }
  }

  async #open(epoch: number): Promise<void> {
    const url = `${location.origin.replace(/^http/, 'ws')}/collab`;
    const connection = new Connection(this.awareness, { url, document: this.id, epoch }, () => this.#read());
    this.#connection = connection;
    const { account } = this.#wish;
    if (account !== undefined && !isSharedDevice()) {
      await forgetOtherEpochs(account, this.id, epoch);
      this.#copy = await LocalCopy.open(copyName(account, this.id, epoch), this.doc);
      const waiting = (await this.#copy?.waiting()) ?? 0;
      if (this.#closed) return void this.#copy?.close();
      connection.copyRead(waiting);
    }
    connection.open();
  }

  #read(): void {
    const connection = this.#connection;
    if (connection === null || this.#closed) return;
    const { connected, loaded, waiting, trouble } = connection.facts;
    // A connection that comes again may have other rights: a change of them is why the server cuts it.
    if (this.#connected && !connected) this.#dropped = true;
    if (connected && this.#dropped) {
      this.#dropped = false;
      void this.refresh();
    }
    this.#connected = connected;
    this.loaded = loaded;
    this.pendingCount = waiting;
    this.status = connection.status;
    this.#copy?.noteWaiting(waiting);
    if (trouble !== this.trouble) {
      this.trouble = trouble;
      if (trouble === 'gone' || trouble === 'not-allowed') void this.#explain();
    }
  }

  /** Asks until the server says, not all at once; null when nobody looks any more. */
  async #answer(): Promise<Exclude<InfoAnswer, { readonly failed: true }> | null> {
    for (let delay = FIRST_RETRY; ; delay = Math.min(2 * delay, LAST_RETRY)) {
      const answer = await fetchInfo(this.id);
      if (this.#closed) return null;
      if (!('failed' in answer)) return answer;
      await new Promise((resolve) => setTimeout(resolve, delay * (0.5 + Math.random() / 2)));
    }
  }

  /** The server closed for good: is it gone, another epoch, or readable still? */
  async #explain(): Promise<void> {
    const answer = await this.#answer();
    if (answer === null) return;
    if ('refused' in answer) {
      if (answer.refused === 'login') this.#connection?.end('login');
    } else if (answer.info.epoch !== this.info?.epoch) {
      this.#connection?.end('replaced');
    } else if (this.trouble === 'not-allowed' && this.pendingCount === 0 && answer.info.right === 'read') {
      this.info = answer.info;
      this.#connection?.close();
      await this.#copy?.close();
      this.trouble = null;
      await this.#open(answer.info.epoch);
    }
  }
}

/** Open a document; the handle fills itself. */
export function openDocument(id: string, options: OpenOptions = {}): DocumentHandle {
  return new DocumentHandle(id, options);
}
