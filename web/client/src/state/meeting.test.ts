import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RequestCode } from '../protocol/socket';
import type { Devices } from './devices.svelte';
import { MeetingSession } from './meeting.svelte';
import { GRANT, peer, room } from './testing';

/** The server, as this page's wire finds it. */
const server = vi.hoisted(() => ({
  handlers: new Map<string, ((payload: unknown) => void)[]>(),
  asked: [] as string[],
  refuses: null as string | null,
  answers: {} as Record<string, () => unknown>,
  say(event: string, payload: unknown): void {
    for (const handler of this.handlers.get(event) ?? []) handler(payload);
  },
}));
vi.mock('../protocol/socket', async (original) => {
  const real = await original<typeof import('../protocol/socket')>();
  class Wire {
    state = 'connecting';
    watch = (handler: (state: unknown) => void) => this.on('state', handler);
    on = (event: string, handler: (payload: unknown) => void) => (server.handlers.set(event, [...(server.handlers.get(event) ?? []), handler]), () => undefined);
    close = () => undefined;
    redial = () => undefined;
    async request(event: string): Promise<unknown> {
      await Promise.resolve();
      server.asked.push(event);
      if (server.refuses !== null && event === 'room:sync') throw new real.RequestError(server.refuses as RequestCode, '');
      return server.answers[event]?.() ?? {};
    }
  }
  return { ...real, Wire };
});
vi.mock('./signalling', () => {
  const media = new Proxy({}, { get: (_, name) => (name === 'own' ? { announce: () => undefined } : () => undefined), set: () => true });
  return { joinMedia: () => media };
});

const people = ['me', 'a', 'b'].map((one) => peer(one));
const state = (seq: number, count: number) => room(people.slice(0, count), { seq, meeting: 'm' });
const times = (event: string): number => server.asked.filter((one) => one === event).length;

async function inRoom(): Promise<MeetingSession> {
  const session = new MeetingSession('m', {} as Devices, false);
  server.answers = {
    'room:join': () => ({ state: 'joined', peer: 'me', meeting: 'm', title: 'Mathe', grant: { ...GRANT, chat: false }, room: state(1, 1) }),
    'room:sync': () => state(4, 3),
  };
  server.say('state', 'connected');
  session.enter();
  await vi.advanceTimersByTimeAsync(0);
  server.asked = [];
  return session;
}

beforeEach(() => {
  vi.useFakeTimers();
  const page = { addEventListener: () => undefined, removeEventListener: () => undefined, hidden: false };
  vi.stubGlobal('window', page);
  vi.stubGlobal('document', page);
  vi.stubGlobal('sessionStorage', { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) }); // no more without https
  server.handlers.clear();
  server.refuses = null;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a room of which I missed something', () => {
  const missed = (): void => server.say('room:changed', { meeting: 'm', seq: 4, changes: [] });

  it.each(['timeout', 'unavailable', 'too_fast'])('is asked for until it comes, though the server says "%s"', async (code) => {
    const session = await inRoom();
    server.refuses = code;
    missed();
    await vi.advanceTimersByTimeAsync(2500);
    expect(session.model?.room.peers).toHaveLength(1);
    server.refuses = null;
    await vi.advanceTimersByTimeAsync(1000);
    expect(session.model?.room.peers).toHaveLength(3);
    const before = times('room:sync');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(times('room:sync')).toBe(before);
    session.close();
  });

  it('is asked for once, however much else is told meanwhile', async () => {
    const session = await inRoom();
    missed();
    for (let news = 0; news < 20; news++) server.say('room:changed', { meeting: 'm', seq: 5 + news, changes: [] });
    await vi.advanceTimersByTimeAsync(0);
    expect(times('room:sync')).toBe(1);
    session.close();
  });

  it('is entered again where I am no longer in it', async () => {
    const session = await inRoom();
    server.refuses = 'not_in_room';
    missed();
    await vi.advanceTimersByTimeAsync(5000);
    expect([times('room:sync'), times('room:join')]).toEqual([1, 1]);
    session.close();
  });

  it('is nobody\'s any more who has left', async () => {
    const session = await inRoom();
    server.refuses = 'unavailable';
    missed();
    await vi.advanceTimersByTimeAsync(0);
    await session.leave();
    const before = times('room:sync');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(times('room:sync')).toBe(before);
  });
});
