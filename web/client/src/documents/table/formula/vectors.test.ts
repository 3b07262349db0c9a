import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from './list';
import { parse } from './parse';
import { Lines } from './places';
import { valueOf } from './testing';
import { shownIn, STORED } from './tokens';
import { shown, stored } from './write';

interface Vectors {
  readonly functions: Readonly<Record<string, readonly [number, number]>>;
  readonly also: Readonly<Record<string, string>>;
  readonly written: readonly { stored: string; xlsx: string; de: string }[];
  readonly cells: readonly (readonly (string | number | boolean | null)[])[];
  /** What LibreOffice makes of them. */
  readonly values: readonly (readonly [formula: string, value: string | number | boolean])[];
}

// Held by both sides: tests/collab/formats/test_formulas.py reads the same file.
const vectors = JSON.parse(readFileSync(new URL('../../../../../../tests/vectors/formulas.json', import.meta.url), 'utf8')) as Vectors;

const lines = (letter: string, count: number) => new Lines(Array.from({ length: count }, (_, index) => ({ id: `${letter}${index + 1}`, pos: String.fromCharCode(65 + index) })), () => undefined);
const places = { rows: lines('r', 9), cols: lines('c', 5) };

describe('formulas shared with the server', () => {
  it('knows the same functions', () => {
    expect(Object.fromEntries(FUNCTIONS.map(({ en, least, most }) => [en, [least, most]]))).toEqual(vectors.functions);
    const also = FUNCTIONS.flatMap(({ en, also: names }) => names.map((name) => [name, en] as const));
    expect(Object.fromEntries(also)).toMatchObject(vectors.also);
  });

  it.each(vectors.written)('writes $stored', ({ stored: kept, xlsx, de }) => {
    expect(shown(kept, shownIn('de', places))).toBe(de);
    expect(stored(de, shownIn('de', places))).toBe(kept);
    expect(shown(kept, shownIn('en', places))).toBe(xlsx.replaceAll('_xlfn.', ''));
    expect(parse(kept, STORED)).toMatchObject({ ok: true });
  });

  it.each(vectors.values)('%s is %s', (formula, value) => {
    const found = valueOf(formula, vectors.cells);
    if (typeof value === 'number' && typeof found === 'number') expect(found).toBeCloseTo(value, 9);
    else expect(found).toBe(value);
  });
});
