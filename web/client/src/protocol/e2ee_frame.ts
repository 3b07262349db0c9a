/**
 * One encoded frame, sealed for everybody who holds the sender's key. Laws: the first bytes of a picture stay readable,
 * because the plane looks for key frames there (and a receiving browser for the size); they are authenticated like the
 * rest. The trailer names the key: who is believed to be in a slot chooses nothing. A nonce is the key's salt combined
 * with a counter that one key counts over all its tracks and layers, so it never repeats. What does not open is null.
 *
 *     clear bytes | AES-256-GCM ciphertext and tag | counter (4) | number of clear bytes (1) | key id (8)
 */
export type Bytes = Uint8Array<ArrayBuffer>;
export type Kind = 'audio' | 'video';

/** What one sender seals with until it takes the next. */
export interface FrameKey {
  id: string;
  key: CryptoKey;
  salt: Bytes;
}

export interface Trailer {
  id: string;
  counter: number;
  clear: number;
}

export const KEY_BYTES = 32;
export const COUNTERS = 2 ** 32;
const ID_BYTES = 8;
const TAG_BYTES = 16;
const TRAILER_BYTES = 4 + 1 + ID_BYTES;
const MOST_CLEAR = 10;
/** Frames of one sender that may overtake each other on their way to one slot. */
const WINDOW = 1024;

const text = new TextEncoder();

export function hex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Derives one value of the key's material; `name` keeps the values apart. */
export async function derive(material: BufferSource, salt: Bytes, name: string, bytes: number): Promise<Bytes> {
  const base = await crypto.subtle.importKey('raw', material, 'HKDF', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info: text.encode(`kreide e2ee 1 ${name}`) }, base, 8 * bytes);
  return new Uint8Array(bits);
}

/** The id follows from the key: nobody can give another key the same name without finding a collision. */
export async function frameKey(material: Bytes): Promise<FrameKey> {
  const none = new Uint8Array();
  const key = await derive(material, none, 'key', 32);
  return {
    id: hex(await derive(material, none, 'id', ID_BYTES)),
    key: await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']),
    salt: await derive(material, none, 'salt', 12),
  };
}

/** How many bytes stay readable: the header of VP8 (RFC 6386, 9.1: bit 0 is clear in a key frame), Opus' first byte. */
export function clearBytes(kind: Kind, frame: Bytes): number {
  const wanted = kind === 'audio' ? 1 : ((frame[0] ?? 1) & 1) === 0 ? MOST_CLEAR : 3;
  return Math.min(wanted, frame.length);
}

export function nonce(salt: Bytes, counter: number): Bytes {
  const made = new Uint8Array(salt);
  const view = new DataView(made.buffer);
  view.setUint32(8, view.getUint32(8) ^ counter);
  return made;
}

function buildTrailer({ id, counter, clear }: Trailer): Bytes {
  const made = new Uint8Array(TRAILER_BYTES);
  new DataView(made.buffer).setUint32(0, counter);
  made[4] = clear;
  for (let place = 0; place < ID_BYTES; place += 1) made[5 + place] = Number.parseInt(id.slice(2 * place, 2 * place + 2), 16);
  return made;
}

/** What a frame says about its key; null when it cannot be a sealed frame. */
export function parseTrailer(frame: Bytes): Trailer | null {
  const start = frame.length - TRAILER_BYTES;
  const clear = frame[start + 4] ?? MOST_CLEAR + 1;
  if (start < TAG_BYTES || clear > MOST_CLEAR || clear + TAG_BYTES > start) return null;
  const counter = new DataView(frame.buffer, frame.byteOffset).getUint32(start);
  return { id: hex(frame.slice(start + 5)), counter, clear };
}

function joined(...parts: readonly Bytes[]): Bytes {
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    made.set(part, place);
    place += part.length;
  }
  return made;
}

/** Seals a frame; the caller gives each counter of a key away once. */
export async function seal(key: FrameKey, counter: number, kind: Kind, frame: Bytes): Promise<Bytes> {
  const clear = frame.slice(0, clearBytes(kind, frame));
  const trailer = buildTrailer({ id: key.id, counter, clear: clear.length });
  const algorithm = { name: 'AES-GCM', iv: nonce(key.salt, counter), additionalData: joined(clear, trailer) };
  const sealed = await crypto.subtle.encrypt(algorithm, key.key, frame.slice(clear.length));
  return joined(clear, new Uint8Array(sealed), trailer);
}

/** Opens a frame with the key that its trailer names; null when it was changed or made with another key. */
export async function open(key: FrameKey, trailer: Trailer, frame: Bytes): Promise<Bytes | null> {
  const clear = frame.slice(0, trailer.clear);
  const end = frame.length - TRAILER_BYTES;
  const algorithm = { name: 'AES-GCM', iv: nonce(key.salt, trailer.counter), additionalData: joined(clear, frame.slice(end)) };
  try {
    return joined(clear, new Uint8Array(await crypto.subtle.decrypt(algorithm, key.key, frame.slice(trailer.clear, end))));
  } catch {
    return null;
  }
}

/** The counters of one key that one slot has shown: each counts once, and none that is far behind. */
export class Window {
  readonly #seen = new Float64Array(WINDOW).fill(-1);
  #highest = -1;

  take(counter: number): boolean {
    const place = counter % WINDOW;
    if (counter <= this.#highest - WINDOW || this.#seen[place] === counter) return false;
    this.#seen[place] = counter;
    this.#highest = Math.max(this.#highest, counter);
    return true;
  }
}
