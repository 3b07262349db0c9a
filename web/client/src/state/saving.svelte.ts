/** What became of the last change of a form: one at a time, the newest wins. */
import { ApiError } from '../protocol/http';

export class Saving {
  state = $state<'idle' | 'saving' | 'saved' | 'failed'>('idle');
  code = $state('');
  #turn = 0;
  #last: Promise<unknown> = Promise.resolve();

  async run(change: () => Promise<unknown>): Promise<void> {
    const turn = ++this.#turn;
    this.state = 'saving';
    this.#last = this.#last.then(change, change);
    try {
      await this.#last;
      if (turn === this.#turn) this.state = 'saved';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn !== this.#turn) return;
      this.state = 'failed';
      this.code = error.status === 403 ? 'not_allowed' : error.code;
    }
  }
}

/** What is not as it was. */
export function changesIn<T extends object>(before: T, now: T): Partial<T> {
  const changed: Partial<T> = {};
  for (const key of Object.keys(now) as (keyof T)[]) if (now[key] !== before[key]) changed[key] = now[key];
  return changed;
}
