/**
 * The shapes of decks and tables inside a Yjs document. Twin of collab/schema.py, which documents every key; both are held
 * together by tests/vectors/shapes.json. Readers here are total: what a foreign client wrote wrongly is shown as absent.
 */
import type * as Y from 'yjs';

/** The origin of every change a person makes here: what their own undo takes back. */
export const EDIT = 'edit';

/** Key of the position in rows, columns and slides. */
export const POS = '!';
/** Key of the role of a row: absent or "head". */
export const ROLE = '#';

export const BACKGROUNDS = ['board', 'paper'] as const;
export const KINDS = ['title', 'text', 'image', 'rect', 'ellipse', 'line'] as const;
export const COLORS = ['chalk', 'mark', 'chalk-red', 'chalk-blue', 'board'] as const;
export const SIZES = ['s', 'm', 'l', 'xl'] as const;
export const ALIGNS = ['start', 'center', 'end'] as const;
export const FORMATS = ['', 'text', '0', '0.0', '0.00', '0.000', '%'] as const;

export type Background = (typeof BACKGROUNDS)[number];
export type ElementKind = (typeof KINDS)[number];
export type Color = (typeof COLORS)[number];
export type Size = (typeof SIZES)[number];
export type Align = (typeof ALIGNS)[number];
export type Format = (typeof FORMATS)[number];
export type Cell = string | number | boolean;
/** x, y, w, h in units of a 1600 x 900 slide, then degrees clockwise around the middle. */
export type Geometry = readonly [x: number, y: number, w: number, h: number, rot: number];

export const SLIDE_WIDTH = 1600;
export const SLIDE_HEIGHT = 900;

/** Height of the letters in slide units. */
export const SIZE_UNITS: Readonly<Record<Size, number>> = { s: 28, m: 40, l: 56, xl: 72 };

export type Shape = Y.Map<unknown>;

export function oneOf<T extends string>(allowed: readonly T[], value: unknown): T | undefined {
  return allowed.find((item) => item === value);
}

/** "deck" | "table", or null while nothing says so (a scratch document, or not loaded). */
export function kindOf(doc: Y.Doc): 'deck' | 'table' | null {
  return oneOf(['deck', 'table'] as const, doc.getMap<unknown>('meta').get('kind')) ?? null;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Return a random id of 12 letters and digits (71 bits): rows, columns, slides, elements. */
export function randomId(random: () => number = secureRandom): string {
  let id = '';
  for (let index = 0; index < 12; index += 1) id += ALPHABET.charAt(Math.floor(random() * ALPHABET.length));
  return id;
}

function secureRandom(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}
