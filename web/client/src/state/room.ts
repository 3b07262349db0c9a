/**
 * What I know of the room. Laws: `reduceRoom` is pure; a numbered change is applied once and only in order; a gap marks
 * the state stale until a full state arrives; rights come from the server and are only shown here.
 */
import type { GrantView, PeerView, RoomChanged, RoomJoined, RoomState, SlotView } from '../protocol/messages';

export interface RoomModel {
  me: string;
  grant: GrantView;
  room: RoomState;
  /** By purpose: "stage", "tile-1", … */
  slots: ReadonlyMap<string, SlotView>;
  speakers: ReadonlySet<string>;
  /** A change was missed: ask for the whole state. */
  stale: boolean;
}

export type RoomAction =
  | { type: 'joined'; joined: RoomJoined }
  | { type: 'state'; room: RoomState }
  | { type: 'changed'; changed: RoomChanged }
  | { type: 'slots'; slots: readonly SlotView[] }
  /** My media goes by another connection now, and this is all that it shows. */
  | { type: 'moved'; slots: readonly SlotView[] }
  | { type: 'speakers'; peers: readonly string[] }
  | { type: 'grant'; grant: GrantView };

type Change = RoomChanged['changes'][number];

export function reduceRoom(model: RoomModel | null, action: RoomAction): RoomModel | null {
  if (action.type === 'joined') {
    const { joined } = action;
    if (joined.room === null) return null;
    return { me: joined.peer, grant: joined.grant, room: joined.room, slots: model?.slots ?? new Map(), speakers: new Set(), stale: false };
  }
  if (model === null) return null;
  switch (action.type) {
    case 'state':
      return { ...model, room: action.room, stale: false };
    case 'changed':
      return withChanges(model, action.changed);
    case 'slots':
      return { ...model, slots: new Map([...model.slots, ...action.slots.map((slot) => [slot.slot, newest(model.slots.get(slot.slot), slot)] as const)]) };
    case 'moved':
      return { ...model, slots: new Map(action.slots.map((slot) => [slot.slot, slot] as const)) };
    case 'speakers':
      return { ...model, speakers: new Set(action.peers) };
    case 'grant':
      return { ...model, grant: action.grant };
  }
}

/** A new connection numbers its generations anew: what the slots held is forgotten. */
export function withoutSlots(model: RoomModel): RoomModel {
  return { ...model, slots: new Map() };
}

function newest(before: SlotView | undefined, after: SlotView): SlotView {
  return before !== undefined && before.mid === after.mid && before.generation > after.generation ? before : after;
}

function withChanges(model: RoomModel, changed: RoomChanged): RoomModel {
  if (changed.seq <= model.room.seq) return model;
  if (changed.seq > model.room.seq + 1) return { ...model, stale: true };
  return { ...model, room: { ...changed.changes.reduce(withChange, model.room), seq: changed.seq } };
}

function withChange(room: RoomState, change: Change): RoomState {
  switch (change.type) {
    case 'peer_joined':
    case 'peer_changed':
      return { ...room, peers: withPeer(room.peers, change.peer) };
    case 'peer_left':
      return { ...room, peers: room.peers.filter((peer) => peer.peer !== change.peer) };
    case 'hands_changed':
      return { ...room, hands: change.hands };
    case 'lobby_changed':
      return { ...room, lobby: change.lobby };
    case 'presenting_changed':
      return { ...room, presenting: change.presenting };
    case 'stage_changed':
      return { ...room, stage: change.stage };
    case 'lock_changed':
      return { ...room, locked: change.locked };
    case 'recording_changed':
      return { ...room, recording: change.recording };
    case 'groups_changed':
      return { ...room, groups: change.groups };
  }
}

function withPeer(peers: PeerView[], peer: PeerView): PeerView[] {
  const place = peers.findIndex((known) => known.peer === peer.peer);
  return place === -1 ? [...peers, peer] : peers.with(place, peer);
}

export function peerOf(model: RoomModel, peer: string | null): PeerView | null {
  return model.room.peers.find((known) => known.peer === peer) ?? null;
}

export function meOf(model: RoomModel): PeerView | null {
  return peerOf(model, model.me);
}

/** Those who are where I am: with all, or in the same group room. */
export function around(model: RoomModel): PeerView[] {
  const place = meOf(model)?.group ?? null;
  return model.room.peers.filter((peer) => peer.group === place);
}

/** Place in the queue of raised hands, from 1; 0 when not raised. */
export function handOf(model: RoomModel, peer: string): number {
  return model.room.hands.findIndex((hand) => hand.peer === peer) + 1;
}

/** Whether this person has anything to decide about the Tafel. */
export function leadsStage(grant: GrantView, canShare: boolean): boolean {
  return grant.present || grant.moderate || (grant.screen && canShare);
}

export type StageContent =
  | { kind: 'screen'; peer: PeerView }
  | { kind: 'document'; document: string; slide: string | null; peer: string }
  | { kind: 'person'; peer: PeerView }
  | { kind: 'empty' };

/** What the Tafel shows: a shared screen, else the person who was brought there, else the presented document. */
export function stageContent(model: RoomModel): StageContent {
  const sharing = peerOf(model, model.slots.get('screen')?.peer ?? null) ?? around(model).find((peer) => peer.screen) ?? null;
  if (sharing?.screen === true) return { kind: 'screen', peer: sharing };
  const person = peerOf(model, model.room.stage);
  if (person !== null) return { kind: 'person', peer: person };
  const { presenting } = model.room;
  return presenting === null ? { kind: 'empty' } : { kind: 'document', document: presenting.document, slide: presenting.slide, peer: presenting.peer };
}
