import { describe, expect, it } from 'vitest';
import type { Geometry } from '../schema';
import { seeded } from '../testing/random';
import { arrowStep, geometryOf, HANDLES, resized, settled } from './geometry';

/** Where a corner of a turned box is. */
function corner([x, y, w, h, rot]: Geometry, sx: number, sy: number): [number, number] {
  const angle = (rot * Math.PI) / 180;
  const [dx, dy] = [(sx * w) / 2, (sy * h) / 2];
  return [x + w / 2 + dx * Math.cos(angle) - dy * Math.sin(angle), y + h / 2 + dx * Math.sin(angle) + dy * Math.cos(angle)];
}

describe('geometry', () => {
  it('keeps the opposite corner where it is, however the box is turned', () => {
    const random = seeded(41);
    for (let round = 0; round < 500; round += 1) {
      const box: Geometry = [random() * 1000, random() * 500, 100 + random() * 400, 100 + random() * 300, Math.round(random() * 360)];
      const handle = HANDLES[round % 4] ?? { x: 1, y: 1 };
      const after = resized(box, handle, random() * 200 - 100, random() * 200 - 100);
      const [bx, by] = corner(box, -handle.x, -handle.y);
      const [ax, ay] = corner(after, -handle.x, -handle.y);
      expect(ax).toBeCloseTo(bx, 6);
      expect(ay).toBeCloseTo(by, 6);
    }
  });

  it('never makes a box that cannot be caught again', () => {
    expect(settled([5000, -5000, 1, 1, 0])).toEqual([1560, 16, 24, 24, 0]);
    expect(settled([-900, 10, 300, 100, 270])).toEqual([-260, 10, 300, 100, -90]);
    expect(settled([0, 0, 100, 100, -180])[4]).toBe(180);
  });

  it('accepts five finite numbers only', () => {
    expect(geometryOf([1, 2, 3, 4, 5])).toEqual([1, 2, 3, 4, 5]);
    expect(geometryOf([1, 2, 3, 4])).toEqual([1, 2, 3, 4, 0]);
    for (const bad of [null, 'x', [1, 2, 3], [1, 2, 3, NaN, 0], [1, 2, 3, '4', 0], {}]) expect(geometryOf(bad)).toBeNull();
  });

  it('knows arrows and nothing else', () => {
    expect(arrowStep('ArrowLeft', false)).toEqual([-8, 0]);
    expect(arrowStep('ArrowDown', true)).toEqual([0, 40]);
    expect(arrowStep('a', true)).toBeNull();
  });
});
