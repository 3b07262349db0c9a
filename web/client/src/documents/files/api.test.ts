import { describe, expect, it } from 'vitest';
import { nameIn, titleOf } from './api';

describe('names of files', () => {
  it('reads the whole name from the header', () => {
    expect(nameIn(`attachment; filename="Groesse 8b.xlsx"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%208b.xlsx`)).toBe('Größe 8b.xlsx');
    expect(nameIn('attachment; filename="a.csv"')).toBeNull();
    expect(nameIn("attachment; filename*=UTF-8''%E0%A4%A")).toBeNull();
  });

  it('makes a title of a name', () => {
    expect(titleOf('Klassenliste_8b.xlsx')).toBe('Klassenliste 8b');
    expect(titleOf('2026.11.22 Noten.csv')).toBe('2026.11.22 Noten');
    expect(titleOf('ohne Endung')).toBe('ohne Endung');
    expect(titleOf(`${'x'.repeat(200)}.ods`)).toHaveLength(120);
  });
});
