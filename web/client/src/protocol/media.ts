/**
 * One person's one RTCPeerConnection. Laws: the client always offers; every m-line exists from the first offer in one
 * fixed order (sources, then slots); switching a source on or off is replaceTrack and never renegotiates; who is in a
 * slot is told by signalling, and a frame belongs to a person only by its contributing source (CSRC).
 */
import { describeSound, preferCodecs } from './codecs';
import type { Secrecy } from './e2ee';
import { CAMERA_SIZE, encodings, type LayeredPurpose } from './layers';
import type { MediaOffer, SlotOffer, SourceOffer } from './messages';
import { readSample, type LinkSample } from './stats';

export type SourcePurpose = SourceOffer['purpose'];
export type SlotPurpose = SlotOffer['purpose'];
export type MediaState = 'connecting' | 'connected' | 'disturbed' | 'failed';

export const SOURCES = ['microphone', 'camera', 'screen', 'screen-audio'] as const satisfies readonly SourcePurpose[];
export const SLOTS = [
  'stage-audio', 'stage', 'screen-audio', 'screen', 'voice-1', 'voice-2',
  'tile-1', 'tile-2', 'tile-3', 'tile-4', 'tile-5', 'tile-6', 'tile-7', 'tile-8',
] as const satisfies readonly SlotPurpose[];

const VOICE_BITS = 40_000;
const MUSIC_BITS = 128_000;
const TRIES = 5;
const TRY_AGAIN_MS = 1000;
const ENCODINGS: Record<SourcePurpose, RTCRtpEncodingParameters[]> = {
  microphone: [{ maxBitrate: VOICE_BITS }],
  camera: encodings('camera', CAMERA_SIZE, null),
  screen: encodings('screen', CAMERA_SIZE, null),
  'screen-audio': [{ maxBitrate: 64_000 }],
};

export function kindOf(purpose: SourcePurpose | SlotPurpose): 'audio' | 'video' {
  return purpose === 'microphone' || purpose.endsWith('audio') || purpose.startsWith('voice') ? 'audio' : 'video';
}

export interface MediaHandlers {
  /** Sends the offer by signalling and returns the answer's SDP. */
  offer(offer: MediaOffer): Promise<string>;
  state(state: MediaState): void;
}

export class MediaConnection {
  readonly #handlers: MediaHandlers;
  readonly #peer: RTCPeerConnection;
  readonly #sources = new Map<SourcePurpose, RTCRtpTransceiver>();
  readonly #slots = new Map<SlotPurpose, RTCRtpTransceiver>();
  readonly #wanted = new Map<LayeredPurpose, readonly string[]>();
  #encoding: Promise<void> = Promise.resolve();
  /** How often in a row the browser did not take how to encode a picture. */
  readonly #refusals = new Map<LayeredPurpose, number>();
  #closed = false;
  /** My microphone plays music: stereo, and as it is. */
  #music: boolean;

  constructor(handlers: MediaHandlers, iceServers: RTCIceServer[] = [], secrecy: Secrecy | null = null, music = false) {
    this.#music = music;
    this.#handlers = handlers;
    this.#peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require', iceServers });
    for (const purpose of SOURCES) {
      const kind = kindOf(purpose);
      const transceiver = this.#peer.addTransceiver(kind, { direction: 'sendonly', sendEncodings: ENCODINGS[purpose] });
      preferCodecs(transceiver, kind, secrecy !== null);
      secrecy?.guardSender(transceiver.sender, kind);
      this.#sources.set(purpose, transceiver);
    }
    for (const purpose of SLOTS) {
      const kind = kindOf(purpose);
      const transceiver = this.#peer.addTransceiver(kind, { direction: 'recvonly' });
      preferCodecs(transceiver, kind, secrecy !== null);
      secrecy?.guardReceiver(transceiver.receiver, kind, purpose);
      this.#slots.set(purpose, transceiver);
    }
    this.#peer.addEventListener('connectionstatechange', () => this.#report());
  }

  get state(): MediaState {
    switch (this.#peer.connectionState) {
      case 'connected':
        return 'connected';
      case 'disconnected':
        return 'disturbed';
      case 'failed':
      case 'closed':
        return 'failed';
      default:
        return 'connecting';
    }
  }

  /** Relays for networks without UDP; of no use to what was offered before. */
  relayBy(iceServers: RTCIceServer[]): void {
    this.#peer.setConfiguration({ ...this.#peer.getConfiguration(), iceServers });
  }

  /** Offers and takes the answer; with `restart` the same connection looks for a new way through the network. */
  async negotiate(restart = false): Promise<void> {
    const offer = await this.#peer.createOffer({ iceRestart: restart });
    const music = this.#music ? (this.#sources.get('microphone')?.mid ?? '0') : null;
    await this.#peer.setLocalDescription({ type: 'offer', sdp: describeSound(offer.sdp ?? '', music) });
    const sdp = await this.#handlers.offer({
      sdp: this.#peer.localDescription?.sdp ?? '',
      sources: SOURCES.map((purpose) => ({ purpose, mid: this.#sources.get(purpose)?.mid ?? '' })),
      slots: SLOTS.map((purpose) => ({ purpose, mid: this.#slots.get(purpose)?.mid ?? '' })),
    });
    if (this.#closed) return;
    await this.#peer.setRemoteDescription({ type: 'answer', sdp });
  }

  /** Whether my microphone plays music; a running connection negotiates it. */
  async setMusic(music: boolean): Promise<void> {
    if (music === this.#music) return;
    this.#music = music;
    await this.negotiate();
    await this.#soundBits();
  }

  async #soundBits(): Promise<void> {
    const sender = this.#sources.get('microphone')?.sender;
    if (this.#closed || sender === undefined) return;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) encoding.maxBitrate = this.#music ? MUSIC_BITS : VOICE_BITS;
    await sender.setParameters(parameters).catch(() => undefined);
  }

  async setSource(purpose: SourcePurpose, track: MediaStreamTrack | null): Promise<void> {
    await this.#sources.get(purpose)?.sender.replaceTrack(track);
    if (track !== null && purpose === 'microphone' && this.#music) await this.#soundBits();
    if (track !== null && (purpose === 'camera' || purpose === 'screen')) await this.#encode(purpose);
  }

  /** Somebody watches these layers of my picture, and no others. */
  async setLayers(purpose: LayeredPurpose, wanted: readonly string[]): Promise<void> {
    this.#wanted.set(purpose, wanted);
    await this.#encode(purpose);
  }

  /** Encodes what is wanted of the present track. One change at a time: a browser refuses parameters that it did not just give. */
  #encode(purpose: LayeredPurpose): Promise<void> {
    this.#encoding = this.#encoding.then(async () => {
      const sender = this.#sources.get(purpose)?.sender;
      const track = sender?.track;
      if (this.#closed || sender === undefined || track === null || track === undefined) return;
      const { width, height } = { ...CAMERA_SIZE, ...track.getSettings() };
      const planned = encodings(purpose, { width, height }, this.#wanted.get(purpose) ?? null);
      const parameters = sender.getParameters();
      for (const encoding of parameters.encodings) {
        // What a codec does not know, H.264 no rates, has been taken out of it by the negotiation.
        const { scalabilityMode: _, ...plan } = planned.find(({ rid }) => rid === encoding.rid) ?? {};
        Object.assign(encoding, plan);
      }
      try {
        await sender.setParameters(parameters);
        this.#refusals.delete(purpose);
      } catch {
        this.#encodeLater(purpose);
      }
    });
    return this.#encoding;
  }

  /** The browser had something else to do; nobody would ask for it again. */
  #encodeLater(purpose: LayeredPurpose): void {
    const refusals = (this.#refusals.get(purpose) ?? 0) + 1;
    this.#refusals.set(purpose, refusals);
    if (refusals <= TRIES) setTimeout(() => void this.#encode(purpose), TRY_AGAIN_MS);
  }

  /** What arrives in a slot; the track exists from the start, frames come when somebody is in it. */
  receiver(purpose: SlotPurpose): RTCRtpReceiver {
    const transceiver = this.#slots.get(purpose);
    if (transceiver === undefined) throw new Error(`no slot ${purpose}`);
    return transceiver.receiver;
  }

  /** The m-line of a slot or of one of my sources. */
  midOf(purpose: SlotPurpose | SourcePurpose): string | null {
    return (this.#slots.get(purpose as SlotPurpose) ?? this.#sources.get(purpose as SourcePurpose))?.mid ?? null;
  }

  async sample(): Promise<LinkSample> {
    return readSample(await this.#peer.getStats(), performance.now());
  }

  close(): void {
    this.#closed = true;
    this.#peer.close();
  }

  #report(): void {
    if (!this.#closed) this.#handlers.state(this.state);
  }
}

/** The participant number of the newest packet that reached the screen; null before the first. */
export function presentSource(receiver: RTCRtpReceiver): number | null {
  let newest: RTCRtpContributingSource | null = null;
  for (const source of receiver.getContributingSources()) {
    if (newest === null || source.timestamp > newest.timestamp) newest = source;
  }
  return newest?.source ?? null;
}

const STALLED_MS = 3000;

/**
 * Tells whether the picture in `video` is a fresh frame of the participant `csrc`. A slot that was given to somebody else
 * still holds the face of the one before: nothing is shown until a frame of the new person is there.
 */
export function watchFrames(video: HTMLVideoElement, receiver: RTCRtpReceiver, csrc: number, onFresh: (fresh: boolean) => void): () => void {
  let fresh = false;
  let lastFrame = 0;
  let stopped = false;
  const become = (now: boolean): void => {
    if (now !== fresh) onFresh((fresh = now));
  };
  const onFrame = (at: number): void => {
    if (stopped) return;
    const own = presentSource(receiver) === csrc;
    if (own) lastFrame = at;
    become(own);
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  const timer = setInterval(() => {
    if (fresh && !document.hidden && performance.now() - lastFrame > STALLED_MS) become(false);
  }, 500);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
