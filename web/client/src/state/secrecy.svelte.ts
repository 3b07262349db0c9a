/** The encryption of the room I am in, as people see it: the code to compare aloud. It lives as long as my visit. */
import { Secrecy, type SecrecyPort } from '../protocol/e2ee';
import type { RoomModel } from './room';

export class RoomSecrecy {
  /** Null while keys are still on their way. */
  code = $state<string | null>(null);
  readonly frames: Secrecy;
  #known = '';

  constructor(port: Omit<SecrecyPort, 'code'>) {
    this.frames = new Secrecy({ ...port, code: (code) => (this.code = code) });
  }

  /** The room's list may have changed; `greet`: I have just come, or was told everything anew. */
  follow({ me, room }: RoomModel, greet: boolean): void {
    const others = room.peers.map(({ peer }) => peer).filter((peer) => peer !== me);
    const known = others.join(' ');
    if (known === this.#known && !greet) return;
    this.#known = known;
    this.frames.people(others, greet);
  }
}
