import { describe, expect, it } from 'vitest';
import type { Change, Past, Version } from './api';
import { continued, daysOf, namedOf, writersOf } from './timeline';

const at = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();
const change = (first: number, last: number, day: number, ...people: string[]): Change => ({
  first,
  last,
  began: at(day, 9),
  ended: at(day, 10),
  people: people.map((account) => ({ account, name: account, entries: 1 + last - first })),
});
const version = (seq: number, kind: Version['kind'], day: number, name = ''): Version => ({ id: `${kind}${seq}`, seq, kind, name, by: '', at: at(day, 12) });

describe('timeline', () => {
  const past: Past = {
    changes: [change(8, 9, 22, 'ada'), change(5, 7, 22, 'ben', 'ada'), change(4, 4, 20, 'ben')],
    versions: [version(9, 'named', 22, 'Abgabe'), version(7, 'kept', 22), version(4, 'day', 20), version(2, 'day', 3), version(0, 'floor', 1)],
    more: null,
  };
  const shown = (days: ReturnType<typeof daysOf>) => days.map(({ lines }) => lines.map(({ key }) => key));

  it('shows days, newest first, and what is older than single changes', () => {
    expect(shown(daysOf(past))).toEqual([['c9', 'kept7', 'c7'], ['c4'], ['day2'], ['floor0']]);
    expect(namedOf(past).map(({ name }) => name)).toEqual(['Abgabe']);
  });

  it('shows ends of days only once all changes are here', () => {
    const first: Past = { ...past, changes: past.changes.slice(0, 2), more: 5 };
    expect(shown(daysOf(first))).toEqual([['c9', 'kept7', 'c7']]);
    const older: Past = { changes: past.changes.slice(2), versions: [], more: null };
    expect(shown(daysOf(continued(first, older)))).toEqual(shown(daysOf(past)));
  });

  it('knows who wrote, most first, and nobody who was erased', () => {
    expect(writersOf({ ...past, changes: [...past.changes, change(1, 3, 2, '')] }).map(({ account, entries }) => [account, entries])).toEqual([
      ['ada', 5],
      ['ben', 4],
    ]);
    expect(daysOf({ changes: [], versions: [], more: null })).toEqual([]);
  });
});
