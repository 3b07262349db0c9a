/** Whose picture I should see and do not, and why. */
export interface Missing {
  /** My browser does not know the codec. */
  undecodable: ReadonlySet<string>;
  /** My line has no room for it. */
  line: ReadonlySet<string>;
  /** A shared screen takes its place. */
  screen: ReadonlySet<string>;
}

export type Why = keyof Missing;

export const NOTHING_MISSING: Missing = { undecodable: new Set(), line: new Set(), screen: new Set() };

/** Why I miss this one's picture; null when I do not. */
export function whyMissing(missing: Missing, peer: string): Why | null {
  if (missing.undecodable.has(peer)) return 'undecodable';
  if (missing.line.has(peer)) return 'line';
  return missing.screen.has(peer) ? 'screen' : null;
}
