/**
 * One document on the wire: the stock y-websocket provider over our counting socket, and what it needs around it.
 *
 * Laws: tabs never talk to each other directly (`disableBc`: they would bypass rights). After a gap we ask for what is
 * missing instead of waiting for it. A connection that does not ack for long is given up. A final close code ends it all.
 */
import { WebsocketProvider } from 'y-websocket';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import { stepOne } from './frames';
import { SaveLedger } from './ledger';
import { observedSocket } from './socket';
import { statusOf, troubleOf, type Facts, type Status, type Trouble } from './status';

/** A loss shorter than this is a blink that nobody needs to hear about. */
const BLINK = 2_000;
const RESYNC_AFTER = 400;
const ACK_PATIENCE = 10_000;
/** So many connections in a row without an ack: the work is not being saved. */
const SILENT_CONNECTIONS = 3;

export interface Address {
  /** ws(s) origin + "/collab". */
  readonly url: string;
  readonly document: string;
  readonly epoch: number;
}

export class Connection {
  readonly ledger = new SaveLedger();
  readonly #awareness: Awareness;
  readonly #doc: Y.Doc;
  readonly #provider: WebsocketProvider;
  readonly #tell: () => void;
  #loaded = false;
  #lost = false;
  #trouble: Trouble | null = null;
  #silent = 0;
  #timers = new Map<'blink' | 'resync' | 'ack', ReturnType<typeof setTimeout>>();

  constructor(awareness: Awareness, address: Address, tell: () => void) {
    const { doc } = awareness;
    this.#doc = doc;
    this.#awareness = awareness;
    this.#tell = tell;
    doc.on('update', this.#onUpdate); // before the provider: a change is counted before its frame
    this.#provider = new WebsocketProvider(address.url, encodeURIComponent(address.document), doc, {
      connect: false,
      awareness,
      disableBc: true,
      params: { ack: '1', epoch: String(address.epoch) },
      WebSocketPolyfill: this.#socketClass(),
    });
    this.#provider.on('status', ({ status }) => this.#onStatus(status));
    this.#provider.on('sync', (synced) => this.#onSync(synced));
    addEventListener('offline', this.#onOffline);
    addEventListener('online', this.#onOnline);
  }

  get facts(): Facts {
    const { connected, settled, waiting } = this.ledger;
    return { loaded: this.#loaded, connected, settled, waiting, lost: this.#lost, trouble: this.#trouble };
  }

  get status(): Status {
    return statusOf(this.facts);
  }

  open(): void {
    this.#after('blink', BLINK, () => (this.#lost = true));
    this.#provider.connect();
  }

  /** The copy on this device has been read; `waiting` changes of it were never confirmed. */
  copyRead(waiting: number): void {
    this.ledger.found(waiting);
    if (this.#doc.store.clients.size > 0) this.#loaded = true;
    this.#tell();
  }

  /** Final: nothing is sent or received from here on. */
  end(trouble: Trouble): void {
    this.#trouble = trouble;
    this.#provider.disconnect();
    this.#tell();
  }

  close(): void {
    removeEventListener('offline', this.#onOffline);
    removeEventListener('online', this.#onOnline);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#doc.off('update', this.#onUpdate);
    this.#provider.destroy();
  }

  #socketClass(): typeof WebSocket {
    return observedSocket({
      current: () => this.#provider.ws,
      sent: (frame) => {
        this.ledger.sent(frame);
        if (frame === 'other') return;
        this.#awaitAck();
        this.#tell();
      },
      ack: (n) => {
        this.ledger.ack(n);
        this.#silent = 0;
        if (this.#trouble === 'no-answer') this.#trouble = null;
        this.#stop('ack');
        if (this.ledger.inFlight) this.#awaitAck();
        this.#tell();
      },
      received: () => this.#after('resync', RESYNC_AFTER, () => this.#askForMissing(), true),
      closed: (code) => this.#onClosed(code),
    });
  }

  readonly #onUpdate = (_update: Uint8Array, origin: unknown, _doc: Y.Doc, transaction: Y.Transaction): void => {
    if (!transaction.local || origin === this.#provider) return;
    this.ledger.change();
    this.#tell();
  };

  #onStatus(status: 'connected' | 'disconnected' | 'connecting'): void {
    if (status === 'connected') {
      this.ledger.open();
      this.#lost = false;
      this.#stop('blink');
    } else if (status === 'disconnected') {
      this.ledger.close();
      this.#stop('ack');
      this.#after('blink', BLINK, () => (this.#lost = true));
    }
    this.#tell();
  }

  #onSync(synced: boolean): void {
    if (!synced) return;
    this.#loaded = true;
    this.ledger.synced();
    this.#awareness.setLocalState(this.#awareness.getLocalState()); // a higher clock: others may have seen us leave
    this.#tell();
  }

  #onClosed(code: number): void {
    const trouble = troubleOf(code);
    if (trouble !== null) this.end(trouble);
    else if (this.ledger.inFlight) this.#unanswered();
  }

  /** A connection is over that has not stored what it was given. */
  #unanswered(): void {
    this.#silent += 1;
    if (this.#silent >= SILENT_CONNECTIONS) this.#trouble = 'no-answer';
  }

  /** Updates whose predecessors were lost wait inside Yjs; only a resync brings them for sure. */
  #askForMissing(): void {
    const { pendingStructs, pendingDs } = this.#doc.store;
    const socket = this.#provider.ws;
    if ((pendingStructs === null && pendingDs === null) || socket?.readyState !== WebSocket.OPEN) return;
    socket.send(stepOne(this.#doc));
  }

  #awaitAck(): void {
    this.#after('ack', ACK_PATIENCE, () => {
      this.#unanswered();
      this.#reconnect();
    }, true);
  }

  readonly #onOffline = (): void => {
    if (this.#trouble === null) this.#provider.disconnect();
    this.#lost = true;
    this.#tell();
  };

  readonly #onOnline = (): void => this.#reconnect();

  #reconnect(): void {
    if (this.#trouble !== null && this.#trouble !== 'no-answer') return;
    this.#provider.disconnect();
    this.#provider.connect();
  }

  #after(name: 'blink' | 'resync' | 'ack', delay: number, act: () => void, keep = false): void {
    if (keep && this.#timers.has(name)) return;
    this.#stop(name);
    this.#timers.set(name, setTimeout(() => {
      this.#timers.delete(name);
      act();
      this.#tell();
    }, delay));
  }

  #stop(name: 'blink' | 'resync' | 'ack'): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
