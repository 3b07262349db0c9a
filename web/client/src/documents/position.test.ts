import { describe, expect, it } from 'vitest';
import { DIGITS, positionBetween, positionsAt, positionsBetween } from './position';
import { seeded } from './testing/random';

describe('positions', () => {
  it('stand strictly between their neighbours, however they were made', () => {
    const random = seeded(11);
    const list: string[] = [];
    for (let round = 0; round < 5000; round += 1) {
      const index = Math.floor(random() * (list.length + 1));
      const low = list[index - 1] ?? null;
      const high = list[index] ?? null;
      const made = positionBetween(low, high, random);
      expect(low === null || low < made, `${low} < ${made}`).toBe(true);
      expect(high === null || made < high, `${made} < ${high}`).toBe(true);
      expect(made).toMatch(/^[0-9A-Za-z]*[1-9A-Za-z]$/);
      list.splice(index, 0, made);
    }
  });

  it('stay short when 10,000 rows are appended or pasted', () => {
    const random = seeded(12);
    let last: string | null = null;
    for (let row = 0; row < 300; row += 1) last = positionBetween(last, null, random);
    expect(last?.length).toBeLessThan(80);
    const pasted = positionsBetween('V', 'W', 10_000, random);
    expect(pasted).toEqual([...pasted].sort());
    expect(new Set(pasted).size).toBe(10_000);
    expect(Math.max(...pasted.map((position) => position.length))).toBeLessThan(10);
  });

  it('fit between neighbours that leave no room in their last digit', () => {
    const low = () => 0;
    const high = () => 0.999999;
    for (const random of [low, high]) {
      for (const [before, after] of [['A', 'B'], ['A', 'A1'], ['1', '11'], [null, '1'], [null, '01'], ['z', null], ['zz', null], ['Az', 'B']] as const) {
        const made = positionBetween(before, after, random);
        expect(before === null || before < made).toBe(true);
        expect(after === null || made < after).toBe(true);
        expect(made.endsWith('0')).toBe(false);
      }
    }
  });

  it('go behind a tie instead of failing', () => {
    const tied = [{ id: 'a', pos: 'V' }, { id: 'b', pos: 'V' }, { id: 'c', pos: 'W' }];
    const [made = ''] = positionsAt(tied, 1, 1, seeded(13));
    expect(made > 'V' && made < 'W').toBe(true);
  });

  it('are compared by code unit, in the order of their digits', () => {
    expect([...DIGITS].sort().join('')).toBe(DIGITS);
  });
});
