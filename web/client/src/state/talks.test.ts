import { describe, expect, it } from 'vitest';
import type { ChannelView, PartnerView } from '../protocol/messages';
import { directs, groups, others, unreadIn, withMessage, withRead } from './talks';
import { message } from './testing';

const partner: PartnerView = { person: 'p', name: 'P', role: 'pupil', closed: null };

function talk(channel: string, more: Partial<ChannelView> = {}): ChannelView {
  return { channel, title: channel, read: true, write: true, moderate: false, mode: 'open', held: false, unread: 0, keep_days: null, head: 1, at: 1, partner: null, ...more };
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

describe('who writes', () => {
  const person = (id: string) => ({ person: id, name: id.toUpperCase() });
  it('is never me, and few names', () => {
    expect(others([person('me')], 'me')).toEqual({ names: [], more: 0 });
    expect(others(['a', 'me', 'b'].map(person), 'me')).toEqual({ names: ['A', 'B'], more: 0 });
    expect(others(['a', 'b', 'c', 'd'].map(person), 'me')).toEqual({ names: ['A'], more: 3 });
  });
});
