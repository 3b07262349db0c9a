/**
 * The check before joining: devices opened only by the person's press, handed to the room or closed again. A device
 * takes its time to open (a question of the browser, a slow camera): one that comes late goes the way of the others,
 * so that nothing runs that nobody shows.
 */
import { DeviceError, openCamera, openMicrophone, watchLevel, type DeviceFailure } from '../protocol/devices';
import type { Devices } from './devices.svelte';

export interface DeviceProblem {
  source: 'microphone' | 'camera';
  reason: DeviceFailure;
}

export class Precheck {
  microphone = $state.raw<MediaStreamTrack | null>(null);
  camera = $state.raw<MediaStreamTrack | null>(null);
  level = $state(0);
  testing = $state(false);
  problem = $state<DeviceProblem | null>(null);

  readonly #devices: Devices;
  /** What becomes of a device that has just opened. */
  #receive: (source: 'microphone' | 'camera', track: MediaStreamTrack) => void = (source, track) => this.#keep(source, track);
  /** Where is told that one did not open. */
  #tell: (problem: DeviceProblem) => void = (problem) => (this.problem = problem);
  #testTrack: MediaStreamTrack | null = null;
  #closed = false;
  #stopLevel: (() => void) | null = null;

  constructor(devices: Devices) {
    this.#devices = devices;
  }

  async switchMicrophone(on: boolean): Promise<void> {
    if (!on) {
      this.microphone?.stop();
      this.microphone = null;
      if (!this.testing) this.#quiet();
      return;
    }
    await this.#guard('microphone', async () => {
      const track = await openMicrophone(this.#devices.chosen.audioinput, this.#devices.music);
      this.#receive('microphone', track); // whoever receives by now
    });
  }

  async switchCamera(on: boolean): Promise<void> {
    this.camera?.stop();
    this.camera = null;
    if (!on) return;
    await this.#guard('camera', async () => {
      const track = await openCamera(this.#devices.chosen.videoinput);
      this.#receive('camera', track);
    });
  }

  /** Shows how loud I am; nobody hears it. */
  async test(on: boolean): Promise<void> {
    this.#testTrack?.stop();
    this.#testTrack = null;
    this.testing = false;
    if (!on) {
      if (this.microphone === null) this.#quiet();
      return;
    }
    await this.#guard('microphone', async () => {
      const track = await openMicrophone(this.#devices.chosen.audioinput, this.#devices.music);
      if (this.#closed) return track.stop();
      this.#testTrack?.stop();
      this.#testTrack = track;
      this.testing = true;
      this.#listenTo(this.#testTrack);
    });
  }

  async changed(kind: 'microphone' | 'camera'): Promise<void> {
    if (kind === 'camera') {
      if (this.camera !== null) await this.switchCamera(true);
      return;
    }
    if (this.testing) await this.test(true);
    if (this.microphone !== null) {
      this.microphone.stop();
      this.microphone = null;
      await this.switchMicrophone(true);
    }
  }

  /** Gives the tracks away, those that are still to open as well; whoever takes them closes them, and hears of those that fail. */
  handOver(take: (source: 'microphone' | 'camera', track: MediaStreamTrack) => void, tell: (problem: DeviceProblem) => void): void {
    const { microphone, camera } = this;
    this.microphone = null;
    this.camera = null;
    this.close();
    this.#receive = take;
    this.#tell = tell;
    if (microphone !== null) take('microphone', microphone);
    if (camera !== null) take('camera', camera);
  }

  close(): void {
    this.#closed = true;
    this.#receive = (_, track) => track.stop();
    this.microphone?.stop();
    this.camera?.stop();
    this.#testTrack?.stop();
    this.microphone = null;
    this.camera = null;
    this.testing = false;
    this.#quiet();
  }

  #keep(source: 'microphone' | 'camera', track: MediaStreamTrack): void {
    this[source]?.stop(); // pressed twice
    this[source] = track;
    track.onended = () => this.#lost(source, track);
    if (source === 'microphone') this.#listenTo(track);
  }

  /** It was unplugged: nobody joins with a device that is not there. */
  #lost(source: 'microphone' | 'camera', track: MediaStreamTrack): void {
    if (this[source] !== track) return;
    this[source] = null;
    if (source === 'microphone' && !this.testing) this.#quiet();
    this.problem = { source, reason: 'gone' };
  }

  #listenTo(track: MediaStreamTrack): void {
    this.#quiet();
    this.#stopLevel = watchLevel(track, (level) => (this.level = level));
  }

  #quiet(): void {
    this.#stopLevel?.();
    this.#stopLevel = null;
    this.level = 0;
  }

  async #guard(source: 'microphone' | 'camera', change: () => Promise<void>): Promise<void> {
    this.problem = null;
    try {
      await change();
      await this.#devices.refresh();
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      this.#tell({ source, reason: error.reason });
    }
  }
}
