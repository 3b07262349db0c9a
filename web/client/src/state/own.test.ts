import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Devices } from './devices.svelte';
import { OwnMedia } from './own.svelte';

const devices = { chosen: { audioinput: null, videoinput: null }, music: false } as unknown as Devices;

interface FakeTrack {
  readyState: 'live' | 'ended';
  enabled: boolean;
  onended: (() => void) | null;
  stop(): void;
}

/** What the room was told last, and how the next device opens. */
let said: { microphone: boolean; camera: boolean } | null = null;
let opening: () => Promise<FakeTrack>;

function track(): FakeTrack {
  const made: FakeTrack = { readyState: 'live', enabled: true, onended: null, stop: () => void (made.readyState = 'ended') };
  return made;
}

function own(): OwnMedia {
  return new OwnMedia({ send: () => Promise.resolve(), music: () => Promise.resolve(), announce: (on) => (said = on) }, devices);
}

const busy = (): Promise<never> => Promise.reject(new DOMException('', 'NotReadableError'));
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  said = null;
  opening = () => Promise.resolve(track());
  const getUserMedia = async (): Promise<object> => {
    const opened = await opening();
    return { getAudioTracks: () => [opened], getVideoTracks: () => [opened] };
  };
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
});
afterEach(() => vi.unstubAllGlobals());

describe('a microphone', () => {
  it('is off, and said to be, when the one that was chosen does not open', async () => {
    const mine = own();
    await mine.switchMicrophone(true);
    opening = busy;
    await mine.changeDevice('microphone');
    expect([mine.microphone, mine.problem]).toEqual([false, { source: 'microphone', reason: 'busy' }]);
    expect(said?.microphone).toBe(false);
  });

  it('goes over to the one that was chosen', async () => {
    const mine = own();
    await mine.switchMicrophone(true);
    await mine.changeDevice('microphone');
    expect([mine.microphone, said?.microphone]).toEqual([true, true]);
  });

  it('that is pulled out while somebody speaks is told of', async () => {
    const mine = own();
    const pulled = track();
    opening = () => Promise.resolve(pulled);
    await mine.switchMicrophone(true);
    pulled.onended?.();
    await settle();
    expect([mine.microphone, mine.problem, said?.microphone]).toEqual([false, { source: 'microphone', reason: 'gone' }, false]);
  });

  it('that is pulled out while it is off is nobody\'s matter', async () => {
    const mine = own();
    const pulled = track();
    opening = () => Promise.resolve(pulled);
    await mine.switchMicrophone(true);
    await mine.switchMicrophone(false);
    pulled.onended?.();
    await settle();
    expect(mine.problem).toBeNull();
  });
});

describe('a camera', () => {
  it('is off, and said to be, when the one that was chosen does not open', async () => {
    const mine = own();
    await mine.switchCamera(true);
    opening = busy;
    await mine.changeDevice('camera');
    expect([mine.camera, mine.problem]).toEqual([null, { source: 'camera', reason: 'busy' }]);
    expect(said?.camera).toBe(false);
  });

  it('that is pulled out is told of; one that has given way to another is not', async () => {
    const mine = own();
    const first = track();
    opening = () => Promise.resolve(first);
    await mine.switchCamera(true);
    const second = track();
    opening = () => Promise.resolve(second);
    await mine.switchCamera(true);
    first.onended?.();
    await settle();
    expect(mine.camera).toBe(second);
    second.onended?.();
    await settle();
    expect([mine.camera, mine.problem]).toEqual([null, { source: 'camera', reason: 'gone' }]);
  });
});
