/** The check before joining: devices opened only by the person's press, handed to the room or closed again. */
import { DeviceError, openCamera, openMicrophone, watchLevel, type DeviceFailure } from '../protocol/devices';
import type { Devices } from './devices.svelte';

export class Precheck {
  microphone = $state.raw<MediaStreamTrack | null>(null);
  camera = $state.raw<MediaStreamTrack | null>(null);
  level = $state(0);
  testing = $state(false);
  problem = $state<{ source: 'microphone' | 'camera'; reason: DeviceFailure } | null>(null);

  readonly #devices: Devices;
  #testTrack: MediaStreamTrack | null = null;
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
      this.microphone = await openMicrophone(this.#devices.chosen.audioinput);
      this.#listenTo(this.microphone);
    });
  }

  async switchCamera(on: boolean): Promise<void> {
    this.camera?.stop();
    this.camera = null;
    if (!on) return;
    await this.#guard('camera', async () => {
      this.camera = await openCamera(this.#devices.chosen.videoinput);
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
      this.#testTrack = await openMicrophone(this.#devices.chosen.audioinput);
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
      await this.switchMicrophone(true);
    }
  }

  /** Gives the tracks away; whoever takes them closes them. */
  handOver(): { microphone: MediaStreamTrack | null; camera: MediaStreamTrack | null } {
    const given = { microphone: this.microphone, camera: this.camera };
    this.microphone = null;
    this.camera = null;
    this.close();
    return given;
  }

  close(): void {
    this.microphone?.stop();
    this.camera?.stop();
    this.#testTrack?.stop();
    this.microphone = null;
    this.camera = null;
    this.testing = false;
    this.#quiet();
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
      this.problem = { source, reason: error.reason };
    }
  }
}
