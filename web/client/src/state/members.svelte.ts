/** Who belongs to the class or learning group of a channel, so that somebody who is not here can be named. */
import { ApiError } from '../protocol/http';
import { peopleApi } from '../protocol/people';
import { schoolApi } from '../protocol/school';
import type { Nameable } from './chat';

export class Members {
  /** Empty until they were asked for, and in channels that belong to no group. */
  people = $state.raw<readonly Nameable[]>([]);
  #asked = false;

  constructor(private readonly channel: string) {}

  /** Asks once, and again after a failure; nobody waits for it: those who are here can be named anyway. */
  async look(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    try {
      this.people = await this.#find();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#asked = false;
    }
  }

  async #find(): Promise<Nameable[]> {
    for (const [kind, read] of [['classes', schoolApi.classes], ['learning-groups', peopleApi.learningGroups]] as const) {
      const group = (await read()).find((one) => one.channel === this.channel);
      if (group !== undefined) return (await peopleApi.roster(kind, group.id)).map(({ id, name }) => ({ person: id, name }));
    }
    return [];
  }
}
