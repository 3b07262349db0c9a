/**
 * Whose pictures I want to see. Laws: the server is told when that changes, and again whenever it may not know it: after a
 * join, when the room goes to another worker, and `TRIES` times where it was refused.
 */
import type { RoomRequests } from './requests.svelte';

const TRIES = 5;
const TRY_AGAIN_MS = 3000;

export class Page {
  readonly #ask: Pick<RoomRequests, 'send'>;
  readonly #inside: () => boolean;
  #tiles: readonly string[] = [];

  constructor(ask: Pick<RoomRequests, 'send'>, inside: () => boolean) {
    this.#ask = ask;
    this.#inside = inside;
  }

  show(tiles: readonly string[]): void {
    if (tiles.length === this.#tiles.length && tiles.every((peer, place) => peer === this.#tiles[place])) return;
    this.#tiles = tiles;
    if (this.#inside()) this.#tell();
  }

  again(): void {
    if (this.#tiles.length > 0) this.#tell();
  }

  #tell(tries = TRIES): void {
    const tiles = this.#tiles;
    void this.#ask.send('media:page', { tiles: [...tiles] }).then((done) => {
      if (done || tries === 0) return;
      setTimeout(() => {
        if (tiles === this.#tiles && this.#inside()) this.#tell(tries - 1);
      }, TRY_AGAIN_MS);
    });
  }
}
