import { describe, expect, it } from 'vitest';
import { decodeList, readRoster } from './roster';

describe('a class list', () => {
  it('needs no head line: name, class, role, login, children', () => {
    const { rows, bad } = readRoster('Amira Haddad;8b\nHerr Klein;8b, 9a;Lehrkraft;klein\r\nNadia Haddad;;Eltern;;amira.haddad\n\n');
    expect(bad).toEqual([]);
    expect(rows).toEqual([
      { full_name: 'Amira Haddad', role: 'pupil', groups: ['8b'], children: [] },
      { full_name: 'Herr Klein', role: 'teacher', groups: ['8b', '9a'], children: [], login: 'klein' },
      { full_name: 'Nadia Haddad', role: 'guardian', groups: [], children: ['amira.haddad'] },
    ]);
  });

  it('follows its head line, whatever else it holds', () => {
    const { rows } = readRoster('\uFEFF"Nachname"\t"Vorname"\tGeburtstag\tKlasse\nWeiß\tJana Maria\t1.2.2012\t9a\n');
    expect(rows).toEqual([{ full_name: 'Jana Maria Weiß', role: 'pupil', groups: ['9a'], children: [] }]);
  });

  it('turns names around and takes quotes', () => {
    expect(readRoster('Name;Klasse\n"Haddad, Amira";8b\n"O""Neill";8b').rows.map((row) => row.full_name)).toEqual(['Amira Haddad', 'O"Neill']);
    expect(readRoster('Name,Class\n"Haddad, Amira",8b').rows[0]).toMatchObject({ full_name: 'Amira Haddad', groups: ['8b'] });
  });

  it('names the lines that it cannot read', () => {
    expect(readRoster('Name;Rolle\nBen;Kapitän\n;pupil\nMia;pupil\n' + 'x'.repeat(101)).bad).toEqual([2, 3, 5]);
    expect(readRoster('').rows).toEqual([]);
  });

  it('is read as Windows wrote it', () => {
    expect(decodeList(new Uint8Array([87, 101, 105, 0xdf]).buffer)).toBe('Weiß');
    expect(decodeList(new TextEncoder().encode('Weiß').buffer as ArrayBuffer)).toBe('Weiß');
  });
});
