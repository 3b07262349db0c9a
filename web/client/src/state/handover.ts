/**
 * My way from one media connection to the next while the room goes to another worker. Laws: the new one is built beside
 * the old one; I look and listen by the old one until the new one carries as much, or for a while at most; the old one goes on
 * sending for the others until the server says that nobody needs it. If the new one does not come up, that is a loss like any other.
 */
import { carriesAll } from '../protocol/handover';
import type { MediaConnection } from '../protocol/media';
import type { SlotView } from '../protocol/messages';
import type { LinkSample } from '../protocol/stats';

const LOOK_MS = 150;
/** From the connection's being up to using it whatever it carries: somebody else may not have come over yet. */
const PATIENCE_MS = 5000;

export interface HandoverPort {
  /** What I see by the connection of now. */
  slots(): ReadonlyMap<string, SlotView>;
  /** The connection of now is of no use any more. */
  lost(): boolean;
  /** Look and listen by the new one from now on. */
  change(slots: SlotView[]): void;
}

export class Handover {
  /** Who is in which slot of the new connection. */
  readonly slots = new Map<string, SlotView>();
  readonly #port: HandoverPort;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #before: LinkSample | null = null;
  #over = false;

  constructor(
    readonly epoch: number,
    readonly connection: MediaConnection,
    port: HandoverPort,
  ) {
    this.#port = port;
  }

  take(slots: readonly SlotView[]): void {
    for (const slot of slots) this.slots.set(slot.slot, slot);
  }

  /** The new connection is up: watch until it carries as much as the one of now. */
  watch(now: MediaConnection): void {
    void this.#look(now, performance.now() + PATIENCE_MS);
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  async #look(now: MediaConnection, until: number): Promise<void> {
    const [after, next] = await Promise.all([now.sample(), this.connection.sample()]);
    if (this.#over) return;
    const before = this.#before;
    this.#before = after;
    const carried = before !== null && carriesAll({ before, after, next }, this.#port.slots(), this.slots);
    if (carried || this.#port.lost() || performance.now() > until) {
      this.stop();
      this.#port.change([...this.slots.values()]);
    } else this.#timer = setTimeout(() => void this.#look(now, until), LOOK_MS);
  }
}
