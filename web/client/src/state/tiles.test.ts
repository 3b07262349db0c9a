import { describe, expect, it } from 'vitest';
import { model, peer, room } from './testing';
import { cameraSlot, CELLS, PINS, rosterOrder, tilePage } from './tiles';

const teacher = peer('t', { moderator: true, name: 'Frau Yıldız' });
const pupils = Array.from({ length: 30 }, (_, place) => peer(`p${place + 1}`, { name: `Kind ${place + 1}` }));

describe('the order', () => {
  it('is the leader first, then names as people count', () => {
    const order = rosterOrder([...pupils.slice(0, 12).reverse(), teacher], 'de');
    expect(order.map((one) => one.name).slice(0, 4)).toEqual(['Frau Yıldız', 'Kind 1', 'Kind 2', 'Kind 3']);
    expect(order.at(-1)?.name).toBe('Kind 12');
  });
});

describe('a page', () => {
  it('holds nine cells and asks for at most eight', () => {
    const page = tilePage(model('t', room([teacher, ...pupils])), 0, 'de');
    expect(page.cells).toHaveLength(CELLS);
    expect(page.cells[0]?.peer).toBe('t');
    expect(page.wanted).toHaveLength(8);
    expect(page.wanted).not.toContain('t');
    expect(page.pages).toBe(4);
  });

  it('keeps the teacher and me on every page, and everybody is on exactly one', () => {
    const mine = model('p7', room([...pupils, teacher]));
    const pages = tilePage(mine, 0, 'de').pages;
    const seen: string[] = [];
    for (let at = 0; at < pages; at++) {
      const { cells } = tilePage(mine, at, 'de');
      expect(cells.slice(0, 2).map((one) => one.peer)).toEqual(['t', 'p7']);
      seen.push(...cells.slice(2).map((one) => one.peer));
    }
    expect(seen).toHaveLength(29);
    expect(new Set(seen).size).toBe(29);
  });

  it('keeps whom I pinned, and everybody else is still on exactly one', () => {
    const mine = model('p7', room([...pupils, teacher]));
    const pinned = new Set(['person-p30', 'person-gone']);
    const pages = tilePage(mine, 0, 'de', pinned).pages;
    const seen = Array.from({ length: pages }, (_, at) => tilePage(mine, at, 'de', pinned).cells.map((one) => one.peer));
    for (const cells of seen) expect(cells.slice(0, 3)).toEqual(['t', 'p7', 'p30']);
    expect(seen.flatMap((cells) => cells.slice(3))).toHaveLength(28);
    expect(tilePage(mine, pages - 1, 'de', pinned).wanted).toContain('p30');
    expect(tilePage(mine, 0, 'de', new Set(pupils.map((one) => one.person))).cells.slice(2, 2 + PINS)).toHaveLength(PINS);
    expect(tilePage(mine, 0, 'de', new Set(pupils.map((one) => one.person))).pages).toBeGreaterThan(1);
  });

  it('beyond the last is the last', () => {
    expect(tilePage(model('t', room([teacher, peer('a')])), 7, 'de')).toMatchObject({ page: 0, pages: 1 });
  });

  it('does not spend a tile on who already fills the stage slot', () => {
    const page = tilePage(model('p1', room([teacher, ...pupils], { stage: 't' })), 0, 'de');
    expect(page.cells[0]?.peer).toBe('t');
    expect(page.wanted).not.toContain('t');
  });
});

describe('a camera', () => {
  it('is found in a tile or on the stage, never in a voice', () => {
    const slot = (name: string, who: string) => [name, { slot: name, mid: name, peer: who, generation: 1, csrc: 1 }] as const;
    const known = { ...model('t', room([teacher])), slots: new Map([slot('voice-1', 'a'), slot('tile-3', 'b'), slot('stage', 'c')]) };
    expect([cameraSlot(known, 'a'), cameraSlot(known, 'b')?.slot, cameraSlot(known, 'c')?.slot]).toEqual([null, 'tile-3', 'stage']);
  });
});
