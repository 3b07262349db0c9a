/**
 * What I ask of the room I am in. Laws: nothing changes here by asking, what becomes of it comes as news of the room; the
 * word of a refusal is kept until I ask for something else.
 */
import type { RequestCode, Wire } from '../protocol/socket';
import { refusalOf } from './refusal';
import type { RoomModel } from './room';

export class RoomRequests {
  /** Why the last thing I asked for did not happen; cleared by the next. */
  refused = $state<RequestCode | null>(null);

  readonly #wire: Wire;
  readonly #model: () => RoomModel | null;

  constructor(wire: Wire, model: () => RoomModel | null) {
    this.#wire = wire;
    this.#model = model;
  }

  hand = (raised: boolean) => this.send('room:hand', { raised });
  lower = (peer: string | null) => this.send('room:lower', { peer });
  admit = (peer: string) => this.send('room:admit', { peer });
  reject = (peer: string) => this.send('room:reject', { peer });
  remove = (peer: string) => this.send('room:remove', { peer });
  mute = (peer: string | null) => this.send('room:mute', { peer });
  unmute = (peer: string) => this.send('room:ask_unmute', { peer });
  stage = (peer: string | null) => this.send('room:stage', { peer });
  turn = (document: string, slide: string) => this.send('room:present', { document, slide });
  cameras = (private_: boolean) => this.send('room:cameras', { private: private_ });
  lock = (locked: boolean) => this.send('room:lock', { locked });

  /** Puts a document on the Tafel (null clears it); who was brought there steps back. */
  async present(document: string | null): Promise<void> {
    if (document !== null && (this.#model()?.room.stage ?? null) !== null) await this.stage(null);
    await this.send('room:present', { document, slide: null });
  }

  /** It is this person's turn: asked to speak, and the hand goes down. */
  async call(peer: string): Promise<void> {
    if (await this.unmute(peer)) await this.lower(peer);
  }

  /** True when it was done. */
  async send(event: Parameters<Wire['request']>[0], payload: Parameters<Wire['request']>[1]): Promise<boolean> {
    this.refused = null;
    this.refused = await refusalOf(this.#wire.request(event, payload));
    return this.refused === null;
  }
}
