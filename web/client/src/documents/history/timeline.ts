/** What the history shows, from what the server tells. Pure. */
import type { Change, Past, Version, Writer } from './api';

/** One line of the timeline; choosing it shows the document after entry `seq`. */
export type Line =
  | { readonly key: string; readonly seq: number; readonly at: number; readonly change: Change }
  | { readonly key: string; readonly seq: number; readonly at: number; readonly version: Version };

export interface Day {
  /** Local midnight. */
  readonly at: number;
  readonly lines: readonly Line[];
}

/** A further page continues what is there. */
export function continued(past: Past, older: Past): Past {
  return { changes: [...past.changes, ...older.changes], versions: past.versions, more: older.more };
}

export function namedOf(past: Past): Version[] {
  return past.versions.filter(({ kind }) => kind === 'named');
}

/**
 * Days, newest first. Ends of days are shown only from where single changes are not kept any more, the floor only once
 * everything above it is here.
 */
export function daysOf(past: Past): Day[] {
  const oldest = past.changes.at(-1)?.first ?? Infinity;
  const lines: Line[] = past.changes.map((change) => ({ key: `c${change.last}`, seq: change.last, at: change.ended, change }));
  for (const version of past.versions) {
    const listed = version.kind === 'kept' || (version.kind !== 'named' && past.more === null && version.seq < oldest);
    if (listed) lines.push({ key: version.id, seq: version.seq, at: version.at, version });
  }
  lines.sort((a, b) => b.seq - a.seq || b.at - a.at);
  const days = new Map<number, Line[]>();
  for (const line of lines) {
    const day = new Date(line.at).setHours(0, 0, 0, 0);
    days.set(day, [...(days.get(day) ?? []), line]);
  }
  return [...days].map(([at, found]) => ({ at, lines: found }));
}

/** Everybody who wrote, most first: whose contributions can be erased. */
export function writersOf(past: Past): Writer[] {
  const found = new Map<string, Writer>();
  for (const { people } of past.changes) {
    for (const { account, name, entries } of people) {
      if (account !== '') found.set(account, { account, name, entries: entries + (found.get(account)?.entries ?? 0) });
    }
  }
  return [...found.values()].sort((a, b) => b.entries - a.entries);
}
