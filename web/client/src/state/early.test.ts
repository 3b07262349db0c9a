import { describe, expect, it } from 'vitest';
import type { MediaConnection } from '../protocol/media';
import { Early } from './early';

const RELAYS = [{ urls: ['turn:relay.example'], username: 'u', credential: 'c' }];

/** A connection that remembers what was done with it; its offer is answered, or refused. */
function made(answer: Promise<void>): { done: string[]; connection: MediaConnection } {
  const done: string[] = [];
  const connection = {
    relayBy: (servers: unknown[]) => done.push(`relays ${servers.length}`),
    negotiate: () => (done.push('offer'), answer),
    close: () => done.push('close'),
  };
  return { done, connection: connection as unknown as MediaConnection };
}

describe('a connection made early', () => {
  it('offers once, with the relays that are known by then, and is taken with its offer', () => {
    const { done, connection } = made(Promise.resolve());
    const early = new Early(connection, false);
    early.offer(RELAYS);
    early.offer([]);
    const taken = early.take(true, false, []);
    expect(done).toEqual(['relays 1', 'offer']);
    expect(taken?.connection).toBe(connection);
    expect(taken?.offered).not.toBeNull();
  });

  it('is taken without an offer where nobody hurried', () => {
    const { done, connection } = made(Promise.resolve());
    expect(new Early(connection, true).take(true, true, RELAYS)).toEqual({ connection, offered: null });
    expect(done).toEqual(['relays 1']);
  });

  it('is closed where the room is encrypted, music began, or the offer was refused', async () => {
    for (const [plain, music, answer] of [[false, false, true], [true, true, true], [true, false, false]] as const) {
      const { done, connection } = made(answer ? Promise.resolve() : Promise.reject(new Error('lobby')));
      const early = new Early(connection, false);
      early.offer([]);
      await new Promise((resolve) => setTimeout(resolve));
      expect(early.take(plain, music, [])).toBeNull();
      expect(done.at(-1)).toBe('close');
    }
  });
});
