/** How elements look, as CSS values. A unit of the slide is 1/16 cqi, so a slide of any width looks the same. */
import { SIZE_UNITS, type Background, type Color, type Geometry } from '../schema';
import type { Element } from './model';

export function units(value: number): string {
  return `${value / 16}cqi`;
}

/** Chalk on the board; on paper the same names are inks that can be read there. */
const INK: Readonly<Record<Background, Readonly<Record<Color, string>>>> = {
  board: { chalk: 'var(--chalk)', mark: 'var(--mark)', 'chalk-red': 'var(--chalk-red)', 'chalk-blue': 'var(--chalk-blue)', board: 'var(--chalk-dim)' },
  paper: { chalk: '#18241f', mark: '#7d4e00', 'chalk-red': '#a8231b', 'chalk-blue': '#1d5680', board: 'var(--board)' },
};

export function ink(color: Color | null, bg: Background): string {
  return INK[bg][color ?? 'chalk'];
}

/** Areas may be light: text that stands on them brings its own colour. */
export function area(fill: Color | null): string {
  return fill === null ? 'transparent' : `var(--${fill})`;
}

export function letters(element: Element): string {
  return units(SIZE_UNITS[element.size]);
}

export interface Place {
  readonly left: string;
  readonly top: string;
  readonly width: string;
  readonly height: string;
  readonly rotate: string | undefined;
}

export function placeOf([x, y, w, h, rot]: Geometry): Place {
  return { left: units(x), top: units(y), width: units(w), height: units(h), rotate: rot === 0 ? undefined : `${rot}deg` };
}
