/** All channels and conversations on a wire: what is unread, who is there, whom I may write to, opening one. */
import type { ChannelView, ClientEvents, ContactView, PresencePerson } from '../protocol/messages';
import { RequestError, type RequestCode, type Wire } from '../protocol/socket';
import { ChannelChat } from './chat.svelte';
import { withChange } from './presence';
import { withDeleted, withMessage, withRead, type Talk } from './talks';

export class Talks {
  known = $state(false);
  channels = $state.raw<readonly Talk[]>([]);
  /** Who is in each channel. */
  people = $state.raw<ReadonlyMap<string, readonly PresencePerson[]>>(new Map());
  /** Those I asked about and may write to. */
  whom = $state.raw<ReadonlySet<string>>(new Set());
  /** The conversation that is open beside something else. */
  beside = $state.raw<ChannelChat | null>(null);
  refused = $state<RequestCode | null>(null);
  /** My person id; empty until the server has said so. */
  me = $state('');
  readonly #wire: Wire;
  readonly #stops: (() => void)[];
  #asked: readonly string[] = [];

  constructor(wire: Wire) {
    this.#wire = wire;
    this.#stops = [
      wire.on('session:hello', ({ person, channels }) => {
        this.me = person.id;
        this.people = new Map();
        this.#learn(channels);
      }),
      wire.on('rights:changed', ({ channels }) => this.#learn(channels)),
      wire.on('chat:message', (message) => (this.channels = withMessage(this.channels, message, this.me))),
      wire.on('chat:deleted', (deleted) => (this.channels = withDeleted(this.channels, deleted, this.me))),
      wire.on('chat:forgotten', ({ channel, before }) => this.read(channel, before - 1)),
      wire.on('chat:read', ({ channel, seq }) => this.read(channel, seq)),
      wire.on('presence:state', ({ channel, people }) => this.#meet(channel, people)),
      wire.on('presence:changed', (changed) => this.#meet(changed.channel, withChange(this.people.get(changed.channel) ?? [], changed))),
    ];
  }

  /** How the other one of a conversation is; null when they are not here. */
  partner(talk: ChannelView): PresencePerson | null {
    return this.people.get(talk.channel)?.find((one) => one.person === talk.partner?.person) ?? null;
  }

  /** How I am, as the others see it. */
  mine(): PresencePerson | null {
    for (const people of this.people.values()) {
      const found = people.find((one) => one.person === this.me);
      if (found !== undefined) return found;
    }
    return null;
  }

  read(channel: string, seq: number): void {
    this.channels = withRead(this.channels, channel, seq);
  }

  /** People I may write to; null when the server would not say. */
  async find(text: string): Promise<readonly ContactView[] | null> {
    const found = await this.#ask('direct:find', { text });
    return found?.people ?? null;
  }

  /** The channel of me and this person; null when it is refused. */
  async open(person: string): Promise<string | null> {
    return (await this.#ask('direct:open', { person }))?.channel ?? null;
  }

  async openBeside(person: string): Promise<void> {
    const channel = await this.open(person);
    if (channel !== null) this.show(channel);
  }

  show(channel: string | null): void {
    for (const one of [this.beside?.channel, channel]) if (one != null) this.read(one, Number.MAX_SAFE_INTEGER);
    this.beside?.close();
    this.beside = channel === null ? null : new ChannelChat(this.#wire, channel, this.channels, this.me);
  }

  /** Until when the other one wants quiet. */
  async quietUntil(channel: string): Promise<number | null> {
    return (await this.#ask('direct:about', { channel }))?.quiet_until ?? null;
  }

  async block(channel: string, blocked: boolean): Promise<void> {
    await this.#ask('direct:block', { channel, blocked });
  }

  /** Learns which of these people I may write to. */
  async learnWhom(people: readonly string[]): Promise<void> {
    if (people.length === this.#asked.length && people.every((person, place) => person === this.#asked[place])) return;
    this.#asked = people;
    const answer = await this.#ask('direct:whom', { people: people.slice(0, 300) });
    this.whom = new Set(answer?.people ?? []);
    if (answer === null) this.refused = null; // a guest may write to nobody, which is no failure
  }

  close(): void {
    this.beside?.close();
    this.beside = null;
    for (const stop of this.#stops) stop();
  }

  async #ask<E extends `direct:${string}` & keyof ClientEvents>(event: E, payload: ClientEvents[E]['request']): Promise<ClientEvents[E]['result'] | null> {
    this.refused = null;
    try {
      return await this.#wire.request(event, payload);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.refused = error.code;
      return null;
    }
  }

  #learn(channels: readonly ChannelView[]): void {
    this.channels = channels;
    this.known = true;
    const open = this.beside?.channel ?? null;
    if (open !== null && !channels.some((one) => one.channel === open)) this.show(null);
  }

  #meet(channel: string, people: readonly PresencePerson[]): void {
    this.people = new Map([...this.people, [channel, people]]);
  }
}
