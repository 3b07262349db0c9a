/**
 * How browsers agree on keys. Laws: whoever comes greets everybody with a public key and is greeted back; on every
 * greeting the present key goes to the one who greeted. Whoever is not in the room's list gets and gives nothing. When
 * somebody leaves, a new key is made at once; it is sent before it is used. Steps happen one after the other.
 * Everything may be repeated: greeting everybody again repairs whatever was lost.
 */
import { Keys } from './e2ee_keys';
import type { Parcel, SecretHello, SecretKey } from './messages';

export interface TalkPort {
  /** Sends these; then says `sent(turn)` if `turn` is a number. */
  send(parcels: Parcel[], turn: number | null): void;
  /** The code to compare; null while somebody's public key is missing. */
  code(code: string | null): void;
  /** Something of somebody can be opened that could not be opened before. */
  opened(): void;
}

const GREET_AGAIN_MS = 4000;

export class Talk {
  readonly #port: TalkPort;
  readonly #clock: () => number;
  #present = new Set<string>();
  #steps: Promise<void> = Promise.resolve();
  #greeted = -Infinity;

  constructor(
    readonly keys: Keys,
    port: TalkPort,
    clock: () => number,
  ) {
    this.#port = port;
    this.#clock = clock;
  }

  /** These are in the room besides me; with `greet` I have just come (back). */
  people(peers: readonly string[], greet: boolean): Promise<void> {
    return this.#step(async () => {
      const gone = [...this.#present].filter((peer) => !peers.includes(peer));
      this.#present = new Set(peers);
      for (const peer of gone) this.keys.forget(peer, this.#clock());
      if (gone.length > 0) await this.#renew();
      if (greet) this.#greet(peers);
      await this.#tell();
    });
  }

  receive(peer: string, data: SecretHello | SecretKey): Promise<void> {
    return this.#step(async () => {
      if (!this.#present.has(peer)) return;
      if (data.type === 'key') {
        if (await this.keys.unwrap(peer, data.wrapped, this.#clock())) this.#port.opened();
        return;
      }
      if (!(await this.keys.meet(peer, data.key, this.#clock()))) return;
      const wrapped = await this.keys.wrap(peer);
      const answers: Parcel[] = data.answer ? [] : [this.#hello(peer, true)];
      if (wrapped !== null) answers.push({ peer, data: { type: 'key', wrapped } });
      this.#port.send(answers, null);
      await this.#tell();
    });
  }

  /** The new key has been sent: seal with it. */
  sent(turn: number): void {
    this.keys.turn(turn);
  }

  /** Frames come that nothing opens, or my key has counted to its end. */
  async repair(spent: boolean): Promise<void> {
    if (this.#clock() < this.#greeted + GREET_AGAIN_MS) return;
    this.#greeted = this.#clock();
    await this.#step(async () => {
      if (spent) await this.#renew();
      else this.#greet([...this.#present]);
    });
  }

  #greet(peers: readonly string[]): void {
    this.#greeted = this.#clock();
    if (peers.length > 0) this.#port.send(peers.map((peer) => this.#hello(peer, false)), null);
  }

  #hello(peer: string, answer: boolean): Parcel {
    return { peer, data: { type: 'hello', key: this.keys.publicKey, answer } };
  }

  async #renew(): Promise<void> {
    const turn = await this.keys.renew();
    const parcels: Parcel[] = [];
    for (const peer of this.#present) {
      const wrapped = await this.keys.wrap(peer);
      if (wrapped !== null) parcels.push({ peer, data: { type: 'key', wrapped } });
    }
    if (parcels.length > 0) this.#port.send(parcels, turn);
    else this.keys.turn(turn);
  }

  async #tell(): Promise<void> {
    const complete = [...this.#present].every((peer) => this.keys.knows(peer));
    this.#port.code(complete ? await this.keys.code() : null);
  }

  #step(work: () => Promise<void>): Promise<void> {
    this.#steps = this.#steps.then(work);
    return this.#steps;
  }
}
