import { describe, expect, it } from 'vitest';
import { byLearningGroups, counted, dealt, fromGroups, seated, toGroups } from './prepared';

const name = (place: number) => `Gruppe ${place}`;
const two = counted(fromGroups([]), 2, name);

describe('prepared groups', () => {
  it('come back as they were kept', () => {
    const groups = [{ title: 'Nord', people: ['a', 'c'] }, { title: 'Süd', people: ['b'] }];
    expect(toGroups(fromGroups(groups))).toEqual(groups);
  });

  it('lose only the seats in groups that are left out', () => {
    const three = seated(seated(counted(two, 3, name), 'a', 2), 'b', 0);
    expect(toGroups(counted(three, 2, name))).toEqual([{ title: 'Gruppe 1', people: ['b'] }, { title: 'Gruppe 2', people: [] }]);
    expect(seated(three, 'b', null).seats.has('b')).toBe(false);
  });

  it('are dealt evenly', () => {
    const sizes = toGroups(dealt(two, ['a', 'b', 'c', 'd', 'e'])).map(({ people }) => people.length);
    expect(sizes).toEqual([3, 2]);
  });

  it('follow learning groups, each person once, none empty', () => {
    const rosters = [{ title: 'Chor', people: ['a', 'x'] }, { title: 'AG', people: ['y'] }, { title: 'Robotik', people: ['a', 'b'] }];
    expect(toGroups(byLearningGroups(rosters, ['a', 'b', 'c']))).toEqual([{ title: 'Chor', people: ['a'] }, { title: 'Robotik', people: ['b'] }]);
  });
});
