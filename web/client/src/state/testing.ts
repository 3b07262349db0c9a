/** Rooms and people for tests. */
import type { ChatMessage, GrantView, PeerView, RoomState } from '../protocol/messages';
import { reduceRoom, type RoomModel } from './room';

export const GRANT: GrantView = { role: 'teacher', publish: true, screen: true, edit: true, chat: true, moderate: true, present: true, record: true };

export function peer(id: string, more: Partial<PeerView> = {}): PeerView {
  return {
    peer: id, person: `person-${id}`, name: id, role: 'pupil', colour: 0, moderator: false, microphone: false, camera: false, screen: false,
    muted: false, connection: 'connected', quality: 'unknown', joined_at: 0, group: null, ...more,
  };
}

export function room(peers: PeerView[], more: Partial<RoomState> = {}): RoomState {
  return {
    meeting: 'm', kind: 'lesson', title: 'Mathematik 8b', channel: 'c', documents: [], started_at: 0, seq: 1, peers, hands: [], lobby: [],
    presenting: null, stage: null, locked: false, encrypted: false, private_cameras: false, recording: null, groups: null, ...more,
  };
}

export function model(me: string, state: RoomState): RoomModel {
  const joined = reduceRoom(null, { type: 'joined', joined: { state: 'joined', peer: me, meeting: 'm', title: state.title, grant: GRANT, room: state } });
  if (joined === null) throw new Error('not joined');
  return joined;
}

export function message(seq: number, more: Partial<ChatMessage> = {}): ChatMessage {
  return { channel: 'c', seq, client_id: `client-${seq}`, author: { id: 'a', name: 'A', role: 'pupil' }, text: `text ${seq}`, at: seq, deleted: false, edited: false, reply_to: null, mentions: [], reactions: [], attachments: [], ...more };
}
