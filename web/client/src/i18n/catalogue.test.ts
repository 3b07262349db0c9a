import { describe, expect, it } from 'vitest';
import { de } from './de';
import { en } from './en';

/** Every text of a catalogue as "path: text"; functions are tried with a number and a name. */
function texts(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
  return [];
}

describe('the catalogues', () => {
  it('have the same keys', () => {
    const keys = (catalogue: object) => texts(catalogue).map(([path]) => path);
    expect(keys(en()).sort()).toEqual(keys(de('du')).sort());
  });

  it.each([['du', /\b(Sie|Ihre?[mnrs]?|Ihnen)\b/], ['Sie', /\b(du|dein\w*|dich|dir)\b/i]] as const)('German says %s and never the other', (address, other) => {
    const guestsOnly = /^\.(guest|prejoin\.nameGuest|dialogs\.guest)/;
    const wrong = texts(de(address)).filter(([path, text]) => other.test(text) && !guestsOnly.test(path));
    expect(wrong).toEqual([]);
  });

  it('have no exclamation marks and no empty texts', () => {
    for (const [path, text] of [...texts(de('du')), ...texts(de('Sie')), ...texts(en())]) {
      expect(text, path).not.toMatch(/!/);
      expect(text.trim(), path).not.toBe('');
    }
  });
});
