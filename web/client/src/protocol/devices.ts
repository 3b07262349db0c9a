/** Cameras, microphones and screens of this device. Nothing is opened before the person asks for it. */
import { CAMERA_SIZE } from './layers';

export type DeviceKind = 'audioinput' | 'videoinput' | 'audiooutput';
export interface Device {
  id: string;
  label: string;
}
export type DeviceFailure = 'denied' | 'missing' | 'busy' | 'gone';

export class DeviceError extends Error {
  constructor(readonly reason: DeviceFailure) {
    super(reason);
    this.name = 'DeviceError';
  }
}

function failure(error: unknown): DeviceError {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return new DeviceError('denied');
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return new DeviceError('missing');
  return new DeviceError('busy');
}

function media(): MediaDevices {
  // Without https (and not on localhost) browsers hide the devices altogether.
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (devices === undefined) throw new DeviceError('denied');
  return devices;
}

async function open(constraints: MediaStreamConstraints): Promise<MediaStream> {
  try {
    return await media().getUserMedia(constraints);
  } catch (error) {
    throw error instanceof DeviceError ? error : failure(error);
  }
}

/** A voice is cleaned of its room; music is taken as it is, in stereo. */
export async function openMicrophone(id: string | null, music: boolean): Promise<MediaStreamTrack> {
  const clean = { echoCancellation: !music, noiseSuppression: !music, autoGainControl: !music };
  const stream = await open({ audio: { ...(id === null ? {} : { deviceId: { exact: id } }), ...clean, channelCount: music ? 2 : 1 } });
  const [track] = stream.getAudioTracks();
  if (track === undefined) throw new DeviceError('missing');
  return track;
}

export async function openCamera(id: string | null): Promise<MediaStreamTrack> {
  const stream = await open({ video: { ...(id === null ? { facingMode: 'user' } : { deviceId: { exact: id } }), width: { ideal: CAMERA_SIZE.width }, height: { ideal: CAMERA_SIZE.height }, frameRate: { ideal: 24, max: 24 } } });
  const [track] = stream.getVideoTracks();
  if (track === undefined) throw new DeviceError('missing');
  return track;
}

/** iPads and phones have no screen sharing: the button is not shown there. */
export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
}

/** Null when the person closed the browser's own dialog. */
export async function openScreen(): Promise<MediaStream | null> {
  try {
    const stream = await media().getDisplayMedia({ video: { frameRate: { ideal: 10, max: 15 } }, audio: true });
    for (const track of stream.getVideoTracks()) track.contentHint = 'detail';
    return stream;
  } catch (error) {
    const known = failure(error);
    if (known.reason === 'denied') return null;
    throw known;
  }
}

/** Labels are empty until the person has allowed a device of that kind once. */
export async function listDevices(kind: DeviceKind): Promise<Device[]> {
  if (navigator.mediaDevices === undefined) return [];
  const all = await navigator.mediaDevices.enumerateDevices();
  return all.filter((device) => device.kind === kind && device.deviceId !== '').map((device) => ({ id: device.deviceId, label: device.label }));
}

export function watchDevices(changed: () => void): () => void {
  navigator.mediaDevices?.addEventListener('devicechange', changed);
  return () => navigator.mediaDevices?.removeEventListener('devicechange', changed);
}

/** Loudness of a track, 0 to 100, about 15 times a second; returns how to stop. */
export function watchLevel(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
    const decibels = 10 * Math.log10(power + 1e-10);
    onLevel(Math.round(Math.min(100, Math.max(0, (decibels + 60) * 2))));
  }, 66);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** A soft tone, to find out which loudspeaker speaks. */
export async function playTone(output: string | null): Promise<void> {
  const context = new AudioContext();
  if (output !== null && 'setSinkId' in context) await (context as AudioContext & { setSinkId(id: string): Promise<void> }).setSinkId(output);
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, context.currentTime);
  gain.gain.linearRampToValueAtTime(0.15, context.currentTime + 0.05);
  gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.9);
  const oscillator = context.createOscillator();
  oscillator.frequency.value = 523;
  oscillator.connect(gain).connect(context.destination);
  oscillator.onended = () => void context.close();
  oscillator.start();
  oscillator.stop(context.currentTime + 0.9);
}
