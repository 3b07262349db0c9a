/** What a screen reader is told of the room: news in bulk, never one by one. Pure: two states in, names and counts out. */
import { peerOf, type RoomModel } from './room';

export interface News {
  /** Names of those who raised a hand. */
  raised: string[];
  joined: number;
  /** Names of those who came to the lobby. */
  waiting: string[];
}

export function newsBetween(before: RoomModel, after: RoomModel): News {
  const hands = new Set(before.room.hands.map((hand) => hand.peer));
  const peers = new Set(before.room.peers.map((peer) => peer.peer));
  const lobby = new Set(before.room.lobby.map((guest) => guest.peer));
  return {
    raised: after.room.hands.filter((hand) => !hands.has(hand.peer) && hand.peer !== after.me).map((hand) => peerOf(after, hand.peer)?.name ?? ''),
    joined: after.room.peers.filter((peer) => !peers.has(peer.peer) && peer.peer !== after.me).length,
    waiting: after.room.lobby.filter((guest) => !lobby.has(guest.peer)).map((guest) => guest.name),
  };
}
