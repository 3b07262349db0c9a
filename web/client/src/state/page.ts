/**
 * Whose pictures I want to see. Laws: the server is told when that changes, and again whenever it may not know it: after a
 * join, and when the room goes to another worker.
 */
import type { RoomRequests } from './requests.svelte';

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

  #tell(): void {
    void this.#ask.send('media:page', { tiles: [...this.#tiles] });
  }
}
