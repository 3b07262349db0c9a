/**
 * My meetings, as far ahead as I have looked. Laws: what the start page brought counts; what was read beyond it is kept
 * beside it; nothing is there twice, and the newer word on a meeting holds.
 */
import type { Meeting } from '../protocol/http';
import { Attempt } from './attempt.svelte';

export interface Stretch {
  meetings: readonly Meeting[];
  /** Until when they are all there. */
  until: number;
}

const AHEAD_MS = 28 * 24 * 3600_000;
/** The server reads no more at once. */
const LONGEST_MS = 99 * 24 * 3600_000;

export class Agenda {
  readonly asking = new Attempt();
  #further = $state.raw<Stretch | null>(null);

  constructor(
    private readonly read: (since: number, until: number) => Promise<Stretch>,
    private readonly first: () => Stretch,
  ) {}

  get meetings(): Meeting[] {
    return [...new Map([...(this.#further?.meetings ?? []), ...this.first().meetings].map((one) => [one.id, one])).values()];
  }

  get until(): number {
    return Math.max(this.first().until, this.#further?.until ?? 0);
  }

  /** What was read beyond the start page may have changed. */
  async again(): Promise<void> {
    const [since, until] = [this.first().until, this.until];
    if (this.#further === null || until <= since) return;
    await this.asking.run(async () => (this.#further = await this.read(since, Math.min(until, since + LONGEST_MS))));
  }

  /** Four weeks more, or as much of them as one answer holds. */
  async more(): Promise<void> {
    const since = this.until;
    await this.asking.run(async () => {
      const { meetings, until } = await this.read(since, since + AHEAD_MS);
      // A moment with more meetings than an answer holds is stepped over: nobody is in so many.
      this.#further = { meetings: [...(this.#further?.meetings ?? []), ...meetings], until: Math.max(until, since + 1) };
    });
  }
}
