/** Which camera, microphone and loudspeaker this device has, and which the person chose; the choice stays on this device. */
import { listDevices, watchDevices, type Device, type DeviceKind } from '../protocol/devices';

const STORED = 'kreide.devices';
const MUSIC = 'kreide.music';
type Choice = Record<DeviceKind, string | null>;
const NONE: Choice = { audioinput: null, videoinput: null, audiooutput: null };

function parseChoice(text: string | null): Choice {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value !== 'object' || value === null) return NONE;
    const known = new Map<string, unknown>(Object.entries(value));
    const pick = (kind: DeviceKind): string | null => {
      const id = known.get(kind);
      return typeof id === 'string' ? id : null;
    };
    return { audioinput: pick('audioinput'), videoinput: pick('videoinput'), audiooutput: pick('audiooutput') };
  } catch {
    return NONE;
  }
}

export class Devices {
  microphones = $state.raw<Device[]>([]);
  cameras = $state.raw<Device[]>([]);
  speakers = $state.raw<Device[]>([]);
  chosen = $state.raw<Choice>(parseChoice(localStorage.getItem(STORED)));

  /** My microphone plays music: stereo, nothing filtered. */
  music = $state(localStorage.getItem(MUSIC) === 'yes');

  /** Lists the devices now and whenever one comes or goes; returns how to stop. */
  watch(): () => void {
    void this.refresh();
    return watchDevices(() => void this.refresh());
  }

  async refresh(): Promise<void> {
    [this.microphones, this.cameras, this.speakers] = await Promise.all([listDevices('audioinput'), listDevices('videoinput'), listDevices('audiooutput')]);
    const gone = (devices: Device[], id: string | null): boolean => id !== null && devices.length > 0 && devices.every((device) => device.id !== id);
    const { audioinput, videoinput, audiooutput } = this.chosen;
    this.chosen = {
      audioinput: gone(this.microphones, audioinput) ? null : audioinput,
      videoinput: gone(this.cameras, videoinput) ? null : videoinput,
      audiooutput: gone(this.speakers, audiooutput) ? null : audiooutput,
    };
  }

  playMusic(on: boolean): void {
    this.music = on;
    if (on) localStorage.setItem(MUSIC, 'yes');
    else localStorage.removeItem(MUSIC);
  }

  choose(kind: DeviceKind, id: string | null): void {
    this.chosen = { ...this.chosen, [kind]: id };
    localStorage.setItem(STORED, JSON.stringify(this.chosen));
  }
}
