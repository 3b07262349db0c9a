/**
 * The keys of one visit: my key pair, what I seal with, and what the others sealed with. Laws: nothing of it leaves this
 * file but public keys and wrapped keys, and nothing outlives the visit. A key of mine goes to a person wrapped under the
 * secret of the two of us (ECDH P-256, which every browser has; HKDF; one direction one key). Keys of mine are numbered,
 * and nobody takes an older one again. A key of others that was replaced opens late frames for two seconds more.
 */
import { COUNTERS, derive, frameKey, KEY_BYTES, type Bytes, type FrameKey } from './e2ee_frame';

const LATE_MS = 2000;
const NONCE_BYTES = 12;
const CODE_GROUPS = 6;
/** Trying many public keys until two codes agree must not pay. */
const CODE_ROUNDS = 50_000;
const CURVE = { name: 'ECDH', namedCurve: 'P-256' };

export function toText(bytes: Bytes): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Null when it is not base64url. */
export function fromText(text: string): Bytes | null {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

/** A key of mine; it counts every frame that it seals, whatever the track or layer. */
export class SendKey {
  #counter = 0;

  private constructor(
    readonly number: number,
    readonly material: Bytes,
    readonly frame: FrameKey,
  ) {}

  static async create(number: number): Promise<SendKey> {
    const material = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
    return new SendKey(number, material, await frameKey(material));
  }

  /** The next counter, given away once; null when there are no more. */
  next(): number | null {
    return this.#counter < COUNTERS ? this.#counter++ : null;
  }
}

interface Pair {
  publicKey: string;
  toThem: CryptoKey;
  fromThem: CryptoKey;
  /** The number of their newest key; 0: none yet. */
  number: number;
  newest: FrameKey | null;
}

async function wrapKey(secret: BufferSource, from: Bytes, to: Bytes): Promise<CryptoKey> {
  const key = await derive(secret, new Uint8Array([...from, ...to]), 'wrap', 32);
  return crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

export class Keys {
  readonly #own: CryptoKeyPair;
  readonly #public: Bytes;
  readonly #pairs = new Map<string, Pair>();
  /** By id; `until`: when a replaced one ends. */
  readonly #opening = new Map<string, { key: FrameKey; until: number }>();
  #sending: SendKey;
  #next: SendKey | null = null;
  #coded = { known: '', code: '' };

  private constructor(own: CryptoKeyPair, publicKey: Bytes, sending: SendKey) {
    this.#own = own;
    this.#public = publicKey;
    this.#sending = sending;
  }

  static async create(): Promise<Keys> {
    const own = await crypto.subtle.generateKey(CURVE, false, ['deriveBits']);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', own.publicKey));
    return new Keys(own, publicKey, await SendKey.create(1));
  }

  get publicKey(): string {
    return toText(this.#public);
  }

  /** What frames are sealed with now. */
  get sending(): SendKey {
    return this.#sending;
  }

  knows(peer: string): boolean {
    return this.#pairs.has(peer);
  }

  /** Whether something of this person can be opened. */
  hears(peer: string): boolean {
    return this.#pairs.get(peer)?.newest != null;
  }

  /** Takes somebody's public key; false when it is none. The same again changes nothing. */
  async meet(peer: string, publicKey: string, now: number): Promise<boolean> {
    if (this.#pairs.get(peer)?.publicKey === publicKey) return true;
    const theirs = fromText(publicKey);
    if (theirs === null || publicKey === this.publicKey) return false;
    try {
      const imported = await crypto.subtle.importKey('raw', theirs, CURVE, false, []);
      const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: imported }, this.#own.privateKey, 256);
      const toThem = await wrapKey(secret, this.#public, theirs);
      const fromThem = await wrapKey(secret, theirs, this.#public);
      this.forget(peer, now);
      this.#pairs.set(peer, { publicKey, toThem, fromThem, number: 0, newest: null });
      return true;
    } catch {
      return false; // no point of the curve
    }
  }

  /** My newest key for this person; null before we have met. */
  async wrap(peer: string): Promise<string | null> {
    const pair = this.#pairs.get(peer);
    if (pair === undefined) return null;
    const { number, material } = this.#next ?? this.#sending;
    const plain = new Uint8Array(4 + KEY_BYTES);
    new DataView(plain.buffer).setUint32(0, number);
    plain.set(material, 4);
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, pair.toThem, plain);
    return toText(new Uint8Array([...iv, ...new Uint8Array(sealed)]));
  }

  /** Takes somebody's key; whether it is a new one. */
  async unwrap(peer: string, wrapped: string, now: number): Promise<boolean> {
    const pair = this.#pairs.get(peer);
    const bytes = fromText(wrapped);
    if (pair === undefined || bytes === null) return false;
    try {
      const iv = bytes.slice(0, NONCE_BYTES);
      const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, pair.fromThem, bytes.slice(NONCE_BYTES));
      const number = new DataView(plain).getUint32(0);
      if (plain.byteLength !== 4 + KEY_BYTES || number <= pair.number) return false;
      const key = await frameKey(new Uint8Array(plain, 4));
      if (this.#opening.get(key.id)?.until === Infinity) return false; // somebody passes another's key off as theirs
      this.#retire(pair, now);
      pair.number = number;
      pair.newest = key;
      this.#opening.set(key.id, { key, until: Infinity });
      return true;
    } catch {
      return false;
    }
  }

  /** Somebody is gone: their last frames may still come. */
  forget(peer: string, now: number): void {
    const pair = this.#pairs.get(peer);
    if (pair === undefined) return;
    this.#retire(pair, now);
    this.#pairs.delete(peer);
  }

  #retire(pair: Pair, now: number): void {
    for (const [id, { until }] of this.#opening) if (until <= now) this.#opening.delete(id);
    if (pair.newest !== null) this.#opening.set(pair.newest.id, { key: pair.newest, until: now + LATE_MS });
    pair.newest = null;
  }

  /** The key with this id, while it holds. */
  opening(id: string, now: number): FrameKey | null {
    const found = this.#opening.get(id);
    return found !== undefined && now < found.until ? found.key : null;
  }

  /** Makes a new key of mine; it is sent first (`wrap`) and sealed with from `turn` on. */
  async renew(): Promise<number> {
    const last = this.#next ?? this.#sending;
    this.#next = await SendKey.create(last.number + 1);
    return this.#next.number;
  }

  turn(number: number): void {
    if (this.#next?.number !== number) return;
    this.#sending = this.#next;
    this.#next = null;
  }

  /** Six groups of four digits that say whose public keys I know; the same with everybody who knows the same ones. */
  async code(): Promise<string> {
    const known = [this.publicKey, ...[...this.#pairs.values()].map((pair) => pair.publicKey)].sort().join(' ');
    if (known === this.#coded.known) return this.#coded.code;
    const base = await crypto.subtle.importKey('raw', new TextEncoder().encode(known), 'PBKDF2', false, ['deriveBits']);
    const salt = new TextEncoder().encode('kreide e2ee 1 code');
    const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: CODE_ROUNDS }, base, 32 * CODE_GROUPS);
    const view = new DataView(bits);
    const groups = Array.from({ length: CODE_GROUPS }, (_, group) => String(view.getUint32(4 * group) % 10_000).padStart(4, '0'));
    this.#coded = { known, code: groups.join(' ') };
    return this.#coded.code;
  }
}
