/**
 * A recording of the room, as far as it is mine to decide. Laws: nobody is recorded without having said so to this very
 * recording; no answer is a no. A no is remembered in this tab, so that a reload does not ask again; a yes lives on the
 * server alone.
 */
import type { RecordingChanged } from '../protocol/messages';
import type { RequestCode, Wire } from '../protocol/socket';
import { refusalOf } from './refusal';
import type { RoomModel } from './room';

const DECLINED = 'kreide.declined';

type Ended = NonNullable<RecordingChanged['ended']>;

/** `ask`: no answer yet; `mine`: I am recorded; `not`: I am not. */
export type Stand = 'ask' | 'mine' | 'not';

export class RoomRecording {
  /** Why the last one ended, until that was read. */
  ended = $state<Ended | null>(null);
  /** I took my word back: what was recorded so far may go. The id of that recording. */
  leftover = $state<string | null>(null);
  erased = $state(false);
  busy = $state(false);
  refused = $state<RequestCode | null>(null);

  readonly #wire: Wire;
  #declined = $state(sessionStorage.getItem(DECLINED));

  constructor(wire: Wire) {
    this.#wire = wire;
    wire.on('room:changed', ({ changes }) => {
      for (const change of changes) {
        if (change.type !== 'recording_changed') continue;
        if (change.recording === null) this.ended = change.ended;
        else this.ended = null;
      }
    });
  }

  stand(model: RoomModel): Stand {
    const { recording } = model.room;
    if (recording === null) return 'not';
    const me = model.room.peers.find((peer) => peer.peer === model.me);
    const devices = model.room.peers.filter((peer) => peer.person === me?.person).map((peer) => peer.peer);
    if (recording.peers.some((peer) => devices.includes(peer))) return 'mine';
    return this.#declined === recording.id ? 'not' : 'ask';
  }

  record = (on: boolean) => this.#ask(() => this.#wire.request('room:record', { on }));

  async agree(recording: string): Promise<void> {
    this.leftover = null;
    this.erased = false;
    await this.#ask(() => this.#wire.request('room:consent', { recording, agree: true, erase: false }));
  }

  /** No, or not any longer. `wasMine`: there may be something to erase. */
  async decline(recording: string, wasMine: boolean): Promise<void> {
    sessionStorage.setItem(DECLINED, recording);
    this.#declined = recording;
    this.erased = false;
    await this.#ask(() => this.#wire.request('room:consent', { recording, agree: false, erase: false }));
    if (wasMine && this.refused === null) this.leftover = recording;
  }

  /** What was recorded of me so far goes. */
  async erase(): Promise<void> {
    const recording = this.leftover;
    if (recording === null) return;
    await this.#ask(() => this.#wire.request('room:consent', { recording, agree: false, erase: true }));
    if (this.refused !== null) return;
    this.leftover = null;
    this.erased = true;
  }

  async #ask(request: () => Promise<object>): Promise<void> {
    this.refused = null;
    this.busy = true;
    try {
      this.refused = await refusalOf(request());
    } finally {
      this.busy = false;
    }
  }
}
