import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Wire, type WireState } from './socket';

/** A connection that the test speaks for. */
const socket = {
  active: true,
  connects: 0,
  handlers: new Map<string, (...args: unknown[]) => void>(),
  on(event: string, handler: (...args: unknown[]) => void): void {
    this.handlers.set(event, handler);
  },
  connect(): void {
    this.connects += 1;
  },
  disconnect: () => socket,
  refuse(code: string): void {
    this.active = false;
    this.handlers.get('connect_error')?.(Object.assign(new Error(code), { data: { code } }));
  },
};
vi.mock('socket.io-client', () => ({ io: () => socket }));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('window', { addEventListener: () => undefined, removeEventListener: () => undefined });
  socket.connects = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a server that refuses a connection', () => {
  it.each([
    ['unauthenticated', 'refused', 0],
    ['not_found', 'refused', 0],
    ['unavailable', 'lost', 1],
    ['internal', 'lost', 1],
    ['overloaded', 'lost', 1],
  ] as const)('with "%s" is %s', async (code, state, connects) => {
    const wire = new Wire();
    const seen: WireState[] = [];
    wire.watch((now) => seen.push(now));
    socket.refuse(code);
    await vi.runAllTimersAsync();
    expect(seen).toEqual([state]);
    expect(socket.connects).toBe(connects);
    wire.close();
  });
});
