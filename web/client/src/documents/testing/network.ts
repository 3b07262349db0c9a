/**
 * A network in memory for tests: N documents around one server document; updates are lost, doubled, delayed and reordered
 * by a seeded source. `heal` resyncs by state vector, as the real client does after every gap.
 */
import * as Y from 'yjs';

interface Letter {
  readonly to: Y.Doc;
  readonly update: Uint8Array;
}

const NETWORK = Symbol('network');

export class LossyNetwork {
  readonly server = new Y.Doc();
  readonly clients: Y.Doc[] = [];
  #wire: Letter[] = [];
  readonly #random: () => number;

  constructor(count: number, random: () => number) {
    this.#random = random;
    this.server.clientID = 999;
    for (let index = 0; index < count; index += 1) this.#join(index);
    this.server.on('update', (update: Uint8Array) => {
      for (const to of this.clients) this.#post({ to, update });
    });
  }

  #join(index: number): void {
    const doc = new Y.Doc();
    doc.clientID = 1000 + index;
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== NETWORK) this.#post({ to: this.server, update });
    });
    this.clients.push(doc);
  }

  #post(letter: Letter): void {
    const luck = this.#random();
    if (luck < 0.1) return;
    this.#wire.push(letter);
    if (luck > 0.95) this.#wire.push(letter);
  }

  /** Deliver some letters, any first. */
  step(letters: number): void {
    for (let sent = 0; sent < letters && this.#wire.length > 0; sent += 1) {
      const [letter] = this.#wire.splice(Math.floor(this.#random() * Math.min(8, this.#wire.length)), 1);
      if (letter !== undefined) Y.applyUpdate(letter.to, letter.update, NETWORK);
    }
  }

  /** Everyone reconnects: what is missing goes both ways. */
  heal(): void {
    this.#wire = [];
    for (const doc of this.clients) sync(doc, this.server);
    for (const doc of this.clients) sync(doc, this.server);
  }
}

function sync(one: Y.Doc, other: Y.Doc): void {
  Y.applyUpdate(other, Y.encodeStateAsUpdate(one, Y.encodeStateVector(other)), NETWORK);
  Y.applyUpdate(one, Y.encodeStateAsUpdate(other, Y.encodeStateVector(one)), NETWORK);
}
