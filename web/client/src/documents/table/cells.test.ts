import { describe, expect, it } from 'vitest';
import { FORMATS, type Cell } from '../schema';
import { seeded } from '../testing/random';
import { cellLanguage, displayCell, editableCell, parseCell } from './cells';

const de = cellLanguage('de');
const en = cellLanguage('en');

describe('cells', () => {
  it.each<[string, Cell | null]>([
    ['0,30', 0.3],
    ['-1,5', -1.5],
    ['−1,5', -1.5],
    ['1.234,5', 1234.5],
    ['1.234', 1234],
    [',5', 0.5],
    ['1e3', 1000],
    ['14.3', '14.3'],
    ['1.23.4', '1.23.4'],
    ['07123', '07123'],
    ['0', 0],
    ['12 %', '12 %'],
    ['WAHR', true],
    ['wahr', 'wahr'],
    ['3 Äpfel', '3 Äpfel'],
    ['-', '-'],
    ['', null],
    ['1e999', '1e999'],
  ])('reads %j in German', (typed, value) => {
    expect(parseCell(typed, '', de)).toBe(value);
  });

  it.each<[string, Cell | null]>([['0.30', 0.3], ['1,234.5', 1234.5], ['0,30', '0,30'], ['TRUE', true]])('reads %j in English', (typed, value) => {
    expect(parseCell(typed, '', en)).toBe(value);
  });

  it('keeps every text in a text column', () => {
    expect(parseCell('0,30', 'text', de)).toBe('0,30');
    expect(parseCell('WAHR', 'text', de)).toBe('WAHR');
  });

  it('shows numbers in the language and the format', () => {
    expect(displayCell(0.3, '0.00', de)).toBe('0,30');
    expect(displayCell(0.1 + 0.2, '', de)).toBe('0,3');
    expect(displayCell(-1.5, '', de)).toBe('−1,5');
    expect(displayCell(1234.5, '', de)).toBe('1234,5');
    expect(displayCell(0.125, '%', de)).toBe('12,5 %');
    expect(displayCell(10.026, '0.00', en)).toBe('10.03');
    expect(displayCell(true, '', de)).toBe('WAHR');
    expect(displayCell(null, '0.00', de)).toBe('');
  });

  it('reads percent in a percent column', () => {
    expect(parseCell('12,5 %', '%', de)).toBe(0.125);
    expect(parseCell('12,5', '%', de)).toBe(0.125);
  });

  it('loses nothing when a cell is opened and closed again', () => {
    const random = seeded(21);
    for (const language of [de, en]) {
      for (const format of FORMATS.filter((each) => each !== 'text')) {
        for (let round = 0; round < 500; round += 1) {
          const value = Number(((random() - 0.5) * 10 ** Math.floor(random() * 24 - 12)).toPrecision(12));
          const again = parseCell(editableCell(value, format, language), format, language);
          expect(again, `${value} ${format} ${editableCell(value, format, language)}`).toBe(value);
        }
      }
    }
  });
});
