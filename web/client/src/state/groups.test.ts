import { describe, expect, it } from 'vitest';
import type { GroupsView } from '../protocol/messages';
import { countdown, groupOf, seatable, seatOf, working } from './groups.svelte';
import { stageContent } from './room';
import { model, peer, room } from './testing';
import { tilePage } from './tiles';

const view = (id: string, people: string[]) => ({ id, title: `Gruppe ${id}`, channel: `c-${id}`, document: `d-${id}`, people });
const groups: GroupsView = { how: 'chance', phase: 'open', ends_at: 90_000, rooms: [view('1', ['person-a', 'person-b']), view('2', ['person-late'])], source: null };
const teacher = peer('t', { moderator: true });
const people = [teacher, peer('a', { group: '1' }), peer('b', { group: '1' }), peer('late'), peer('h', { role: 'head' })];

describe('my place', () => {
  it('is the group where I am, and my seat is where I belong', () => {
    const state = room(people, { groups });
    expect(groupOf(model('a', state))?.id).toBe('1');
    expect(groupOf(model('late', state))).toBeNull();
    expect(seatOf(model('late', state))?.id).toBe('2');
    expect(seatOf(model('t', state))).toBeNull();
    expect(working(groups)).toBe(true);
    expect(working({ ...groups, phase: 'prepared' })).toBe(false);
    expect(working(null)).toBe(false);
  });

  it('has only those in its tiles who are there', () => {
    const cells = (me: string) => tilePage(model(me, room(people, { groups })), 0, 'de').cells.map((one) => one.peer);
    expect(cells('a')).toEqual(['a', 'b']);
    expect(cells('t')).toEqual(['t', 'h', 'late']);
  });

  it('shows its document on the Tafel', () => {
    const state = room(people, { groups, presenting: { peer: '', document: 'd-1', slide: null } });
    expect(stageContent(model('a', state))).toEqual({ kind: 'document', document: 'd-1', slide: null, peer: '' });
  });
});

describe('who can be put into a group', () => {
  it('is everybody but those who lead or visit, once', () => {
    const state = room([...people, peer('a2', { person: 'person-a', name: 'a' })], { groups });
    expect(seatable(model('t', state), 'de').map((one) => one.person)).toEqual(['person-a', 'person-b', 'person-late']);
  });
});

describe('the countdown', () => {
  it('is in minutes and seconds and never below nothing', () => {
    expect([countdown(90_000, 0), countdown(90_000, 84_500), countdown(90_000, 100_000)]).toEqual(['1:30', '0:06', '0:00']);
  });
});
