import { describe, expect, it } from 'vitest';
import { clearBytes, COUNTERS, frameKey, hex, nonce, open, parseTrailer, seal, Window, type Bytes } from './e2ee_frame';
import { fromText, Keys, SendKey, toText } from './e2ee_keys';
import { Talk } from './e2ee_talk';
import type { Parcel } from './messages';

const KEY_FRAME = Uint8Array.from({ length: 200 }, (_, place) => (place === 0 ? 0x10 : place & 0xff));
const DELTA_FRAME = KEY_FRAME.with(0, 0x11);

async function opens(keys: Keys, frame: Bytes, now: number): Promise<Bytes | null> {
  const trailer = parseTrailer(frame);
  const key = trailer === null ? null : keys.opening(trailer.id, now);
  return key === null || trailer === null ? null : open(key, trailer, frame);
}

function sealed(keys: Keys, frame = KEY_FRAME): Promise<Bytes> {
  return seal(keys.sending.frame, keys.sending.next() ?? -1, 'video', frame);
}

describe('a sealed frame', () => {
  it('leaves readable what layer switching looks at, and nothing else', async () => {
    const key = await frameKey(new Uint8Array(32).fill(1));
    for (const [kind, frame, clear] of [['video', KEY_FRAME, 10], ['video', DELTA_FRAME, 3], ['audio', KEY_FRAME, 1]] as const) {
      expect(clearBytes(kind, frame)).toBe(clear);
      const made = await seal(key, 7, kind, frame);
      expect(made.slice(0, clear)).toEqual(frame.slice(0, clear));
      expect(hex(made)).not.toContain(hex(frame.slice(clear, clear + 8)));
      expect(made.length).toBe(frame.length + 16 + 13);
      const trailer = parseTrailer(made);
      expect(trailer).toEqual({ id: key.id, counter: 7, clear });
      expect(trailer && (await open(key, trailer, made))).toEqual(frame);
    }
    expect(clearBytes('video', new Uint8Array([0, 1]))).toBe(2);
    expect(clearBytes('audio', new Uint8Array())).toBe(0);
  });

  it('does not open when any byte was changed, nor with another key', async () => {
    const [key, other] = await Promise.all([1, 2].map((fill) => frameKey(new Uint8Array(32).fill(fill))));
    const made = await seal(key!, 7, 'video', DELTA_FRAME.slice(0, 40));
    for (let place = 0; place < made.length; place += 1) {
      const changed = made.with(place, made[place]! ^ 1);
      const trailer = parseTrailer(changed);
      expect(trailer === null ? null : await open(key!, trailer, changed)).toBeNull();
    }
    expect(await open(other!, parseTrailer(made)!, made)).toBeNull();
  });

  it('is told from anything else by its length', () => {
    for (let length = 0; length < 29; length += 1) expect(parseTrailer(new Uint8Array(length))).toBeNull();
    expect(parseTrailer(new Uint8Array(60).fill(255))).toBeNull();
    expect(parseTrailer(new Uint8Array(29))?.clear).toBe(0);
  });
});

describe('nonces', () => {
  it('never repeat within a key, and counters start anew only with a new key', async () => {
    const keys = await Keys.create();
    const seen = new Set<string>();
    for (let turn = 0; turn < 3; turn += 1) {
      for (let frame = 0; frame < 500; frame += 1) {
        const trailer = parseTrailer(await sealed(keys, frame % 30 === 0 ? KEY_FRAME : DELTA_FRAME))!;
        seen.add(`${trailer.id} ${hex(nonce(keys.sending.frame.salt, trailer.counter))}`);
      }
      keys.turn(await keys.renew());
    }
    expect(seen.size).toBe(1500);
  });

  it('end before they come round', async () => {
    const salt = new Uint8Array(12).fill(0xff);
    expect(hex(nonce(salt, COUNTERS - 1))).not.toBe(hex(nonce(salt, 0)));
    const key = await SendKey.create(1);
    expect([key.next(), key.next()]).toEqual([0, 1]);
  });

  it('count once in a slot, also when frames overtake each other', () => {
    const window = new Window();
    expect([5, 3, 5, 4, 3, 2000, 900, 1500].map((counter) => window.take(counter))).toEqual([true, true, false, true, false, true, false, true]);
  });
});

describe('texts', () => {
  it('come back, and what is none is null', () => {
    const bytes = Uint8Array.from({ length: 65 }, (_, place) => 255 - place);
    expect(toText(bytes)).toHaveLength(87);
    expect(fromText(toText(bytes))).toEqual(bytes);
    expect(fromText('§')).toBeNull();
  });
});

/** People in one room, and a server that carries what they send. */
class Room {
  readonly people = new Map<string, Talk>();
  readonly codes = new Map<string, string | null>();
  readonly carried: Parcel[] = [];
  now = 0;
  #way: Promise<void>[] = [];

  async join(name: string): Promise<Talk> {
    const talk = new Talk(
      await Keys.create(),
      {
        send: (parcels, turn) => {
          for (const { peer, data } of parcels) {
            this.carried.push({ peer, data });
            const to = this.people.get(peer);
            if (to !== undefined) this.#way.push(Promise.resolve().then(() => to.receive(name, data)));
          }
          if (turn !== null) talk.sent(turn);
        },
        code: (code) => this.codes.set(name, code),
        opened: () => undefined,
      },
      () => this.now,
    );
    this.people.set(name, talk);
    await this.tell(name);
    return talk;
  }

  async leave(name: string): Promise<void> {
    this.people.delete(name);
    await this.tell(null);
  }

  async tell(greets: string | null): Promise<void> {
    const names = [...this.people.keys()];
    for (const [name, talk] of this.people) this.#way.push(talk.people(names.filter((other) => other !== name), name === greets));
    while (this.#way.length > 0) await this.#way.shift();
  }
}

describe('people who agree on keys', () => {
  it('open each other, and compare the same code', async () => {
    const room = new Room();
    const [ann, ben, cem] = [await room.join('ann'), await room.join('ben'), await room.join('cem')];
    const frame = await sealed(ann.keys);
    for (const other of [ben, cem]) expect(await opens(other.keys, frame, 0)).toEqual(KEY_FRAME);
    expect(await opens(ann.keys, await sealed(cem.keys), 0)).toEqual(KEY_FRAME);
    expect(new Set(room.codes.values()).size).toBe(1);
    expect(room.codes.get('ann')).toMatch(/^(\d{4} ){5}\d{4}$/);
    const stranger = await Keys.create();
    expect(await opens(stranger, frame, 0)).toBeNull();
  });

  it('make a new key when somebody leaves, and open late frames for two seconds', async () => {
    const room = new Room();
    const [ann, ben, cem] = [await room.join('ann'), await room.join('ben'), await room.join('cem')];
    const [before, late, of] = [ann.keys.sending.frame.id, await sealed(ann.keys), await sealed(cem.keys)];
    const code = room.codes.get('ann');
    await room.leave('cem');
    expect(ann.keys.sending.frame.id).not.toBe(before);
    const fresh = await sealed(ann.keys);
    expect(await opens(ben.keys, fresh, room.now)).toEqual(KEY_FRAME);
    expect(await opens(cem.keys, fresh, room.now)).toBeNull();
    expect([await opens(ben.keys, late, 1999), await opens(ben.keys, late, 2000)]).toEqual([KEY_FRAME, null]);
    expect([await opens(ben.keys, of, 1999), await opens(ben.keys, of, 2000)]).toEqual([KEY_FRAME, null]);
    expect(room.codes.get('ann')).toBe(room.codes.get('ben'));
    expect(room.codes.get('ann')).not.toBe(code);
  });

  it('give those who come the present key only', async () => {
    const room = new Room();
    const ann = await room.join('ann');
    await room.join('ben');
    const old = await sealed(ann.keys);
    await room.leave('ben');
    const cem = await room.join('cem');
    expect(await opens(cem.keys, old, 0)).toBeNull();
    expect(await opens(cem.keys, await sealed(ann.keys), 0)).toEqual(KEY_FRAME);
  });

  it('take no older key again, no broken one, and none from outside', async () => {
    const room = new Room();
    const [ann, ben] = [await room.join('ann'), await room.join('ben')];
    const old = room.carried.filter(({ peer, data }) => peer === 'ben' && data.type === 'key').at(-1)!;
    const frame = await sealed(ann.keys);
    await room.join('cem');
    await room.leave('cem');
    room.now = 5000;
    await ben.receive('ann', old.data);
    expect(await opens(ben.keys, frame, room.now)).toBeNull();
    expect(await ben.keys.unwrap('ann', toText(new Uint8Array(64)), 0)).toBe(false);
    expect(await ben.keys.meet('ann', toText(new Uint8Array(65).fill(4)), 0)).toBe(false);
    const stranger = await Keys.create();
    await ben.receive('eve', { type: 'hello', key: stranger.publicKey, answer: false });
    expect(ben.keys.knows('eve')).toBe(false);
    expect(await opens(ben.keys, await sealed(ann.keys), room.now)).toEqual(KEY_FRAME);
  });

  it('find each other again after a reload, and after lost messages', async () => {
    const room = new Room();
    const ann = await room.join('ann');
    await room.join('ben');
    const again = await room.join('ben');
    expect(await opens(again.keys, await sealed(ann.keys), 0)).toEqual(KEY_FRAME);
    expect(await opens(ann.keys, await sealed(again.keys), 0)).toEqual(KEY_FRAME);
    expect(room.codes.get('ann')).toBe(room.codes.get('ben'));
    ann.keys.turn(await ann.keys.renew()); // nobody was told
    const frame = await sealed(ann.keys);
    expect(await opens(again.keys, frame, 0)).toBeNull();
    room.now = 5000;
    await again.repair(false);
    await room.tell(null);
    expect(await opens(again.keys, frame, 5000)).toEqual(KEY_FRAME);
  });

  it('cannot pass off somebody else’s key as their own', async () => {
    const room = new Room();
    const [ann, ben, eve] = [await room.join('ann'), await room.join('ben'), await room.join('eve')];
    const frame = await sealed(ann.keys);
    Reflect.set(eve.keys.sending, 'material', ann.keys.sending.material);
    Reflect.set(eve.keys.sending, 'number', 9);
    expect(await ben.keys.unwrap('eve', (await eve.keys.wrap('ben'))!, 0)).toBe(false);
    expect(await opens(ben.keys, frame, 10_000)).toEqual(KEY_FRAME);
  });
});
