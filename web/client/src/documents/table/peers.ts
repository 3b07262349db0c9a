/** Who else is at which cell. Pure. */
import type { Person } from '../people.svelte';

export interface Visitor {
  readonly name: string;
  readonly colour: number;
  readonly editing: boolean;
}

/** Key of a cell in the map of visitors. */
export function cellKey(row: string, col: string): string {
  return `${row} ${col}`;
}

export function visitorsOf(people: readonly Person[]): Map<string, Visitor> {
  const found = new Map<string, Visitor>();
  for (const { name, colour, doing } of people) {
    const at = doing['at'];
    if (typeof at !== 'object' || at === null) continue;
    const { row, col, editing } = at as Record<string, unknown>;
    if (typeof row === 'string' && typeof col === 'string') found.set(cellKey(row, col), { name, colour, editing: editing === true });
  }
  return found;
}
