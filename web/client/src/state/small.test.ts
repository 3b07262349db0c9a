import { describe, expect, it } from 'vitest';
import { newsBetween } from './announce';
import { backoff } from './backoff';
import { colourOf, initials, personColour, shortName } from './names';
import { minutesLeft, planOf, upcomingOf, whenOf } from './plan';
import { withChange } from './presence';
import { model, peer, room } from './testing';

describe('names', () => {
  it('have the colour that the room gives them', () => {
    // as web/room_view.py counts
    expect(['guardian1', 'teacher', 'pupil1', 'ticket:Frau Yıldız', ''].map(colourOf)).toEqual([4, 5, 7, 2, 0]);
  });

  it.each([['Frau Yıldız', 'Y'], ['Amira H.', 'AH'], ['Ben', 'B'], ['  ', '?'], ['ömer özil', 'ÖÖ'], ['😀 Test', '😀T']])('%j becomes %j', (name, letters) => {
    expect(initials(name)).toBe(letters);
  });
  it('are short under a picture while they stay clear', () => {
    const all = ['Amira H.', 'Ben K.', 'Ben L.', 'Frau Yıldız', 'Kateryna Petrenko'];
    expect(all.map((name) => shortName(name, all))).toEqual(['Amira', 'Ben K.', 'Ben L.', 'Fr. Yıldız', 'Kateryna Petrenko']);
  });
  it('have one of eight colours', () => {
    expect([0, 7, 8, -1].map(personColour)).toEqual([1, 8, 1, 8].map((place) => `--who: var(--person-${place})`));
  });
});

describe('backing off', () => {
  it('doubles, ends at eight seconds, and spreads a class', () => {
    expect([0, 1, 2, 3, 4, 5, 30].map((attempt) => backoff(attempt, 1))).toEqual([400, 800, 1600, 3200, 6400, 8000, 8000]);
    expect(backoff(5, 0)).toBe(4000);
  });
});

describe('the day', () => {
  const at = (hour: number, minute = 0) => new Date(2026, 10, 23, hour, minute).getTime();
  const lesson = (id: string, from: number, until: number) => ({ id, kind: 'lesson' as const, title: id, host: '', host_name: '', group_title: null, starts_at: from, ends_at: until, channel: null, documents: [], lobby: false, locked: false, encrypted: false, private_cameras: false, cancelled: false, moved_from: null as number | null, grant: { moderate: false } });
  it('is today in order, and the door opens ten minutes early', () => {
    const yesterday = lesson('gestern', at(9) - 86_400_000, at(10) - 86_400_000);
    const plan = planOf([lesson('b', at(11), at(12)), lesson('a', at(8), at(9)), yesterday], at(10, 50));
    expect(plan.map((entry) => [entry.meeting.id, entry.when])).toEqual([['a', 'past'], ['b', 'now']]);
    expect(whenOf(lesson('b', at(11), at(12)), at(10, 49))).toBe('later');
  });

  it('of later days comes after it, the next first', () => {
    const later = (id: string, days: number) => lesson(id, at(8) + days * 86_400_000, at(9) + days * 86_400_000);
    const found = upcomingOf([later('c', 3), later('b', 1), lesson('a', at(11), at(12)), later('y', -1)], at(10));
    expect(found.map((meeting) => meeting.id)).toEqual(['b', 'c']);
  });
  it('shows what was moved away where it was, and once', () => {
    const moved = { ...lesson('m', at(9) + 86_400_000, at(10) + 86_400_000), moved_from: at(9) };
    expect(planOf([moved], at(8)).map((entry) => [entry.when, entry.at])).toEqual([['moved', at(9)]]);
    const later = { ...lesson('l', at(11), at(12)), moved_from: at(9) };
    expect(planOf([later], at(8)).map((entry) => [entry.when, entry.at])).toEqual([['later', at(11)]]);
  });
  it('counts minutes up to the last', () => {
    expect([minutesLeft(at(10, 35), at(10, 12)), minutesLeft(at(10), at(10) - 1), minutesLeft(at(10), at(11))]).toEqual([23, 1, 0]);
  });
});

describe('presence', () => {
  const person = (id: string, status: 'here' | 'unknown' = 'here') => ({ person: id, name: id, role: 'pupil', status, until: null });
  it('replaces who changed and drops who left', () => {
    const people = withChange([person('a'), person('b'), person('c')], { channel: 'c', people: [person('a', 'unknown'), person('d')], gone: ['b'] });
    expect(people).toEqual([person('c'), person('a', 'unknown'), person('d')]);
  });
});

describe('news', () => {
  it('is who raised a hand, who waits, and how many came, but never me', () => {
    const before = model('t', room([peer('t'), peer('a')]));
    const guest = { peer: 'g', person: 'g', name: 'Gast', role: 'guest', since: 0 };
    const after = model('t', room([peer('t'), peer('a'), peer('b'), peer('c')], { hands: [{ peer: 'a', at: 1 }, { peer: 't', at: 2 }], lobby: [guest] }));
    expect(newsBetween(before, after)).toEqual({ raised: ['a'], joined: 2, waiting: ['Gast'] });
    expect(newsBetween(after, after)).toEqual({ raised: [], joined: 0, waiting: [] });
  });
});
