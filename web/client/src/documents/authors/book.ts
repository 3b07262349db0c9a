/**
 * Whose a letter is and when it was written: the server's table, asked with the ids that every replica knows. Laws: pure.
 * What the table does not know has no person; what is older than the table's times was written when its client began.
 */
export interface Writer {
  readonly account: string;
  readonly name: string;
  /** 0..7 */
  readonly colour: number;
}
export interface AuthorsView {
  readonly head: number;
  readonly people: readonly Writer[];
  readonly clients: readonly { readonly client: number; readonly person: number | null; readonly since: number }[];
  readonly runs: readonly { readonly client: number; readonly clock: number; readonly at: number }[];
}

/** Who wrote a span; `person` null: nobody known. `at` null: only just now. */
export interface By {
  readonly person: Writer | null;
  readonly at: number | null;
}

interface Known {
  readonly person: Writer | null;
  readonly since: number;
  readonly clocks: number[];
  readonly times: number[];
}

export class Book {
  readonly people: readonly Writer[];
  readonly #clients = new Map<number, Known>();

  constructor(view: AuthorsView) {
    this.people = view.people;
    for (const { client, person, since } of view.clients) {
      this.#clients.set(client, { person: person === null ? null : (view.people[person] ?? null), since, clocks: [], times: [] });
    }
    for (const { client, clock, at } of view.runs) {
      const known = this.#clients.get(client);
      known?.clocks.push(clock);
      known?.times.push(at);
    }
  }

  knows(client: number): boolean {
    return this.#clients.has(client);
  }

  /** Who wrote the letter, and up to which clock (not included) that holds. */
  at(client: number, clock: number): { readonly by: By; readonly until: number } {
    const known = this.#clients.get(client);
    if (known === undefined) return { by: { person: null, at: null }, until: Infinity };
    const index = placeOf(known.clocks, clock);
    const at = known.times[index] ?? known.since;
    return { by: { person: known.person, at }, until: known.clocks[index + 1] ?? Infinity };
  }
}

/** The last place whose clock is not later; -1: before all. */
function placeOf(clocks: readonly number[], clock: number): number {
  let [low, high] = [0, clocks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((clocks[middle] ?? 0) <= clock) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
