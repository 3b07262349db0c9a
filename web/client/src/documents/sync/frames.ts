/**
 * What a frame on /collab is, as far as counting needs it. Total: bytes that are no frame are "other".
 * The wire is y-websocket's; message 100 is ours: [100, varuint n], n of our sync-2/update frames are stored.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { writeSyncStep1 } from 'y-protocols/sync';
import type * as Y from 'yjs';

const SYNC = 0;
const ACK = 100;

export type SentFrame = 'step-2' | 'update' | 'other';

export function sentFrame(data: Uint8Array): SentFrame {
  if (data[0] !== SYNC) return 'other';
  if (data[1] === 1) return 'step-2';
  return data[1] === 2 ? 'update' : 'other';
}

/** Return n of an ack message, or null if it is another message. */
export function ackOf(data: Uint8Array): number | null {
  if (data[0] !== ACK) return null;
  try {
    const decoder = decoding.createDecoder(data);
    decoding.readVarUint(decoder);
    return decoding.readVarUint(decoder);
  } catch {
    return null;
  }
}

export function stepOne(doc: Y.Doc): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, SYNC);
  writeSyncStep1(encoder, doc);
  return encoding.toUint8Array(encoder) as Uint8Array<ArrayBuffer>;
}
