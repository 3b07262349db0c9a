/** Something that the server is asked to do: whether it is under way, and the word with which it was refused. */
import { ApiError } from '../protocol/http';

export class Attempt {
  busy = $state(false);
  /** The server's stable code; null: nothing was refused. */
  refused = $state<string | null>(null);

  /** Does it; true when it was done. Only a refusal is caught. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    this.refused = null;
    this.busy = true;
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.refused = error.code;
      return false;
    } finally {
      this.busy = false;
    }
  }
}
