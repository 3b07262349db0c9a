/**
 * How one family follows another in a consultation. Law: whoever talked has left before the next one is let in; when
 * something is refused on the way, nobody comes in.
 */
import type { PeerView } from '../protocol/messages';
import { stageContent, type RoomModel } from './room';

/** What a hand-over asks of the room; each answer says whether it was done. */
export interface Door {
  remove(peer: string): Promise<boolean>;
  admit(peer: string): Promise<boolean>;
}

/** One device of each person inside who does not lead. */
export function visitorsIn({ room }: RoomModel): PeerView[] {
  const others = room.peers.filter((peer) => !peer.moderator);
  return [...new Map(others.map((peer) => [peer.person, peer])).values()];
}

export async function handOver(door: Door, model: RoomModel, next: string): Promise<boolean> {
  for (const { peer } of visitorsIn(model)) if (!(await door.remove(peer))) return false;
  return door.admit(next);
}

/** Two who talk look at each other: while nothing is on the board, faces have its place. */
export function isFaceToFace(model: RoomModel): boolean {
  return model.room.kind === 'consultation' && stageContent(model).kind === 'empty';
}
