import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { kept, part } from './parts';

/** Fails so often before it comes; counts how often it was asked for. */
function after(failures: number): { load: () => Promise<string>; asked: () => number } {
  let asked = 0;
  const load = async (): Promise<string> => {
    asked += 1;
    if (asked <= failures) throw new TypeError('Failed to fetch');
    return 'here';
  };
  return { load, asked: () => asked };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a part of the page', () => {
  it('is asked for again while the network changes', async () => {
    const { load, asked } = after(3);
    const coming = part(load);
    await vi.runAllTimersAsync();
    expect(await coming).toBe('here');
    expect(asked()).toBe(4);
  });

  it('is given up after the last try, so that it can be said', async () => {
    const coming = part(after(99).load);
    const refused = expect(coming).rejects.toThrow('Failed to fetch');
    await vi.runAllTimersAsync();
    await refused;
  });

  it('is kept once it came, asked for once however many want it, and anew after a failure', async () => {
    const { load, asked } = after(4);
    const wanted = kept(load);
    const refused = Promise.all([expect(wanted()).rejects.toThrow(), expect(wanted()).rejects.toThrow()]);
    await vi.runAllTimersAsync();
    await refused;
    expect(asked()).toBe(4);
    expect(await Promise.all([wanted(), wanted()])).toEqual(['here', 'here']);
    expect(asked()).toBe(5);
  });
});
