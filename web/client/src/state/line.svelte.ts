/**
 * Watches my line while it is up: rates it, tells the room when the word for it changes (and every ten seconds), and asks
 * for help for pictures that stand still. Nothing is measured while there is no connection.
 */
import { SLOTS, type MediaConnection, type SlotPurpose } from '../protocol/media';
import type { MediaQuality } from '../protocol/messages';
import type { LinkSample } from '../protocol/stats';
import { Freezes } from './freezes';
import { rate, wordOf, type Quality, type Rating } from './quality';

const SAMPLE_MS = 2000;
const REPORT_MS = 10_000;

export interface LinePort {
  report(quality: MediaQuality): void;
  heal(slot: SlotPurpose): void;
}

/** What was measured last, for whoever wants to see it. */
export interface LineView {
  before: LinkSample;
  after: LinkSample;
  rating: Rating;
}

export class Line {
  quality = $state<Quality>('none');
  view = $state.raw<LineView | null>(null);

  readonly #port: LinePort;
  #timer: ReturnType<typeof setInterval> | undefined;
  #sample: LinkSample | null = null;
  #freezes = new Freezes();
  #reported = 0;

  constructor(port: LinePort) {
    this.#port = port;
  }

  /** The connection is up: begin to look at it. */
  start(connection: MediaConnection): void {
    this.stop();
    this.quality = 'good';
    this.#timer = setInterval(() => void this.#measure(connection), SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sample = null;
    this.#freezes = new Freezes();
    this.#reported = 0;
    this.quality = 'none';
    this.view = null;
  }

  async #measure(connection: MediaConnection): Promise<void> {
    const timer = this.#timer;
    const after = await connection.sample();
    if (timer === undefined || timer !== this.#timer) return;
    const before = this.#sample;
    this.#sample = after;
    if (before === null) return;
    const rating = rate(before, after);
    this.view = { before, after, rating };
    this.#tell(after.at, rating);
    if (document.hidden) return; // a hidden page may decode nothing
    for (const mid of this.#freezes.look(after.at, after.arriving)) {
      const slot = SLOTS.find((purpose) => connection.midOf(purpose) === mid);
      if (slot !== undefined) this.#port.heal(slot);
    }
  }

  #tell(now: number, { score, loss, jitter, roundTrip }: Rating): void {
    const word = wordOf(score);
    if (word === this.quality && now - this.#reported < REPORT_MS && this.#reported > 0) return;
    this.quality = word;
    this.#reported = now;
    const milliseconds = (seconds: number): number => Math.min(60_000, Math.round(1000 * seconds));
    this.#port.report({ score, loss, jitter: milliseconds(jitter), round_trip: milliseconds(roundTrip) });
  }
}
