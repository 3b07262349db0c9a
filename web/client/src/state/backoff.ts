const FIRST = 400;
const LONGEST = 8000;

/** Milliseconds before try number `attempt` (from 0): doubling, bounded, spread so that a class does not come back at once. */
export function backoff(attempt: number, random: number): number {
  const full = Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 10));
  return Math.round(full * (0.5 + random / 2));
}
