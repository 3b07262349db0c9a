/**
 * What I have switched on: my microphone, camera and screen. Laws: nothing is opened before I switch it on; nobody else
 * switches it on; what opens after I have left is closed at once.
 */
import { DeviceError, openCamera, openMicrophone, openScreen, type DeviceFailure } from '../protocol/devices';
import type { SourcePurpose } from '../protocol/media';
import type { Devices } from './devices.svelte';

export interface OwnPort {
  /** Puts a track on its way, or takes it off. */
  send(purpose: SourcePurpose, track: MediaStreamTrack | null): Promise<void>;
  /** Whether my microphone plays music. */
  music(on: boolean): Promise<void>;
  /** Tells the room what is on; `unmute` when I pressed the microphone myself. */
  announce(on: { microphone: boolean; camera: boolean; screen: boolean; unmute: boolean }): void;
}

export class OwnMedia {
  microphone = $state(false);
  camera = $state.raw<MediaStreamTrack | null>(null);
  screen = $state.raw<MediaStreamTrack | null>(null);
  problem = $state<{ source: 'microphone' | 'camera' | 'screen'; reason: DeviceFailure } | null>(null);

  readonly #port: OwnPort;
  readonly #devices: Devices;
  readonly #tracks = new Map<SourcePurpose, MediaStreamTrack>();
  #closed = false;

  constructor(port: OwnPort, devices: Devices) {
    this.#port = port;
    this.#devices = devices;
  }

  /** What leaves now: a microphone that is off keeps its device and sends nothing. */
  sending(): [SourcePurpose, MediaStreamTrack][] {
    return [...this.#tracks].filter(([purpose]) => purpose !== 'microphone' || this.microphone);
  }

  async switchMicrophone(on: boolean, unmute = false): Promise<void> {
    await this.#guard('microphone', async () => {
      if (on) {
        const track = this.#tracks.get('microphone') ?? (await openMicrophone(this.#devices.chosen.audioinput, this.#devices.music));
        track.enabled = true;
        await this.#take('microphone', track);
      } else {
        // The device stays open so that speaking again is instant (and iPads go on playing the others); nothing is sent.
        const track = this.#tracks.get('microphone');
        if (track !== undefined) track.enabled = false;
        await this.#port.send('microphone', null);
      }
      this.microphone = on && !this.#closed;
    });
    this.announce(unmute);
  }

  async switchCamera(on: boolean): Promise<void> {
    await this.#guard('camera', async () => {
      if (on) this.camera = await this.#take('camera', await openCamera(this.#devices.chosen.videoinput));
      else this.camera = await this.#drop('camera');
    });
    this.announce();
  }

  async switchScreen(on: boolean): Promise<void> {
    await this.#guard('screen', async () => {
      const stream = on ? await openScreen() : null;
      const [picture] = stream?.getVideoTracks() ?? [];
      const [sound] = stream?.getAudioTracks() ?? [];
      if (picture === undefined) {
        await this.#drop('screen-audio');
        this.screen = await this.#drop('screen');
        return;
      }
      this.screen = await this.#take('screen', picture);
      if (sound !== undefined) await this.#take('screen-audio', sound);
    });
    this.announce();
  }

  /** Takes over what the person switched on while checking the devices; it may open only now. */
  async adopt(source: 'microphone' | 'camera', track: MediaStreamTrack): Promise<void> {
    const taken = this.#take(source, track);
    if (source === 'camera') this.camera = this.#closed ? null : track;
    else this.microphone = !this.#closed;
    await taken;
    this.announce();
  }

  /** Another device was chosen: what is on goes over to it, and is off where it does not open. */
  async changeDevice(kind: 'microphone' | 'camera'): Promise<void> {
    const { microphone, camera } = this;
    this.#tracks.get(kind)?.stop();
    this.#tracks.delete(kind);
    if (kind === 'microphone' && microphone) {
      this.microphone = false;
      await this.switchMicrophone(true);
    }
    if (kind === 'camera' && camera !== null) {
      this.camera = null;
      await this.switchCamera(true);
    }
  }

  /** Music or a voice: the microphone is opened anew, and told to the server. */
  async changeMusic(): Promise<void> {
    await this.changeDevice('microphone');
    await this.#port.music(this.#devices.music);
  }

  announce(unmute = false): void {
    this.#port.announce({ microphone: this.microphone, camera: this.camera !== null, screen: this.screen !== null, unmute });
  }

  close(): void {
    this.#closed = true;
    for (const track of this.#tracks.values()) track.stop();
    this.#tracks.clear();
    this.camera = null;
    this.screen = null;
    this.microphone = false;
  }

  /** What opened after I had left is closed at once. */
  async #take(purpose: SourcePurpose, track: MediaStreamTrack): Promise<MediaStreamTrack | null> {
    if (this.#closed) {
      track.stop();
      return null;
    }
    const before = this.#tracks.get(purpose);
    if (before !== track) before?.stop();
    track.onended = () => void this.#lost(purpose, track);
    this.#tracks.set(purpose, track);
    await this.#port.send(purpose, track);
    return track;
  }

  async #drop(purpose: SourcePurpose): Promise<null> {
    this.#tracks.get(purpose)?.stop();
    this.#tracks.delete(purpose);
    await this.#port.send(purpose, null);
    return null;
  }

  /** The device was unplugged, or sharing ended in the browser's own bar. */
  async #lost(purpose: SourcePurpose, track: MediaStreamTrack): Promise<void> {
    if (this.#tracks.get(purpose) !== track) return;
    if (purpose === 'microphone') {
      const heard = this.microphone;
      this.#tracks.delete('microphone');
      await this.switchMicrophone(false);
      if (heard) this.problem = { source: 'microphone', reason: 'gone' };
    } else if (purpose === 'camera') {
      await this.switchCamera(false);
      this.problem = { source: 'camera', reason: 'gone' };
    } else await this.switchScreen(false);
  }

  async #guard(source: 'microphone' | 'camera' | 'screen', change: () => Promise<void>): Promise<void> {
    this.problem = null;
    try {
      await change();
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      this.problem = { source, reason: error.reason };
    }
  }
}
