/** Turns two samples of the line into one word for people. */
import type { LinkSample } from '../protocol/stats';

export type Quality = 'good' | 'fair' | 'weak' | 'none';

const FAIR_ROUND_TRIP = 0.25;
const WEAK_ROUND_TRIP = 0.6;
const FAIR_LOSS = 0.03;
const WEAK_LOSS = 0.1;

export function judgeQuality(before: LinkSample | null, after: LinkSample, connected: boolean): Quality {
  if (!connected) return 'none';
  const received = after.received - (before?.received ?? 0);
  const lost = Math.max(0, after.lost - (before?.lost ?? 0));
  const loss = received + lost === 0 ? 0 : lost / (received + lost);
  const roundTrip = after.roundTrip ?? 0;
  if (loss >= WEAK_LOSS || roundTrip >= WEAK_ROUND_TRIP) return 'weak';
  if (loss >= FAIR_LOSS || roundTrip >= FAIR_ROUND_TRIP) return 'fair';
  return 'good';
}

/** Bars of the small drawing beside the word. */
export const BARS: Record<Quality, number> = { good: 3, fair: 2, weak: 1, none: 0 };
