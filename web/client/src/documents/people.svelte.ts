/** Who else is in a document, from awareness: name and colour are stamped by the server, the rest is what they do. */
import type { Awareness } from 'y-protocols/awareness';

export interface Person {
  /** Yjs client id: one window of one person. */
  readonly client: number;
  readonly name: string;
  /** 1..8: --person-N. */
  readonly colour: number;
  /** What this window says about itself; read with the functions of the editor it belongs to. */
  readonly doing: Readonly<Record<string, unknown>>;
}

export class People {
  others = $state.raw<readonly Person[]>([]);
  readonly #awareness: Awareness;
  #frame = 0;

  constructor(awareness: Awareness) {
    this.#awareness = awareness;
    awareness.on('change', this.#onChange);
    this.#read();
  }

  close(): void {
    this.#awareness.off('change', this.#onChange);
    cancelAnimationFrame(this.#frame);
  }

  readonly #onChange = (): void => {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#read();
    });
  };

  #read(): void {
    const found: Person[] = [];
    for (const [client, state] of this.#awareness.getStates()) {
      if (client === this.#awareness.clientID) continue;
      const person = personOf(client, state);
      if (person !== null) found.push(person);
    }
    this.others = found.sort((a, b) => a.client - b.client);
  }
}

function personOf(client: number, state: Readonly<Record<string, unknown>>): Person | null {
  const user = state['user'];
  if (typeof user !== 'object' || user === null) return null;
  const { name, colour } = user as Record<string, unknown>;
  if (typeof name !== 'string' || name === '') return null;
  const number = typeof colour === 'number' && Number.isInteger(colour) ? ((colour % 8) + 8) % 8 : client % 8;
  return { client, name, colour: number + 1, doing: state };
}

/** One entry a person, also when they have several windows. */
export function distinct(people: readonly Person[]): Person[] {
  return [...new Map(people.map((person) => [`${person.name} ${person.colour}`, person])).values()];
}
