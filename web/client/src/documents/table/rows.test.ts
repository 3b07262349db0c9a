import { describe, expect, it } from 'vitest';
import { seeded } from '../testing/random';
import { RowLayout } from './rows';

describe('row layout', () => {
  it('agrees with adding up the heights one by one', () => {
    const random = seeded(51);
    for (let round = 0; round < 50; round += 1) {
      const rows = Array.from({ length: 1 + Math.floor(random() * 60) }, () => ({ head: random() < 0.2 }));
      const layout = new RowLayout(rows, { row: 36, head: 44 });
      let top = 0;
      rows.forEach(({ head }, index) => {
        expect(layout.top(index)).toBe(top);
        expect(layout.height(index)).toBe(head ? 44 : 36);
        expect(layout.at(top)).toBe(index);
        expect(layout.at(top + (head ? 43 : 35))).toBe(index);
        top += head ? 44 : 36;
      });
      expect(layout.top(rows.length)).toBe(top);
    }
  });

  it('draws a window, not the table', () => {
    const layout = new RowLayout(Array.from({ length: 5000 }, () => ({ head: false })), { row: 36, head: 44 });
    expect(layout.between(36 * 1000, 36 * 1020, 6)).toEqual({ first: 994, last: 1026 });
    expect(layout.between(-50, 100, 6)).toEqual({ first: 0, last: 8 });
    expect(layout.between(1e9, 1e9, 6)).toEqual({ first: 4993, last: 4999 });
    expect(new RowLayout([], { row: 36, head: 44 }).between(0, 500, 6)).toEqual({ first: 0, last: -1 });
  });
});
