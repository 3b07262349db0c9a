import { describe, expect, it } from 'vitest';
import type { ChannelView, PartnerView } from '../protocol/messages';
import { directs, groups, MOST, others, shownUnread, unreadIn, withDeleted, withMessage, withRead, type Talk } from './talks';
import { message } from './testing';

const partner: PartnerView = { person: 'p', name: 'P', role: 'pupil', closed: null };

function talk(channel: string, more: Partial<ChannelView> = {}): ChannelView {
  return { channel, title: channel, read: true, write: true, moderate: false, mode: 'open', held: false, seen: 1, unread: 0, keep_days: null, head: 1, at: 1, partner: null, ...more };
}

describe('the list of conversations', () => {
  const all = [talk('old'), talk('new', { at: 5 }), talk('direct', { partner }), talk('silent', { partner, head: 0, at: null })];
  it('has the newest first, and what is silent only while it is open', () => {
    expect(groups(all).map((one) => one.channel)).toEqual(['new', 'old']);
    expect(directs(all, null).map((one) => one.channel)).toEqual(['direct']);
    expect(directs(all, 'silent').map((one) => one.channel)).toEqual(['direct', 'silent']);
  });

  it('counts what others write, once, until it is read', () => {
    const said = { ...message(2), channel: 'old', at: 9 };
    const after = withMessage(withMessage(all, said, 'me'), said, 'me');
    expect(groups(after).map((one) => [one.channel, one.unread])).toEqual([['old', 1], ['new', 0]]);
    expect(withMessage(all, said, said.author.id)[0]?.unread).toBe(0);
    expect(withRead(after, 'old', 1)[0]?.unread).toBe(1);
    expect(withRead(after, 'old', 2)[0]?.unread).toBe(0);
    expect([unreadIn(after, null), unreadIn(after, 'old')]).toEqual([1, 0]);
  });
});

describe('what is unread in the list', () => {
  const by = (seq: number, author: string) => ({ ...message(seq, { author: { id: author, name: author, role: 'pupil' } }), channel: 'c' });
  const heard = (talk: Talk, ...authors: string[]): Talk => authors.reduce((one, author) => only(withMessage([one], by(one.head + 1, author), 'me')), talk);
  const read = (one: Talk, seq: number) => only(withRead([one], 'c', seq));
  const deleted = (one: Talk, seq: number, author = 'you') => only(withDeleted([one], { channel: 'c', seq, author }, 'me'));
  const only = (talks: readonly Talk[]): Talk => {
    if (talks[0] === undefined) throw new Error('no talk');
    return talks[0];
  };

  it('leaves out my own, also those after the place I have read to', () => {
    const later = heard(talk('c'), 'you', 'me', 'you', 'me');
    expect(later).toMatchObject({ head: 5, unread: 2 });
    expect(read(later, 2)).toMatchObject({ seen: 2, unread: 1 });
    expect(read(later, 4)).toMatchObject({ seen: 4, unread: 0 });
    expect(read(read(later, 4), 2)).toMatchObject({ seen: 4, unread: 0 });
    expect(read(later, Number.MAX_SAFE_INTEGER)).toMatchObject({ seen: 5, unread: 0 });
  });

  it('loses what is deleted, once, and nothing for what was not unread', () => {
    const later = heard(talk('c', { head: 9, seen: 4, unread: 3 }), 'you', 'me');
    expect(later.unread).toBe(4);
    const without = deleted(later, 10);
    expect(without.unread).toBe(3);
    expect(deleted(without, 10).unread).toBe(3);
    expect(deleted(deleted(later, 7), 7).unread).toBe(3);
    expect([deleted(later, 3).unread, deleted(later, 11, 'me').unread, deleted(later, 8, 'me').unread]).toEqual([4, 4, 4]);
    expect(read(deleted(later, 9), 8).unread).toBe(1);
    expect(only(withDeleted([later], { channel: 'other', seq: 10, author: 'you' }, 'me'))).toBe(later);
  });

  it('is never more than what stands after the place, nor than the server counts', () => {
    expect(read(talk('c', { head: 9, seen: 1, unread: 6 }), 7).unread).toBe(2);
    const many = talk('c', { head: 500, seen: 0, unread: MOST });
    expect(heard(many, 'you').unread).toBe(MOST);
    expect(deleted(many, 400).unread).toBe(MOST);
    expect([shownUnread(99), shownUnread(MOST), shownUnread(500)]).toEqual(['99', '99+', '99+']);
  });
});

describe('who writes', () => {
  const person = (id: string) => ({ person: id, name: id.toUpperCase() });
  it('is never me, and few names', () => {
    expect(others([person('me')], 'me')).toEqual({ names: [], more: 0 });
    expect(others(['a', 'me', 'b'].map(person), 'me')).toEqual({ names: ['A', 'B'], more: 0 });
    expect(others(['a', 'b', 'c', 'd'].map(person), 'me')).toEqual({ names: ['A'], more: 3 });
  });
});
