/**
 * The meeting's groups as I see them, and what I ask of them. Laws: where anybody is comes from the server alone; the
 * time that is left is counted by the server's clock, which may differ from this device's.
 */
import type { ClientEvents, GroupsSaid, GroupsView, GroupView, PeerView } from '../protocol/messages';
import type { RequestCode, Wire } from '../protocol/socket';
import { refusalOf } from './refusal';
import { meOf, type RoomModel } from './room';

type GroupEvent = Extract<keyof ClientEvents, `groups:${string}`>;

export class RoomGroups {
  /** What those who lead say to all, until it was read. */
  said = $state.raw<GroupsSaid | null>(null);
  refused = $state<RequestCode | null>(null);
  busy = $state(false);
  /** How far the server's clock is ahead of mine, in milliseconds. */
  ahead = $state(0);

  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
    wire.on('session:hello', ({ at }) => (this.ahead = at - Date.now()));
    wire.on('groups:said', (said) => (this.said = said));
  }

  /** Whether it was done; if not, `refused` says why. */
  async ask<E extends GroupEvent>(event: E, payload: ClientEvents[E]['request']): Promise<boolean> {
    this.refused = null;
    this.busy = true;
    try {
      this.refused = await refusalOf(this.#wire.request(event, payload));
    } finally {
      this.busy = false;
    }
    return this.refused === null;
  }
}

/** The group where I am; null with all. */
export function groupOf(model: RoomModel): GroupView | null {
  const place = meOf(model)?.group ?? null;
  return model.room.groups?.rooms.find((room) => room.id === place) ?? null;
}

/** The group to which I belong, whether I am there or not. */
export function seatOf(model: RoomModel): GroupView | null {
  const person = meOf(model)?.person;
  return model.room.groups?.rooms.find((room) => person !== undefined && room.people.includes(person)) ?? null;
}

export function working(groups: GroupsView | null): boolean {
  return groups !== null && groups.phase !== 'prepared';
}

/** One device of each person who can be put into a group, by name. */
export function seatable(model: RoomModel, locale: string): PeerView[] {
  const names = new Intl.Collator(locale, { numeric: true });
  const people = new Map(model.room.peers.filter((peer) => !peer.moderator && peer.role !== 'head').map((peer) => [peer.person, peer]));
  return [...people.values()].sort((a, b) => names.compare(a.name, b.name));
}

/** "4:05"; never below nothing. */
export function countdown(endsAt: number, now: number): string {
  const seconds = Math.max(0, Math.round((endsAt - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
