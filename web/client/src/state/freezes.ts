/**
 * Finds pictures that stand still although they are being sent. Laws: a picture is frozen when for `FROZEN_MS` its bytes
 * came (padding does not count) and no frame was decoded; it is named then, and again every `AGAIN_MS` until it moves.
 */
import type { Picture } from '../protocol/stats';

const FROZEN_MS = 3000;
const AGAIN_MS = 2000;
/** A keepalive is not a picture. */
const SOME_BYTES = 500;

interface Known {
  frames: number;
  bytes: number;
  /** When it last moved, or was not sent at all. */
  moved: number;
  named: number;
}

export class Freezes {
  readonly #known = new Map<string, Known>();

  /** Looks at all pictures; returns the m-lines of those that need help now. */
  look(now: number, pictures: readonly Picture[]): string[] {
    const frozen: string[] = [];
    for (const { mid, frames, bytes } of pictures) {
      const before = this.#known.get(mid);
      const still = before !== undefined && bytes - before.bytes >= SOME_BYTES && frames === before.frames;
      const moved = still ? before.moved : now;
      let named = before?.named ?? -Infinity;
      if (now - moved >= FROZEN_MS && now - named >= AGAIN_MS) {
        frozen.push(mid);
        named = now;
      }
      this.#known.set(mid, { frames, bytes, moved, named });
    }
    return frozen;
  }
}
