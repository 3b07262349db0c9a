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
