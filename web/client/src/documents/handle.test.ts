import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDocument } from './handle.svelte';
import type { Facts, Trouble } from './sync/status';

/** The connection, as the test wants it; the newest one speaks. */
const wire = vi.hoisted(() => ({
  facts: { loaded: true, connected: true, settled: true, waiting: 0, lost: false, trouble: null } as Facts,
  tell: (): void => undefined,
  opened: 0,
}));
vi.mock('./sync/connection', async () => {
  const { statusOf } = await import('./sync/status');
  class Connection {
    constructor(_awareness: unknown, _address: unknown, tell: () => void) {
      wire.tell = tell;
    }
    get facts(): Facts {
      return wire.facts;
    }
    get status(): string {
      return statusOf(wire.facts);
    }
    open(): void {
      wire.opened += 1;
      wire.tell();
    }
    end(trouble: Trouble): void {
      change({ trouble });
    }
    close = () => undefined;
    copyRead = () => undefined;
  }
  return { Connection };
});

function change(facts: Partial<Facts>): void {
  wire.facts = { ...wire.facts, ...facts };
  wire.tell();
}

let answer: () => Response;
const says = (right: string, epoch = 1): (() => Response) => () => Response.json({ kind: 'table', title: 'Messwerte', right, epoch, owner: null });
const busy = (): Response => new Response('', { status: 503 });

beforeEach(() => {
  vi.useFakeTimers();
  answer = says('write');
  wire.opened = 0;
  wire.facts = { loaded: true, connected: true, settled: true, waiting: 0, lost: false, trouble: null };
  vi.stubGlobal('cancelAnimationFrame', () => undefined);
  vi.stubGlobal('location', { origin: 'http://kreide.example' });
  vi.stubGlobal('fetch', () => Promise.resolve(answer()));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a server that cannot say just now', () => {
  it('is asked again what became of the right', async () => {
    const handle = openDocument('d');
    await vi.advanceTimersByTimeAsync(0);
    change({ connected: false });
    answer = busy;
    change({ connected: true });
    await vi.advanceTimersByTimeAsync(3000);
    expect(handle.readOnly).toBe(false);
    answer = says('read');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(handle.readOnly).toBe(true);
    handle.close();
  });

  it('is asked again why a document was closed: that it was rebuilt is no end', async () => {
    const handle = openDocument('d');
    await vi.advanceTimersByTimeAsync(0);
    answer = busy;
    change({ connected: false, trouble: 'gone' });
    await vi.advanceTimersByTimeAsync(3000);
    expect(handle.trouble).toBe('gone');
    answer = says('write', 2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(handle.trouble).toBe('replaced');
    handle.close();
  });

  it('is asked no more for one that nobody looks at', async () => {
    const handle = openDocument('d');
    await vi.advanceTimersByTimeAsync(0);
    answer = busy;
    change({ connected: false, trouble: 'not-allowed' });
    await vi.advanceTimersByTimeAsync(100);
    handle.close();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
