/** What the person is told about their work, from facts alone. "saved" is said only when the server has stored everything. */

export type Status = 'loading' | 'saving' | 'saved' | 'offline' | 'not-saved' | 'denied';

/** Why a document is not open, or no longer. */
export type Trouble =
  | 'login' /* 4401: the session ended */
  | 'not-allowed' /* 4403 */
  | 'gone' /* 4404: unknown, or not for this person */
  | 'replaced' /* 4404 with another epoch: erased, rebuilt or restored */
  | 'too-large' /* 4413, and 1009 for one frame */
  | 'refused' /* another final code: what we sent was not understood */
  | 'no-answer'; /* frames stay without an ack */

export interface Facts {
  /** There is something to show: the server's state or the copy on this device. */
  readonly loaded: boolean;
  readonly connected: boolean;
  readonly settled: boolean;
  readonly waiting: number;
  /** Down for longer than a blink. */
  readonly lost: boolean;
  readonly trouble: Trouble | null;
}

export function statusOf(facts: Facts): Status {
  if (facts.trouble !== null) return troubled(facts);
  if (!facts.connected && facts.lost) return 'offline';
  if (!facts.loaded) return 'loading';
  if (facts.settled) return 'saved';
  return !facts.connected && facts.waiting === 0 ? 'saved' : 'saving';
}

function troubled({ trouble, waiting }: Facts): Status {
  if (trouble === 'too-large' || trouble === 'refused' || trouble === 'no-answer') return 'not-saved';
  return waiting > 0 ? 'not-saved' : 'denied';
}

/** What a close code of the server means; null: try again. */
export function troubleOf(code: number): Trouble | null {
  switch (code) {
    case 4401:
      return 'login';
    case 4403:
      return 'not-allowed';
    case 4404:
      return 'gone';
    case 1009: // a frame larger than the server reads
    case 4413:
      return 'too-large';
    default:
      return code >= 4400 && code < 4500 ? 'refused' : null;
  }
}
