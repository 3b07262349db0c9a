import { describe, expect, it } from 'vitest';
import { joined, moved, ofFound, ofMember, type Chosen } from './people';

const one = (id: string, name = id): Chosen => ({ id, name, role: 'pupil' });

describe('people of a group', () => {
  it('are asked for only where something changed', () => {
    expect(moved([one('a'), one('b')], [one('b'), one('c')])).toEqual({ come: ['c'], gone: ['a'] });
    expect(moved([], [])).toEqual({ come: [], gone: [] });
  });

  it('stand by name, each once', () => {
    expect(joined([one('1', 'Zoe')], [one('2', 'Ärmel'), one('1', 'Zoe')], 'de').map((person) => person.name)).toEqual(['Ärmel', 'Zoe']);
  });

  it('are called by their whole name where it may be seen', () => {
    expect(ofMember({ id: 'a', role: 'pupil', name: 'A. H.', full_name: null }).name).toBe('A. H.');
    expect(ofMember({ id: 'a', role: 'pupil', name: 'A. H.', full_name: 'Amira Haddad' }).name).toBe('Amira Haddad');
    expect(ofFound({ id: 'a', role: 'guardian', full_name: 'B', of: ['C'] })).toEqual({ id: 'a', role: 'guardian', name: 'B' });
  });
});
