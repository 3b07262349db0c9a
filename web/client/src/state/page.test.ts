import { describe, expect, it, vi } from 'vitest';
import { Page } from './page';

function page(inside = true) {
  const told: unknown[] = [];
  const ask = { send: async (event: string, payload: unknown) => (told.push([event, payload]), true) };
  return { told, page: new Page(ask, () => inside) };
}

describe('whose pictures I want', () => {
  it('is told when it changes, and not otherwise', () => {
    const { told, page: mine } = page();
    mine.show([]);
    for (const tiles of [['a', 'b'], ['a', 'b'], ['b', 'a'], []]) mine.show(tiles);
    expect(told).toEqual([['a', 'b'], ['b', 'a'], []].map((tiles) => ['media:page', { tiles }]));
  });

  it('is told again to who may not know it, unless there is nothing to tell', () => {
    const { told, page: mine } = page();
    mine.again();
    mine.show(['a']);
    mine.again();
    expect(told).toHaveLength(2);
  });

  it('is told again, some times, where it was refused, and only what I want by then', async () => {
    vi.useFakeTimers();
    const told: (readonly string[])[] = [];
    let refusals = 1;
    const send = async (_: string, { tiles }: { tiles: readonly string[] }) => (told.push(tiles), refusals-- <= 0);
    const mine = new Page({ send } as ConstructorParameters<typeof Page>[0], () => true);
    mine.show(['a']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual([['a'], ['a']]);
    refusals = 1;
    mine.show(['b']);
    mine.show(['c']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told.slice(2)).toEqual([['b'], ['c']]);
    refusals = Infinity;
    mine.show(['d']);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(told.length).toBeLessThan(20);
    vi.useRealTimers();
  });

  it('is kept for later outside of the room', () => {
    const { told, page: mine } = page(false);
    mine.show(['a']);
    expect(told).toEqual([]);
    mine.again();
    expect(told).toEqual([['media:page', { tiles: ['a'] }]]);
  });
});
