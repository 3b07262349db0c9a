/**
 * A connection made before I am in the room, so that its picture comes sooner. Laws: it carries no track of mine and none of
 * anybody's before I have joined; its offer goes out right behind the wish to come in and is worth nothing if I am kept waiting;
 * in an encrypted room it is never used.
 */
import type { MediaConnection } from '../protocol/media';
import type { IceServer } from '../protocol/messages';

/** As it is taken: an offer that is on its way, or none. */
export interface Taken {
  connection: MediaConnection;
  offered: Promise<void> | null;
}

export class Early {
  readonly #connection: MediaConnection;
  readonly #music: boolean;
  #offered: Promise<void> | null = null;
  #refused = false;

  constructor(connection: MediaConnection, music: boolean) {
    this.#connection = connection;
    this.#music = music;
  }

  /** Sends the offer, once; by now it is known how networks without UDP are reached. */
  offer(iceServers: IceServer[]): void {
    if (this.#offered !== null) return;
    this.#connection.relayBy(iceServers);
    this.#offered = this.#connection.negotiate();
    this.#offered.catch(() => (this.#refused = true));
  }

  /** For the room; null, and closed, where it is of no use: refused, or made for another room (encrypted, or with music). */
  take(plain: boolean, music: boolean, iceServers: IceServer[]): Taken | null {
    if (!plain || music !== this.#music || this.#refused) {
      this.close();
      return null;
    }
    if (this.#offered === null) this.#connection.relayBy(iceServers);
    return { connection: this.#connection, offered: this.#offered };
  }

  close(): void {
    this.#connection.close();
  }
}
