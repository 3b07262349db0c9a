import { describe, expect, it } from 'vitest';
import { carriesAll, type Slots } from './handover';
import type { LinkSample, Picture } from './stats';

const blank: LinkSample = { at: 0, roundTrip: null, jitter: 0, jitterUp: 0, received: 0, heard: 0, lost: 0, sent: 0, lostUp: 0, path: null, arriving: [], leaving: [] };

function sample(frames: Record<string, number>, heard = 0): LinkSample {
  const picture = (mid: string, count: number): Picture => ({ mid, rid: '', active: true, width: 1, height: 1, frames: count, bytes: 0, lost: 0, packets: 0 });
  return { ...blank, heard, arriving: Object.entries(frames).map(([mid, count]) => picture(mid, count)) };
}

function slots(...rows: [slot: string, mid: string, peer: string | null][]): Slots {
  return new Map(rows.map(([slot, mid, peer]) => [slot, { slot, mid, peer, generation: 1, csrc: 1 }]));
}

describe('a new connection', () => {
  const now = slots(['tile-1', '4', 'amira'], ['tile-2', '5', null], ['voice-1', '2', 'ben']);
  const before = sample({ 4: 10 });
  const after = sample({ 4: 12 });

  it('carries a person in whatever slot', () => {
    const looks = { before, after, next: sample({ 7: 2 }) };
    expect(carriesAll(looks, now, slots(['tile-4', '7', 'amira']))).toBe(true);
    expect(carriesAll(looks, now, slots(['tile-4', '7', 'ben']))).toBe(false);
    expect(carriesAll({ ...looks, next: sample({ 7: 1 }) }, now, slots(['tile-4', '7', 'amira']))).toBe(false);
    expect(carriesAll(looks, now, new Map())).toBe(false);
  });

  it('does not stand in for a screen with a camera', () => {
    const looks = { before, after, next: sample({ 7: 9 }) };
    expect(carriesAll(looks, slots(['screen', '4', 'amira']), slots(['tile-1', '7', 'amira']))).toBe(false);
  });

  it('need not show what stands still', () => {
    expect(carriesAll({ before, after: before, next: blank }, now, new Map())).toBe(true);
  });

  it('must sound where somebody is heard', () => {
    const looks = { before: sample({}, 100), after: sample({}, 105), next: sample({}, 0) };
    expect(carriesAll(looks, new Map(), new Map())).toBe(false);
    expect(carriesAll({ ...looks, next: sample({}, 5) }, new Map(), new Map())).toBe(true);
  });
});
