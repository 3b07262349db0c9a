/**
 * Which of our changes the server has stored. Pure: no socket, no clock.
 *
 * Laws: a change is stored only when a frame that carries it is acked. An update frame carries its own change; a sync-2 frame
 * carries everything made before it, so only an ack that reaches the first sync-2 frame of a connection covers what was made
 * while offline. Acks count frames of one connection; a new connection starts at zero.
 */
import type { SentFrame } from './frames';

export class SaveLedger {
  #made: number;
  #stored = 0;
  #connected = false;
  #synced = false;
  /** Frames of this connection that wait for their ack: how many changes had been made when each was sent. */
  #inFlight: number[] = [];
  #acked = 0;
  /** Number of the first sync-2 frame of this connection. */
  #firstFull = Infinity;

  /** `waiting`: changes of an earlier visit that the server has not confirmed. */
  constructor(waiting = 0) {
    this.#made = waiting;
  }

  /** Changes that wait for the server. */
  get waiting(): number {
    return this.#made - this.#stored;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Everything made here is stored, and everything stored is here. */
  get settled(): boolean {
    return this.#connected && this.#synced && this.#firstFull < Infinity && this.#inFlight.length === 0;
  }

  /** A frame waits for its ack. */
  get inFlight(): boolean {
    return this.#inFlight.length > 0;
  }

  change(): void {
    this.#made += 1;
  }

  /** Changes of an earlier visit, found on this device. */
  found(waiting: number): void {
    this.#made += waiting;
  }

  open(): void {
    this.close();
    this.#connected = true;
  }

  close(): void {
    this.#connected = false;
    this.#synced = false;
    this.#inFlight = [];
    this.#acked = 0;
    this.#firstFull = Infinity;
  }

  /** The server's own state has arrived (its sync-2). */
  synced(): void {
    this.#synced = true;
  }

  sent(frame: SentFrame): void {
    if (frame === 'other') return;
    this.#inFlight.push(this.#made);
    if (frame === 'step-2') this.#firstFull = Math.min(this.#firstFull, this.#acked + this.#inFlight.length);
  }

  /** n frames of this connection are stored. */
  ack(n: number): void {
    const fresh = Math.min(n - this.#acked, this.#inFlight.length);
    if (fresh <= 0) return;
    const covered = this.#inFlight[fresh - 1] ?? this.#stored;
    this.#inFlight.splice(0, fresh);
    this.#acked += fresh;
    if (this.#acked >= this.#firstFull) this.#stored = Math.max(this.#stored, covered);
  }
}
