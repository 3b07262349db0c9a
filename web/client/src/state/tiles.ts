/**
 * Who is shown in which cell. Laws: nine cells a page; the person who leads is first and stays on every page, and so do
 * I and whom I pinned (sign language); everybody else stands in the order of the roster (role, then name), never of
 * loudness; turning a page only asks for other people in the same slots.
 */
import type { PeerView, SlotView } from '../protocol/messages';
import { around, type RoomModel } from './room';

export const CELLS = 9;
const TILE_SLOTS = 8;

export interface TilePage {
  cells: PeerView[];
  /** From 0. */
  page: number;
  pages: number;
  /** Peers to ask for in tile-1, tile-2, …: everybody shown but me and who already fills the stage slot. */
  wanted: string[];
}

export function rosterOrder(peers: readonly PeerView[], locale: string): PeerView[] {
  const names = new Intl.Collator(locale, { numeric: true });
  return [...peers].sort((a, b) => Number(b.moderator) - Number(a.moderator) || names.compare(a.name, b.name) || names.compare(a.peer, b.peer));
}

/** At most so many stay on every page beside the leader and me: the others must have places to turn to. */
export const PINS = 4;

export function tilePage(model: RoomModel, wantedPage: number, locale: string, pinned: ReadonlySet<string> = new Set()): TilePage {
  const order = rosterOrder(around(model), locale);
  const leader = order.find((peer) => peer.moderator);
  const lasting = (peer: PeerView): boolean => peer === leader || peer.peer === model.me;
  const pins = order.filter((peer) => pinned.has(peer.person) && !lasting(peer)).slice(0, PINS);
  const fixed = [...order.filter(lasting), ...pins];
  const others = order.filter((peer) => !fixed.includes(peer));
  const places = CELLS - fixed.length;
  const pages = Math.max(1, Math.ceil(others.length / places));
  const page = Math.min(Math.max(0, wantedPage), pages - 1);
  const cells = [...fixed, ...others.slice(page * places, (page + 1) * places)];
  const onStage = model.room.stage;
  const wanted = cells.filter((peer) => peer.peer !== model.me && peer.peer !== onStage).map((peer) => peer.peer);
  return { cells, page, pages, wanted: wanted.slice(0, TILE_SLOTS) };
}

/** The slot that carries this person's camera now; null when none does. */
export function cameraSlot(model: RoomModel, peer: string): SlotView | null {
  for (const slot of model.slots.values()) {
    if (slot.peer === peer && (slot.slot === 'stage' || slot.slot.startsWith('tile-'))) return slot;
  }
  return null;
}
