/**
 * Where things stand in a list that many edit at once. Twin of `position_between` in collab/schema.py, letter by letter.
 *
 * A position is a fraction in base 62 written without "0.": digits 0-9A-Za-z, never empty, never ending in "0". Order is by
 * (position, id), both compared by code unit. Jitter keeps apart what two people insert at the same place; the order of equal
 * positions is decided by the id, so every replica shows the same.
 */

export const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Yields [0, 1). */
export type Random = () => number;

export interface Placed {
  readonly id: string;
  readonly pos: string;
}

/** Return a position strictly between two others; null is the open end. */
export function positionBetween(low: string | null, high: string | null, random: Random): string {
  let made = '';
  let bounded = high !== null;
  for (let index = 0; ; index += 1) {
    const floor = digitAt(low, index, 0);
    const ceiling = bounded ? digitAt(high, index, DIGITS.length) : DIGITS.length;
    if (ceiling - floor > 1) return made + DIGITS.charAt(floor + 1 + Math.floor(random() * (ceiling - floor - 1)));
    made += DIGITS.charAt(floor);
    if (ceiling > floor) bounded = false;
  }
}

function digitAt(position: string | null, index: number, beyond: number): number {
  if (position === null || index >= position.length) return beyond;
  return Math.max(0, DIGITS.indexOf(position.charAt(index)));
}

/** Return `count` ascending positions between two others; halving keeps them short. */
export function positionsBetween(low: string | null, high: string | null, count: number, random: Random): string[] {
  if (count <= 0) return [];
  const middle = positionBetween(low, high, random);
  const before = Math.floor((count - 1) / 2);
  return [
    ...positionsBetween(low, middle, before, random),
    middle,
    ...positionsBetween(middle, high, count - 1 - before, random),
  ];
}

/** Return positions for `count` newcomers that shall stand at `index` of an ordered list; after ties where there are some. */
export function positionsAt(list: readonly Placed[], index: number, count: number, random: Random): string[] {
  const low = list[index - 1]?.pos ?? null;
  const high = list.slice(index).find((item) => low === null || item.pos > low)?.pos ?? null;
  return positionsBetween(low, high, count, random);
}

export function byPosition(a: Placed, b: Placed): number {
  return compare(a.pos, b.pos) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
