import { describe, expect, it } from 'vitest';
import type { RoomChanged } from '../protocol/messages';
import { handOf, reduceRoom, stageContent, withoutSlots } from './room';
import { GRANT, model, peer, room } from './testing';

const teacher = peer('t', { moderator: true });
const start = () => model('t', room([teacher, peer('a')]));
const changed = (seq: number, ...changes: RoomChanged['changes']) => ({ type: 'changed' as const, changed: { seq, changes } });

describe('numbered changes', () => {
  it('arrive in order and each once', () => {
    const one = reduceRoom(start(), changed(2, { type: 'peer_joined', peer: peer('b') }));
    const again = reduceRoom(one, changed(2, { type: 'peer_left', peer: 'b' }));
    expect(again?.room.peers.map((known) => known.peer)).toEqual(['t', 'a', 'b']);
    expect(again?.room.seq).toBe(2);
  });

  it('with a gap mark the room stale and change nothing', () => {
    const after = reduceRoom(start(), changed(3, { type: 'peer_left', peer: 'a' }));
    expect(after?.stale).toBe(true);
    expect(after?.room.peers).toHaveLength(2);
    expect(reduceRoom(after, { type: 'state', room: room([teacher], { seq: 3 }) })?.stale).toBe(false);
  });

  it('of every kind lead to the same state as a fresh one', () => {
    const hand = { peer: 'a', at: 5 };
    const guest = { peer: 'g', person: 'p', name: 'Gast', role: 'guest', since: 1 };
    const presenting = { peer: 't', document: 'd', slide: null };
    const after = reduceRoom(start(), changed(2,
      { type: 'peer_changed', peer: peer('a', { camera: true }) },
      { type: 'peer_joined', peer: peer('b') },
      { type: 'hands_changed', hands: [hand] },
      { type: 'lobby_changed', lobby: [guest] },
      { type: 'presenting_changed', presenting },
      { type: 'stage_changed', stage: 'b' },
      { type: 'lock_changed', locked: true },
    ));
    expect(after?.room).toEqual(room([teacher, peer('a', { camera: true }), peer('b')], { seq: 2, hands: [hand], lobby: [guest], presenting, stage: 'b', locked: true }));
  });
});

describe('the model', () => {
  it('is nothing in the lobby and nothing before joining', () => {
    expect(reduceRoom(null, { type: 'joined', joined: { state: 'lobby', peer: 'g', meeting: 'm', title: '', grant: GRANT, room: null } })).toBeNull();
    expect(reduceRoom(null, { type: 'speakers', peers: ['a'] })).toBeNull();
  });

  it('never goes back to an older generation of a slot', () => {
    const slot = (generation: number, who: string) => ({ slot: 'tile-1', mid: '10', peer: who, generation, csrc: generation });
    const newer = reduceRoom(start(), { type: 'slots', slots: [slot(4, 'b')] });
    const after = reduceRoom(newer, { type: 'slots', slots: [slot(3, 'a')] });
    expect(after?.slots.get('tile-1')?.peer).toBe('b');
    expect(after && reduceRoom(withoutSlots(after), { type: 'slots', slots: [slot(1, 'a')] })?.slots.get('tile-1')?.peer).toBe('a');
  });

  it('knows the place in the queue of hands', () => {
    const queue = model('a', room([teacher, peer('a'), peer('b')], { hands: [{ peer: 'b', at: 1 }, { peer: 'a', at: 2 }] }));
    expect([handOf(queue, 'b'), handOf(queue, 'a'), handOf(queue, 't')]).toEqual([1, 2, 0]);
  });

  it('takes a new grant and who speaks', () => {
    const quiet = reduceRoom(start(), { type: 'grant', grant: { ...GRANT, moderate: false } });
    expect(quiet?.grant.moderate).toBe(false);
    expect(reduceRoom(quiet, { type: 'speakers', peers: ['a'] })?.speakers.has('a')).toBe(true);
  });
});

describe('the Tafel', () => {
  const presenting = { peer: 't', document: 'd', slide: 's' };

  it('shows a shared screen before a person before a document before nothing', () => {
    const sharing = model('t', room([teacher, peer('a', { screen: true })], { presenting, stage: 'a' }));
    expect(stageContent(sharing).kind).toBe('screen');
    expect(stageContent(model('t', room([teacher, peer('a')], { presenting, stage: 'a' }))).kind).toBe('person');
    expect(stageContent(model('t', room([teacher, peer('a')], { presenting })))).toEqual({ kind: 'document', document: 'd', slide: 's', peer: 't' });
    expect(stageContent(start()).kind).toBe('empty');
  });

  it('is not held by somebody who has left', () => {
    expect(stageContent(model('t', room([teacher], { stage: 'a' }))).kind).toBe('empty');
    expect(stageContent(model('t', room([teacher], { stage: 'a', presenting }))).kind).toBe('document');
  });
});
