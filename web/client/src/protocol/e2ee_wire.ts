/** What the page and its worker for encryption say to each other. */
import type { Kind } from './e2ee_frame';
import type { SlotPurpose } from './media';
import type { Parcel, SecretHello, SecretKey } from './messages';

/** What a transform is for. */
export type Place = { side: 'send'; kind: Kind } | { side: 'receive'; kind: Kind; slot: SlotPurpose };

export type ToWorker =
  | { type: 'people'; peers: string[]; greet: boolean }
  | { type: 'secret'; peer: string; data: SecretHello | SecretKey }
  | { type: 'sent'; turn: number };

export type FromWorker =
  | { type: 'send'; parcels: Parcel[]; turn: number | null }
  | { type: 'code'; code: string | null }
  /** Frames of this slot were dropped, and now its key is there. */
  | { type: 'heal'; slot: SlotPurpose };
