/**
 * My media connection, which comes back by itself. Laws: after a loss first another way through the network is tried
 * (ICE restart), then a new connection, ever more slowly, for as long as I am in the room; what I have switched on stays on.
 */
import type { Secrecy } from '../protocol/e2ee';
import { MediaConnection, type MediaState, type SourcePurpose } from '../protocol/media';
import type { IceServer, MediaLayers, MediaOffer, SlotView } from '../protocol/messages';
import { backoff } from './backoff';
import type { Devices } from './devices.svelte';
import { Early } from './early';
import { Handover } from './handover';
import { Line, type LinePort } from './line.svelte';
import { NOTHING_MISSING, type Missing } from './missing';
import { OwnMedia, type OwnPort } from './own.svelte';

const DISTURBED_MS = 2000;
const CONNECT_MS = 8000;
const RESTARTS = 2;
/** Not all thirty at once. */
const MOVE_SPREAD_MS = 300;
/** A connection that nobody closes for us. */
const OLD_MS = 20_000;

export interface MediaPort extends LinePort {
  offer(offer: MediaOffer): Promise<string>;
  announce: OwnPort['announce'];
  /** Who is in which slot of the connection of now. */
  slots(): ReadonlyMap<string, SlotView>;
  /** I look by the connection of this epoch from now on, and this is what it shows (null: as before). */
  moved(epoch: number, slots: SlotView[] | null): void;
  /** What the slots held is of an owner that I do not look by any more. */
  forget(): void;
}

export class MediaSession {
  connection = $state.raw<MediaConnection | null>(null);
  state = $state<MediaState>('connecting');
  /** My line carries no pictures now; sound goes on. */
  picturesPaused = $state(false);
  missing = $state.raw<Missing>(NOTHING_MISSING);
  /** The browser wants a press before it plays sound. */
  soundBlocked = $state(false);

  readonly line: Line;
  readonly own: OwnMedia;
  readonly #port: MediaPort;
  readonly #devices: Devices;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #closed = false;
  /** The one that is made before I am in the room. */
  #early: Early | null = null;
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
    this.own = new OwnMedia(
      {
        send: (purpose, track) => this.#setSource(purpose, track),
        music: (on) => this.#setMusic(on),
        announce: (on) => port.announce(on),
      },
      devices,
    );
  }

  /** A new connection now; what is switched on stays on. `anew`: in a room that I did not know before. */
  async connect(anew = false): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.connection?.close();
    if (anew) this.#epoch = 0;
    else if (this.#next !== null) this.#follow(this.#next.epoch);
    this.#dropNext();
    this.settled();
    const early = this.#early?.take(this.secrecy === null, this.#devices.music, this.iceServers);
    this.#early = null;
    const connection = early?.connection ?? this.#made();
    this.connection = connection;
    this.line.stop();
    this.picturesPaused = false;
    this.missing = NOTHING_MISSING;
    if (connection === null) return this.#changed('failed');
    this.state = 'connecting';
    await this.#negotiate(connection, false, early?.offered);
    if (connection === this.connection && connection.state === 'connected') this.#changed('connected');
  }

  /** Makes a connection for a room that I am about to enter. */
  prepare(): void {
    this.#early?.close();
    const connection = this.#made();
    this.#early = connection === null ? null : new Early(connection, this.#devices.music);
  }

  /** I have asked to come in: the offer follows. */
  hurry(): void {
    this.#early?.offer(this.iceServers);
  }

  #build(state?: (state: MediaState) => void): MediaConnection {
    const changed = (now: MediaState): void => {
      if (connection === this.connection) this.#changed(now);
    };
    const handlers = { offer: (offer: MediaOffer) => this.#port.offer(offer), state: state ?? changed };
    const connection = new MediaConnection(handlers, this.iceServers, this.secrecy, this.#devices.music);
    return connection;
  }

  /** Null where the browser makes none: it was forbidden to, or has made too many. */
  #made(): MediaConnection | null {
    try {
      return this.#build();
    } catch {
      return null;
    }
  }

  async #equip(connection: MediaConnection): Promise<void> {
    for (const [purpose, track] of this.own.sending()) await connection.setSource(purpose, track);
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
      this.#follow(epoch);
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
    await this.#negotiateNext(next);
  }

  /** Without a second connection: the new owner numbers what its slots hold anew. */
  #follow(epoch: number): void {
    this.#epoch = epoch;
    this.#port.forget();
  }

  async #negotiateNext(next: Handover): Promise<void> {
    try {
      await this.#equip(next.connection);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * MOVE_SPREAD_MS));
      if (this.#next !== next) return;
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
    this.missing = NOTHING_MISSING;
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

  async #setMusic(on: boolean): Promise<void> {
    for (const connection of this.#connections()) await connection.setMusic(on).catch(() => undefined);
  }

  /** The layers of my pictures that somebody watches; null where there are none. */
  setLayers({ camera, screen }: MediaLayers): void {
    const connection = this.#next?.connection ?? this.connection; // the owner of now asks
    if (camera !== null) void connection?.setLayers('camera', camera);
    if (screen !== null) void connection?.setLayers('screen', screen);
  }

  /** The picture in a slot stands still, or cannot be opened. */
  heal: LinePort['heal'] = (slot) => this.#port.heal(slot);

  /** Signalling is back: try at once where a connection waits. */
  wake(): void {
    if (this.connection === null) void this.connect();
    else if (this.state !== 'connected') this.#retry(0);
  }

  async #negotiate(connection: MediaConnection, restart: boolean, offered: Promise<void> | null = null): Promise<void> {
    try {
      if (!restart) await this.#equip(connection);
      await (offered ?? connection.negotiate(restart));
      if (connection !== this.connection) return; // another one is on its way, with a plan of its own
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

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.line.stop();
    this.own.close();
    this.#dropNext();
    this.settled();
    this.#early?.close();
    this.connection?.close();
    this.connection = null;
  }
}
