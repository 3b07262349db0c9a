/**
 * Whether a new connection carries what the one before does (make before break). Laws: whoever is seen now must be seen
 * there, in whatever slot; where somebody is heard, sound must arrive. What stands still now is not waited for. Pure.
 */
import type { SlotView } from './messages';
import type { LinkSample } from './stats';

/** Frames that must have been decoded before a picture counts as there. */
const FRAMES = 2;
/** Packets of sound in one look that are a voice, and no mere sign of life. */
const VOICE = 3;

export type Slots = ReadonlyMap<string, SlotView>;

/** Two looks at the connection of now, the last one at the new connection. */
export interface Looks {
  before: LinkSample;
  after: LinkSample;
  next: LinkSample;
}

/** Cameras may change slots, a screen is a screen. */
function placeOf(slot: SlotView): string | null {
  if (slot.peer === null) return null;
  if (slot.slot === 'screen') return `screen ${slot.peer}`;
  return slot.slot === 'stage' || slot.slot.startsWith('tile-') ? `camera ${slot.peer}` : null;
}

function framesOf(sample: LinkSample, mid: string): number {
  return sample.arriving.find((picture) => picture.mid === mid)?.frames ?? 0;
}

export function carriesAll({ before, after, next }: Looks, now: Slots, then: Slots): boolean {
  if (after.heard - before.heard >= VOICE && next.heard < VOICE) return false;
  const there = new Set([...then.values()].filter(({ mid }) => framesOf(next, mid) >= FRAMES).map(placeOf));
  return [...now.values()].every((slot) => {
    const place = placeOf(slot);
    return place === null || there.has(place) || framesOf(after, slot.mid) <= framesOf(before, slot.mid);
  });
}
