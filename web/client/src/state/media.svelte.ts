/**
 * My side of the media: what I have switched on, and a connection that comes back by itself. Laws: nothing is opened
 * before I switch it on; nobody else switches it on; after a loss first another way through the network is tried
 * (ICE restart), then a new connection, ever more slowly, for as long as I am in the room.
 */
import { DeviceError, openCamera, openMicrophone, openScreen, type DeviceFailure } from '../protocol/devices';
import type { Secrecy } from '../protocol/e2ee';
import { MediaConnection, type MediaState, type SourcePurpose } from '../protocol/media';
import type { IceServer, MediaLayers, MediaOffer, SlotView } from '../protocol/messages';
import { backoff } from './backoff';
import type { Devices } from './devices.svelte';
import { Handover } from './handover';
import { Line, type LinePort } from './line.svelte';

const DISTURBED_MS = 2000;
const CONNECT_MS = 8000;
const RESTARTS = 2;
/** Not all thirty at once. */
const MOVE_SPREAD_MS = 300;
/** A connection that nobody closes for us. */
const OLD_MS = 20_000;

export interface MediaPort extends LinePort {
  offer(offer: MediaOffer): Promise<string>;
  /** Tells the room what is on; `unmute` when I pressed the microphone myself. */
  announce(on: { microphone: boolean; camera: boolean; screen: boolean; unmute: boolean }): void;
  /** Who is in which slot of the connection of now. */
  slots(): ReadonlyMap<string, SlotView>;
  /** I look by the connection of this epoch from now on, and this is what it shows (null: as before). */
  moved(epoch: number, slots: SlotView[] | null): void;
}

export class MediaSession {
  connection = $state.raw<MediaConnection | null>(null);
  state = $state<MediaState>('connecting');
  /** My line carries no pictures now; sound goes on. */
  picturesPaused = $state(false);
  /** Whose picture my browser cannot decode. */
  undecodable = $state.raw<ReadonlySet<string>>(new Set());
  microphone = $state(false);
  camera = $state.raw<MediaStreamTrack | null>(null);
  screen = $state.raw<MediaStreamTrack | null>(null);
  problem = $state<{ source: 'microphone' | 'camera' | 'screen'; reason: DeviceFailure } | null>(null);
  /** The browser wants a press before it plays sound. */
  soundBlocked = $state(false);

  readonly line: Line;
  readonly #port: MediaPort;
  readonly #devices: Devices;
  #tracks = new Map<SourcePurpose, MediaStreamTrack>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #closed = false;
  /** The one that is built beside `connection` while the room moves. */
  #next: Handover | null = null;
  /** The one before, which still sends to those who are not there yet. */
  #old: MediaConnection | null = null;
  #oldTimer: ReturnType<typeof setTimeout> | undefined;
  /** Of the owner that my connection is with; 0 while no room has moved. */
  #epoch = 0;
  /** Relays for networks without UDP; each connection to the server brings fresh passwords. */
  iceServers: IceServer[] = [];
  /** Through this all frames go in an encrypted meeting. */
  secrecy: Secrecy | null = null;

  constructor(port: MediaPort, devices: Devices) {
    this.#port = port;
    this.line = new Line(port);
    this.#devices = devices;
  }

  /** A new connection now; what is switched on stays on. `anew`: in a room that I did not know before. */
  async connect(anew = false): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.connection?.close();
    if (anew) this.#epoch = 0;
    else if (this.#next !== null) this.#epoch = this.#next.epoch;
    this.#dropNext();
    this.settled();
    const connection = this.#build((state) => {
      if (connection === this.connection) this.#changed(state);
    });
    this.connection = connection;
    this.line.stop();
    this.picturesPaused = false;
    this.undecodable = new Set();
    this.state = 'connecting';
    await this.#equip(connection);
    await this.#negotiate(connection, false);
  }

  #build(state: (state: MediaState) => void): MediaConnection {
    return new MediaConnection({ offer: (offer) => this.#port.offer(offer), state }, this.iceServers, this.secrecy, this.#devices.music);
  }

  async #equip(connection: MediaConnection): Promise<void> {
    for (const [purpose, track] of this.#sending()) await connection.setSource(purpose, track);
  }

  /** What leaves now: a microphone that is off keeps its device and sends nothing. */
  #sending(): [SourcePurpose, MediaStreamTrack][] {
    return [...this.#tracks].filter(([purpose]) => purpose !== 'microphone' || this.microphone);
  }

  /** The room goes to another worker: a second connection, to be used once it carries as much. */
  async move(epoch: number): Promise<void> {
    if (this.#closed || epoch === this.#next?.epoch || epoch < this.#epoch) return;
    if (epoch === this.#epoch) {
      this.#port.moved(epoch, null); // said before, and not heard
      return;
    }
    const now = this.connection;
    if (now === null || this.state !== 'connected') {
      this.#epoch = epoch;
      return this.connect();
    }
    this.#dropNext();
    this.settled();
    const connection = this.#build((state) => {
      if (next !== this.#next) {
        if (connection === this.connection) this.#changed(state);
      } else if (state === 'connected') next.watch(now);
      else if (state === 'failed') void this.connect();
    });
    const next = new Handover(epoch, connection, {
      slots: () => this.#port.slots(),
      lost: () => this.state !== 'connected',
      change: (slots) => this.#change(next, slots),
    });
    this.#next = next;
    await this.#equip(connection);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * MOVE_SPREAD_MS));
    if (this.#next === next) await this.#negotiateNext(next);
  }

  async #negotiateNext(next: Handover): Promise<void> {
    try {
      await next.connection.negotiate();
      this.#plan(CONNECT_MS, () => {
        if (this.#next === next && next.connection.state !== 'connected') void this.connect();
      });
    } catch {
      if (this.#next === next) void this.connect();
    }
  }

  #change(next: Handover, slots: SlotView[]): void {
    if (this.#next !== next) return;
    this.#old = this.connection;
    this.#oldTimer = setTimeout(() => this.settled(), OLD_MS);
    this.#next = null;
    this.#epoch = next.epoch;
    this.connection = next.connection;
    this.picturesPaused = false;
    this.undecodable = new Set();
    this.#port.moved(next.epoch, slots);
    this.#changed(next.connection.state);
  }

  /** Nobody needs my connection of before any more. */
  settled(): void {
    clearTimeout(this.#oldTimer);
    this.#old?.close();
    this.#old = null;
  }

  /** Who is in which slot; what belongs to a connection that I do not look by is kept for later, or of no use any more. */
  takeSlots(slots: readonly SlotView[], epoch: number): readonly SlotView[] {
    if (epoch === this.#next?.epoch) {
      this.#next.take(slots);
      return [];
    }
    return epoch < this.#epoch ? [] : slots;
  }

  #dropNext(): void {
    this.#next?.stop();
    this.#next?.connection.close();
    this.#next = null;
  }

  #connections(): MediaConnection[] {
    return [this.connection, this.#next?.connection, this.#old].filter((one) => one !== null && one !== undefined);
  }

  async #setSource(purpose: SourcePurpose, track: MediaStreamTrack | null): Promise<void> {
    for (const connection of this.#connections()) await connection.setSource(purpose, track);
  }

  /** The layers of my pictures that somebody watches; null where there are none. */
  setLayers({ camera, screen }: MediaLayers): void {
    const connection = this.#next?.connection ?? this.connection; // the owner of now asks
    if (camera !== null) void connection?.setLayers('camera', camera);
    if (screen !== null) void connection?.setLayers('screen', screen);
  }

  /** Signalling is back: try at once where a connection waits. */
  wake(): void {
    if (this.connection === null) void this.connect();
    else if (this.state !== 'connected') this.#retry(0);
  }

  async #negotiate(connection: MediaConnection, restart: boolean): Promise<void> {
    try {
      await connection.negotiate(restart);
      this.#plan(CONNECT_MS, () => {
        if (this.state !== 'connected') this.#retry(backoff(this.#attempt, Math.random()));
      });
    } catch {
      // Refused, timed out or offline: all the same here, the next try is a fresh offer.
      this.#attempt = Math.max(this.#attempt, RESTARTS);
      if (connection === this.connection) this.#retry(backoff(this.#attempt, Math.random()));
    }
  }

  #changed(state: MediaState): void {
    this.state = state;
    if (state === 'connected') {
      clearTimeout(this.#timer);
      this.#attempt = 0;
      if (this.connection !== null) this.line.start(this.connection);
    } else if (this.#next !== null) {
      // The next one is on its way, and taken as soon as it is up.
    } else if (state === 'disturbed') {
      this.#plan(DISTURBED_MS, () => this.#retry(0));
    } else if (state === 'failed') {
      this.#retry(backoff(this.#attempt, Math.random()));
    }
    if (state !== 'connected') this.line.stop();
  }

  #retry(delay: number): void {
    this.#plan(delay, () => {
      const restart = this.#attempt < RESTARTS && this.connection !== null;
      this.#attempt += 1;
      if (restart && this.connection !== null) void this.#negotiate(this.connection, true);
      else void this.connect();
    });
  }

  #plan(delay: number, step: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(step, delay);
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
        await this.#setSource('microphone', null);
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

  /** Another device was chosen: what is on goes over to it. */
  async changeDevice(kind: 'microphone' | 'camera'): Promise<void> {
    this.#tracks.get(kind)?.stop();
    this.#tracks.delete(kind);
    if (kind === 'microphone' && this.microphone) await this.switchMicrophone(true);
    if (kind === 'camera' && this.camera !== null) await this.switchCamera(true);
  }

  /** Music or a voice: the microphone is opened anew, and told to the server. */
  async changeMusic(): Promise<void> {
    await this.changeDevice('microphone');
    for (const connection of this.#connections()) await connection.setMusic(this.#devices.music).catch(() => undefined);
  }

  announce(unmute = false): void {
    this.#port.announce({ microphone: this.microphone, camera: this.camera !== null, screen: this.screen !== null, unmute });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.line.stop();
    for (const track of this.#tracks.values()) track.stop();
    this.#tracks.clear();
    this.#dropNext();
    this.settled();
    this.connection?.close();
    this.connection = null;
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
    track.onended = () => void this.#lost(purpose);
    this.#tracks.set(purpose, track);
    await this.#setSource(purpose, track);
    return track;
  }

  async #drop(purpose: SourcePurpose): Promise<null> {
    this.#tracks.get(purpose)?.stop();
    this.#tracks.delete(purpose);
    await this.#setSource(purpose, null);
    return null;
  }

  /** The device was unplugged, or sharing ended in the browser's own bar. */
  async #lost(purpose: SourcePurpose): Promise<void> {
    if (purpose === 'microphone') {
      this.#tracks.delete('microphone');
      await this.switchMicrophone(false);
    } else if (purpose === 'camera') await this.switchCamera(false);
    else await this.switchScreen(false);
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
