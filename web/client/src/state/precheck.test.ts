import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Devices } from './devices.svelte';
import { Precheck, type DeviceProblem } from './precheck.svelte';

const devices = { chosen: { audioinput: null, videoinput: null }, music: false, refresh: () => Promise.resolve() } as unknown as Devices;

describe('a camera that takes its time', () => {
  afterEach(() => vi.unstubAllGlobals());

  function camera(): { open: (track: object) => void; fail: () => void } {
    let resolve: (stream: unknown) => void = () => undefined;
    let reject: (error: unknown) => void = () => undefined;
    const promise = new Promise<unknown>((done, failed) => ((resolve = done), (reject = failed)));
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => promise } });
    return { open: (track) => resolve({ getVideoTracks: () => [track] }), fail: () => reject(new DOMException('', 'NotReadableError')) };
  }

  it('comes into the room after the person', async () => {
    const { open } = camera();
    const precheck = new Precheck(devices);
    const pressed = precheck.switchCamera(true);
    const taken: unknown[] = [];
    precheck.handOver((source, track) => taken.push(source, track), () => undefined);
    const track = { stop: () => undefined };
    open(track);
    await pressed;
    expect(taken).toEqual(['camera', track]);
  });

  it('is told of in the room when it does not open', async () => {
    const { fail } = camera();
    const precheck = new Precheck(devices);
    const pressed = precheck.switchCamera(true);
    const told: DeviceProblem[] = [];
    precheck.handOver(() => undefined, (problem) => told.push(problem));
    fail();
    await pressed;
    expect(told).toEqual([{ source: 'camera', reason: 'busy' }]);
    expect(precheck.problem).toBeNull();
  });
});

describe('a device that goes before somebody joins', () => {
  afterEach(() => vi.unstubAllGlobals());

  interface FakeTrack {
    onended: (() => void) | null;
    stop(): void;
  }
  let opening: () => Promise<FakeTrack>;

  function check(): { precheck: Precheck; pulled: FakeTrack } {
    class Silence {
      createAnalyser = () => ({ fftSize: 2, getFloatTimeDomainData: () => undefined });
      createMediaStreamSource = () => ({ connect: () => undefined });
      close = () => Promise.resolve();
    }
    const pulled = { onended: null, stop: () => undefined };
    opening = () => Promise.resolve(pulled);
    const getUserMedia = async (): Promise<object> => {
      const opened = await opening();
      return { getAudioTracks: () => [opened], getVideoTracks: () => [opened] };
    };
    vi.stubGlobal('AudioContext', Silence);
    vi.stubGlobal('MediaStream', class {});
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
    return { precheck: new Precheck(devices), pulled };
  }

  it.each(['microphone', 'camera'] as const)('is not taken into the room: %s', async (source) => {
    const { precheck, pulled } = check();
    await (source === 'camera' ? precheck.switchCamera(true) : precheck.switchMicrophone(true));
    pulled.onended?.();
    expect(precheck.problem).toEqual({ source, reason: 'gone' });
    const taken: unknown[] = [];
    precheck.handOver((kind) => taken.push(kind), () => undefined);
    expect(taken).toEqual([]);
  });

  it('nor is a microphone whose successor does not open', async () => {
    const { precheck } = check();
    await precheck.switchMicrophone(true);
    opening = () => Promise.reject(new DOMException('', 'NotReadableError'));
    await precheck.changed('microphone');
    expect([precheck.microphone, precheck.problem]).toEqual([null, { source: 'microphone', reason: 'busy' }]);
    precheck.close();
  });
});
