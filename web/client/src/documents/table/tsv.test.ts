import { describe, expect, it } from 'vitest';
import { seeded } from '../testing/random';
import { fromTsv, toTsv } from './tsv';

describe('tab-separated text', () => {
  it('reads what spreadsheets write', () => {
    expect(fromTsv('a\tb\r\nc\td\r\n')).toEqual([['a', 'b'], ['c', 'd']]);
    expect(fromTsv('"zwei\nZeilen"\t"ein ""Wort"""')).toEqual([['zwei\nZeilen', 'ein "Wort"']]);
    expect(fromTsv('allein')).toEqual([['allein']]);
    expect(fromTsv('\t')).toEqual([['', '']]);
    expect(fromTsv('"ohne Ende')).toEqual([['ohne Ende']]);
  });

  it('gives back what it was given', () => {
    const random = seeded(31);
    const letters = ['a', '"', '\t', '\n', 'ß', ' ', ''];
    for (let round = 0; round < 500; round += 1) {
      const cell = () => Array.from({ length: 4 }, () => letters[Math.floor(random() * letters.length)]).join('');
      const table = Array.from({ length: 3 }, () => [`x${cell()}`, cell(), `${cell()}y`]);
      expect(fromTsv(toTsv(table))).toEqual(table);
    }
  });
});
