import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Devices } from './devices.svelte';
import { MediaSession } from './media.svelte';

beforeEach(() => {
  vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => null });
  vi.stubGlobal('RTCPeerConnection', class extends EventTarget {
    connectionState = 'new';
    localDescription = null;
    addTransceiver() {
      return { mid: null, sender: { track: null }, receiver: {} };
    }
    async createOffer() {
      return { sdp: '' };
    }
    async setLocalDescription(): Promise<void> {}
    close(): void {}
  });
});
afterEach(() => vi.unstubAllGlobals());

/** A session whose offers nobody answers, and how often it forgot what the slots held. */
function session() {
  const forgotten = vi.fn();
  const offer = vi.fn(() => new Promise<string>(() => undefined));
  const port = { offer, announce: () => undefined, report: () => undefined, heal: () => undefined, slots: () => new Map(), moved: () => undefined, forget: forgotten };
  return { forgotten, offer, media: new MediaSession(port, { music: false } as Devices) };
}

it('forgets what the slots held where the room has moved before I was connected: the new owner counts anew', async () => {
  const { forgotten, offer, media } = session();
  void media.connect(true);
  await vi.waitFor(() => expect(offer).toHaveBeenCalledTimes(1));
  expect(forgotten).not.toHaveBeenCalled();
  void media.move(3);
  await vi.waitFor(() => expect(offer).toHaveBeenCalledTimes(2));
  expect(forgotten).toHaveBeenCalledTimes(1);
  expect(media.takeSlots([{ slot: 'tile-1', mid: '9', peer: 'a', generation: 7, csrc: 1 }], 2)).toEqual([]);
  void media.connect();
  await vi.waitFor(() => expect(offer).toHaveBeenCalledTimes(3));
  expect(forgotten).toHaveBeenCalledTimes(1);
  media.close();
});
