/** Groups that are prepared before a lesson: who sits where. Laws: values; a step returns a new one; nobody sits twice. */
import type { PreparedGroup } from '../protocol/people';

export interface Prepared {
  readonly titles: readonly string[];
  /** Person -> place of the group in `titles`. */
  readonly seats: ReadonlyMap<string, number>;
}

export function fromGroups(groups: readonly PreparedGroup[]): Prepared {
  return { titles: groups.map(({ title }) => title), seats: new Map(groups.flatMap(({ people }, place) => people.map((person) => [person, place] as const))) };
}

export function toGroups({ titles, seats }: Prepared): PreparedGroup[] {
  return titles.map((title, place) => ({ title, people: [...seats].filter(([, seat]) => seat === place).map(([person]) => person) }));
}

/** As many groups; who sat in one that is left out has no seat. */
export function counted(before: Prepared, count: number, name: (place: number) => string): Prepared {
  return {
    titles: Array.from({ length: count }, (_, place) => before.titles[place] ?? name(place + 1)),
    seats: new Map([...before.seats].filter(([, seat]) => seat < count)),
  };
}

export function seated(before: Prepared, person: string, place: number | null): Prepared {
  const seats = new Map(before.seats);
  if (place === null) seats.delete(person);
  else seats.set(person, place);
  return { ...before, seats };
}

/** Chance decides; groups differ by one person at most. */
export function dealt(before: Prepared, people: readonly string[], random: () => number = Math.random): Prepared {
  const drawn = people.map((person) => ({ person, lot: random() })).sort((a, b) => a.lot - b.lot);
  return { ...before, seats: new Map(drawn.map(({ person }, place) => [person, place % before.titles.length])) };
}

/** A group for each learning group that has somebody here; who is in several sits in the first. */
export function byLearningGroups(rosters: readonly PreparedGroup[], people: readonly string[]): Prepared {
  const left = new Set(people);
  const groups = rosters.map(({ title, people: members }) => ({ title, people: members.filter((person) => left.delete(person)) }));
  return fromGroups(groups.filter((group) => group.people.length > 0));
}
