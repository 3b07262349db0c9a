/**
 * How a conversation over my line sounds. Laws: two samples of the line become a rating R by the E-model (ITU-T G.107),
 * the worse direction counts; from 80 on people are satisfied, below 60 nearly all are not (G.109). Opus hides losses about
 * as well as G.711 with concealment (Bpl 20, Ie 0: assumed, G.113 does not list it).
 */
import type { LinkSample } from '../protocol/stats';

export type Quality = 'good' | 'fair' | 'weak' | 'none';

export interface Rating {
  /** 0 to 93; the best that the model gives. */
  score: number;
  /** Share of packets, of the worse direction. */
  loss: number;
  /** Seconds. */
  jitter: number;
  roundTrip: number;
}

const GOOD = 80;
const FAIR = 60;
/** A line without delay and loss, with the model's defaults for everything else. */
const BEST = 93.2;
/** Seconds: a frame of 20 ms, and the playout of one. */
const FRAMING = 0.04;
const KNEE = 0.1773;
const ROBUSTNESS = 20;

/** R of one direction: what delay and loss take away. */
export function emodel(loss: number, oneWay: number): number {
  const delay = 24 * oneWay + 110 * Math.max(0, oneWay - KNEE);
  const percent = 100 * loss;
  const losses = (95 * percent) / (percent + ROBUSTNESS);
  return Math.max(0, BEST - delay - losses);
}

/** What the line was like between two samples. */
export function rate(before: LinkSample | null, after: LinkSample): Rating {
  const down = share(after.received, after.lost, before?.received, before?.lost, true);
  const up = share(after.sent, after.lostUp, before?.sent, before?.lostUp, false);
  const roundTrip = after.roundTrip ?? 0;
  const of = (loss: number, jitter: number): number => emodel(loss, roundTrip / 2 + 2 * jitter + FRAMING);
  const score = Math.min(of(down, after.jitter), of(up, after.jitterUp));
  return { score: Math.round(score), loss: Math.max(down, up), jitter: Math.max(after.jitter, after.jitterUp), roundTrip };
}

/** Of the packets since before; those lost are not among the received, but they are among the sent. */
function share(packets: number, lost: number, packetsBefore = 0, lostBefore = 0, apart: boolean): number {
  const gone = Math.max(0, lost - lostBefore);
  const all = Math.max(0, packets - packetsBefore) + (apart ? gone : 0);
  return all === 0 ? 0 : Math.min(1, gone / all);
}

export function wordOf(score: number): Quality {
  return score >= GOOD ? 'good' : score >= FAIR ? 'fair' : 'weak';
}

/** Bars of the small drawing beside the word. */
export const BARS: Record<Quality, number> = { good: 3, fair: 2, weak: 1, none: 0 };
