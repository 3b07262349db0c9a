/**
 * Me in one meeting: joins, waits in the lobby, follows the room, and comes back after every loss without a reload.
 * What others decide (mute, remove, end) arrives as pushes; what I decide goes out as requests.
 */
import type { GrantView, Parcel, PleaseUnmute, RoomClosed, RoomJoined } from '../protocol/messages';
import { canEncrypt } from '../protocol/e2ee';
import { RequestError, Wire, type RequestCode, type WireState } from '../protocol/socket';
import { ChannelChat } from './chat.svelte';
import type { Devices } from './devices.svelte';
import { groupOf, RoomGroups, working } from './groups.svelte';
import type { MediaSession } from './media.svelte';
import { Page } from './page';
import { RoomRecording } from './recording.svelte';
import { PINS } from './tiles';
import { refusalOf } from './refusal';
import { peerOf, reduceRoom, withoutSlots, type RoomAction, type RoomModel } from './room';
import { freshId } from './ids';
import { tellIdle } from './idle';
import { RoomRequests } from './requests.svelte';
import { RoomSecrecy } from './secrecy.svelte';
import { joinMedia } from './signalling';
import { Talks } from './talks.svelte';

export type Phase = 'joining' | 'lobby' | 'room' | 'closed' | 'failed';
export type CloseReason = RoomClosed['reason'] | 'left';

const CLIENT_KEY = 'kreide.client';
const RETRY_MS = 1000;
/** Nobody waits longer than this to be let go. */
const LEAVE_MS = 800;

/** The same tab finds its place again after a loss or a reload. */
function clientKey(): string {
  const known = sessionStorage.getItem(CLIENT_KEY) ?? freshId();
  sessionStorage.setItem(CLIENT_KEY, known);
  return known;
}

export class MeetingSession {
  phase = $state<Phase>('joining');
  net = $state<WireState>('connecting');
  model = $state.raw<RoomModel | null>(null);
  /** How many the server lets in before me; null when I am in, or nobody is. */
  ahead = $state<number | null>(null);
  title = $state('');
  reason = $state<CloseReason | null>(null);
  /** `downgraded`: it was to be end-to-end encrypted, and is not. */
  failure = $state<RequestCode | 'downgraded' | null>(null);
  /** Somebody asks me to speak; the name of who. */
  called = $state<string | null>(null);
  /** A moderator muted me; the name of who. */
  mutedBy = $state<string | null>(null);
  /** Persons (not their devices) whose pictures I want on every page; my own choice, told to nobody. */
  pinned = $state.raw<ReadonlySet<string>>(new Set());
  chat = $state.raw<ChannelChat | null>(null);
  /** In an encrypted meeting. */
  secrecy = $state.raw<RoomSecrecy | null>(null);
  readonly ask: RoomRequests;
  readonly page: Page;
  readonly media: MediaSession;
  readonly talks: Talks;
  readonly recording: RoomRecording;
  readonly groups: RoomGroups;

  readonly #wire = new Wire();
  readonly #meeting: string;
  /** Encryption was promised, or has begun: there is no way back. */
  #encrypted: boolean;
  #peer: string | null = null;
  /** I want to be in the room; before, I only wait at its door. */
  #entering = false;
  #greeted = false;
  readonly #stopIdle: () => void;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #syncing = false;
  #sealing: ReturnType<typeof setTimeout> | undefined;

  constructor(meeting: string, devices: Devices, encrypted: boolean) {
    this.#meeting = meeting;
    this.#encrypted = encrypted;
    const inside = () => this.phase === 'room';
    this.ask = new RoomRequests(this.#wire, () => this.model);
    this.page = new Page(this.ask, inside);
    const room = { inside, slots: () => this.model?.slots ?? new Map(), dispatch: (action: RoomAction) => this.#dispatch(action) };
    this.media = joinMedia(this.#wire, this.ask, this.page, room, devices);
    this.talks = new Talks(this.#wire);
    this.recording = new RoomRecording(this.#wire);
    this.groups = new RoomGroups(this.#wire);
    this.#stopIdle = tellIdle(this.#wire);
    if (!encrypted) this.media.prepare();
    this.#listen();
  }

  /** I want to come in: what was dialled and made while I checked my devices is used now. */
  enter(): void {
    this.#entering = true;
    if (this.net === 'connected') void this.#join();
  }

  #listen(): void {
    const wire = this.#wire;
    wire.watch((state) => {
      this.net = state;
      if (state !== 'connected') this.#greeted = false;
      else if (this.#entering) void this.#join();
      if (state === 'refused') this.#fail('not_allowed');
    });
    wire.on('session:wait', ({ before }) => (this.ahead = before));
    wire.on('session:hello', ({ ice_servers }) => {
      this.ahead = null;
      this.media.iceServers = ice_servers;
      this.#greeted = true;
      if (this.#entering) this.media.hurry();
    });
    wire.on('room:admitted', (joined) => this.#joined(joined));
    wire.on('room:state', (room) => this.#dispatch({ type: 'state', room }));
    wire.on('room:changed', (changed) => this.#dispatch({ type: 'changed', changed }));
    wire.on('room:closed', ({ reason }) => this.#closed(reason));
    wire.on('room:secret', ({ peer, data }) => this.secrecy?.frames.receive(peer, data));
    wire.on('rights:changed', () => this.#openChat());
    wire.on('room:grant', ({ grant }) => this.#granted(grant));
    wire.on('room:muted', ({ by }) => {
      this.mutedBy = this.#nameOf(by);
      void this.media.own.switchMicrophone(false);
    });
    wire.on('room:please_unmute', ({ by }: PleaseUnmute) => {
      this.called = this.#nameOf(by);
    });
  }

  async #join(): Promise<void> {
    clearTimeout(this.#retry);
    if (this.phase === 'closed') return;
    try {
      const joined = this.#wire.request('room:join', { meeting: this.#meeting, client: clientKey(), encrypts: canEncrypt() });
      if (this.#greeted) this.media.hurry();
      this.#joined(await joined);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.code === 'not_found' || error.code === 'not_allowed' || error.code === 'bad_message' || error.code === 'encrypted') this.#fail(error.code);
      else if (error.code === 'ended') this.#finish('ended');
      else if (error.code === 'timeout') this.#wire.redial();
      else this.#retry = setTimeout(() => void this.#join(), RETRY_MS);
    }
  }

  #joined(joined: RoomJoined): void {
    this.title = joined.title;
    this.failure = null;
    if (joined.state === 'lobby') {
      this.phase = 'lobby';
      if (!this.#encrypted) this.media.prepare(); // what was offered is refused out here
      return;
    }
    if (!this.#encrypt(joined.room?.encrypted === true)) return;
    const again = joined.peer === this.#peer;
    const before = this.model;
    this.#peer = joined.peer;
    if (!again && this.model !== null) this.model = withoutSlots(this.model);
    this.phase = 'room';
    this.#dispatch({ type: 'joined', joined });
    this.#openChat();
    if (!again && before !== null) void this.#restore(before);
    this.media.own.announce();
    if (again) this.media.wake();
    else void this.media.connect(true);
    this.page.again();
  }

  /** Makes my keys when the meeting is encrypted; false when it should be and is not. */
  #encrypt(encrypted: boolean): boolean {
    if (this.#encrypted && !encrypted) {
      this.#fail('downgraded');
      return false;
    }
    this.#encrypted = encrypted;
    if (encrypted) this.secrecy ??= this.#seal();
    return true;
  }

  #seal(): RoomSecrecy {
    const send = async (parcels: Parcel[]): Promise<void> => {
      await refusalOf(this.#wire.request('room:secret', { parcels })); // whoever misses a key is greeted again
    };
    const unloaded = (): void => void (this.#sealing = setTimeout(() => this.#sealAnew(), RETRY_MS));
    const secrecy = new RoomSecrecy({ send, heal: (slot) => this.media.heal(slot), unloaded });
    this.media.secrecy = secrecy.frames;
    return secrecy;
  }

  /** What seals did not load: another one, and a connection that goes through it. Until then nothing leaves and nothing opens. */
  #sealAnew(): void {
    this.secrecy = this.#seal();
    if (this.model !== null) this.secrecy.follow(this.model, true);
    void this.media.connect();
  }

  /** What I may no longer send is switched off here too; the server has stopped it already. */
  #granted(grant: GrantView): void {
    this.#dispatch({ type: 'grant', grant });
    this.#openChat();
    if (!grant.publish && this.media.own.microphone) void this.media.own.switchMicrophone(false);
    if (!grant.publish && this.media.own.camera !== null) void this.media.own.switchCamera(false);
    if (!grant.screen && this.media.own.screen !== null) void this.media.own.switchScreen(false);
  }

  /** The room began anew while I was away (its server went down): what I had put into it comes back. */
  async #restore(before: RoomModel): Promise<void> {
    const now = this.model?.room;
    const { presenting, hands } = before.room;
    if (now === undefined || now.started_at === before.room.started_at) return;
    if (presenting?.peer === before.me && now.presenting === null) await this.ask.send('room:present', { document: presenting.document, slide: presenting.slide });
    if (hands.some((hand) => hand.peer === before.me)) await this.ask.hand(true);
    const visited = before.grant.moderate ? groupOf(before) : null;
    if (visited !== null && working(now.groups)) await this.ask.send('groups:visit', { room: visited.id });
  }

  /** The chat of the room or of the group where I am, while I may take part in it. */
  #openChat(): void {
    const group = this.model === null ? null : groupOf(this.model);
    const heard = group === null || this.talks.channels.some(({ channel }) => channel === group.channel);
    const channel = this.model?.grant.chat === true && heard ? (group?.channel ?? this.model.room.channel) : null;
    if ((this.chat?.channel ?? null) === channel) return;
    this.chat?.close();
    this.chat = channel === null ? null : new ChannelChat(this.#wire, channel, this.talks.channels, this.talks.me);
  }

  #dispatch(action: RoomAction): void {
    const before = this.model === null ? null : groupOf(this.model)?.id;
    this.model = reduceRoom(this.model, action);
    if (this.phase === 'room' && this.model !== null && groupOf(this.model)?.id !== before) this.#openChat();
    if (this.model?.stale === true) void this.#sync();
    else if (this.model !== null) this.secrecy?.follow(this.model, action.type === 'joined' || action.type === 'state');
  }

  /** Asks for the whole state, one question at a time, until it has come. */
  async #sync(): Promise<void> {
    if (this.#syncing) return;
    this.#syncing = true;
    try {
      this.#dispatch({ type: 'state', room: await this.#wire.request('room:sync', {}) });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.code === 'offline') return; // joining again brings the whole state
      if (error.code === 'not_in_room') return void this.#join();
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    } finally {
      this.#syncing = false;
    }
    if (this.phase === 'room' && this.model?.stale === true) void this.#sync();
  }

  #closed(reason: RoomClosed['reason']): void {
    if (reason === 'moved' || reason === 'restart') {
      this.#retry = setTimeout(() => void this.#join(), Math.random() * RETRY_MS);
      return;
    }
    this.#finish(reason);
  }

  #finish(reason: CloseReason): void {
    this.phase = 'closed';
    this.reason = reason;
    this.close();
  }

  #fail(code: RequestCode | 'downgraded'): void {
    this.phase = 'failed';
    this.failure = code;
    this.close();
  }

  #nameOf(peer: string): string {
    return this.model === null ? peer : (peerOf(this.model, peer)?.name ?? peer);
  }

  /** Keeps somebody's picture in sight, or no longer. */
  pin(person: string): void {
    const pinned = new Set(this.pinned);
    if (!pinned.delete(person)) pinned.add(person);
    this.pinned = new Set([...pinned].slice(-PINS));
  }

  /** My own press of the microphone: the only thing that lifts a moderator's mute. */
  async pressMicrophone(): Promise<void> {
    this.mutedBy = null;
    this.called = null;
    await this.media.own.switchMicrophone(!this.media.own.microphone, !this.media.own.microphone);
  }

  async end(): Promise<void> {
    if (await this.ask.send('room:end', {})) this.#finish('ended');
  }

  async leave(): Promise<void> {
    await refusalOf(this.#wire.request('room:leave', {}, LEAVE_MS)); // gone all the same: the server finds out by itself
    this.#finish('left');
  }

  close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#sealing);
    this.#stopIdle();
    this.chat?.close();
    this.talks.close();
    this.media.close();
    this.secrecy?.frames.close();
    this.#wire.close();
  }
}
