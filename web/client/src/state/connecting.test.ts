import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Devices } from './devices.svelte';
import { MediaSession, type MediaPort } from './media.svelte';

/** What becomes of the connections that a page makes: `makes` says of each whether it can be made and takes tracks. */
const browser = vi.hoisted(() => ({ makes: [] as ('nothing' | 'deaf' | 'works')[], offers: 0 }));
vi.mock('../protocol/media', async (original) => {
  class MediaConnection {
    state = 'connecting';
    readonly #kind = browser.makes.shift() ?? 'works';
    readonly #told: (state: string) => void;
    constructor({ state }: { state: (state: string) => void }) {
      if (this.#kind === 'nothing') throw new ReferenceError('RTCPeerConnection is not defined');
      this.#told = state;
    }
    async setSource(): Promise<void> {
      if (this.#kind === 'deaf') throw new DOMException('', 'InvalidStateError');
    }
    async negotiate(): Promise<void> {
      browser.offers += 1;
      this.state = 'connected';
      this.#told(this.state);
    }
    sample = () => new Promise(() => undefined);
    relayBy = () => undefined;
    close = () => undefined;
  }
  return { ...(await original<typeof import('../protocol/media')>()), MediaConnection };
});

const port = { announce: () => undefined } as unknown as MediaPort;
const devices = { chosen: { audioinput: null }, music: false } as unknown as Devices;
const microphone = { stop: () => undefined } as unknown as MediaStreamTrack;

beforeEach(() => {
  vi.useFakeTimers();
  browser.offers = 0;
});
afterEach(() => void vi.useRealTimers());

describe('a connection for my media', () => {
  it('that does not take what I send gives way to another', async () => {
    browser.makes = ['deaf', 'works'];
    const media = new MediaSession(port, devices);
    await media.own.adopt('microphone', microphone);
    await media.connect().catch(() => undefined);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([media.state, browser.offers]).toEqual(['connected', 1]);
    media.close();
  });

  it('is tried again, and said to be missing, where the browser makes none', async () => {
    browser.makes = ['nothing', 'nothing', 'nothing', 'works'];
    const media = new MediaSession(port, devices);
    media.prepare();
    await media.connect();
    expect([media.state, media.connection]).toEqual(['failed', null]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([media.state, browser.offers]).toEqual(['connected', 1]);
    media.close();
  });

  it('is not tried any more by somebody who has left', async () => {
    browser.makes = ['nothing', 'works'];
    const media = new MediaSession(port, devices);
    await media.connect();
    media.close();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(browser.offers).toBe(0);
  });
});
