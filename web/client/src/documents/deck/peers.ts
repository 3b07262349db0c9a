/** What others do in a deck: which slide they look at, what they have selected, what they drag. Pure. */
import type { Person } from '../people.svelte';
import type { Geometry } from '../schema';
import { geometryOf } from './geometry';

export interface Selection {
  readonly client: number;
  readonly name: string;
  readonly colour: number;
  readonly element: string;
}

export function onSlide(people: readonly Person[], slide: string): Person[] {
  return people.filter(({ doing }) => doing['slide'] === slide);
}

export function selectionsOn(people: readonly Person[], slide: string): Selection[] {
  return onSlide(people, slide).flatMap(({ client, name, colour, doing }) => {
    const element = doing['element'];
    return typeof element === 'string' ? [{ client, name, colour, element }] : [];
  });
}

/** Boxes in flight. Element ids are unique on their slide only: ask with the people on one slide. */
export function dragsOf(people: readonly Person[]): Map<string, Geometry> {
  const found = new Map<string, Geometry>();
  for (const { doing } of people) {
    const drag = doing['drag'];
    if (typeof drag !== 'object' || drag === null) continue;
    const { element, g } = drag as Record<string, unknown>;
    const geometry = geometryOf(g);
    if (typeof element === 'string' && geometry !== null) found.set(element, geometry);
  }
  return found;
}
