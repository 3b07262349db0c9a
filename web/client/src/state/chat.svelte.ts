/**
 * One channel on a wire: catches up after every reconnect, sends each message until it is stored, notes what was read. Law: what
 * comes by itself while I catch up, or before I could, hides nothing of what was missed.
 */
import { api, ApiError } from '../protocol/http';
import type { ChannelView, ChatMessage, ClientEvents } from '../protocol/messages';
import type { RequestCode, Wire } from '../protocol/socket';
import { RequestError } from '../protocol/socket';
import { backoff } from './backoff';
import { freshId } from './ids';
import { Members } from './members.svelte';
import { reporting } from './reading';
import { isForNow, refusalOf } from './refusal';
import { ChannelTyping } from './typing.svelte';
import { emptyChat, reduceChat, unread, type ChatAction, type ChatModel, type Draft } from './chat';

const PAGE = 100;
const MOST_PAGES = 50;
/** Many people read a message at once; the server is told a little later, and once for several. */
const READ_MS = 2000;

export type Sign = ClientEvents['chat:react']['request']['sign'];
export type Mode = ChannelView['mode'];
export const SIGNS: readonly Sign[] = ['👍', '❤️', '😄', '🎉', '🤔', '👀'];
export const MODES: readonly Mode[] = ['open', 'moderated', 'teacher_only', 'off'];

/** Calls when the page goes; what was read last is told then, too. */
function onHide(call: () => unknown): () => void {
  window.addEventListener('pagehide', call);
  return () => window.removeEventListener('pagehide', call);
}

export class ChannelChat {
  model = $state.raw<ChatModel>(emptyChat);
  /** My person id; empty until the server has said so. */
  #me = $state('');
  unread: number = $derived(unread(this.model, this.#me));
  /** What I may do here; null until the server has said so. */
  rights = $state.raw<ChannelView | null>(null);
  /** Why the last thing I asked for was refused for good; null when nothing was. */
  refused = $state<string | null>(null);

  readonly channel: string;
  readonly typing: ChannelTyping;
  readonly members: Members;
  readonly #wire: Wire;
  readonly #stops: (() => void)[];
  /** From this number on something may be missing; null once I have caught up. */
  #behind: number | null = null;
  #failures = 0;
  #closed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #told = 0;
  #telling: ReturnType<typeof setTimeout> | undefined;

  constructor(wire: Wire, channel: string, channels: readonly ChannelView[] = [], me = '') {
    this.#wire = wire;
    this.#me = me;
    this.channel = channel;
    this.typing = new ChannelTyping(wire, channel);
    this.members = new Members(channel);
    this.#learn(channels);
    this.#stops = [
      wire.on('chat:message', (message) => {
        if (message.channel === channel) this.#dispatch({ type: 'message', message });
      }),
      wire.on('chat:changed', ({ message, change }) => {
        if (message.channel === channel) this.#dispatch({ type: 'changed', message, change });
      }),
      wire.on('chat:deleted', ({ channel: where, seq, change }) => {
        if (where === channel) this.#dispatch({ type: 'deleted', seq, change });
      }),
      wire.on('chat:held', (held) => {
        if (held.channel === channel) this.#dispatch({ type: 'held', held });
      }),
      wire.on('chat:forgotten', ({ channel: where, before }) => {
        if (where === channel) this.#dispatch({ type: 'forgotten', before });
      }),
      wire.on('chat:read', (read) => {
        if (read.channel === channel) this.#dispatch({ type: 'seen', seq: read.seq });
      }),
      wire.on('rights:changed', ({ channels: all }) => this.#learn(all)),
      wire.on('session:hello', ({ person, channels: all }) => {
        this.#me = person.id;
        this.#learn(all);
        void this.catchUp();
      }),
      onHide(() => this.#told < this.model.seen && this.#tell()),
    ];
    if (wire.state === 'connected') void this.catchUp();
  }

  /** Everything after what is known (the last page at first), then what was written meanwhile. */
  async catchUp(): Promise<void> {
    this.#dispatch({ type: 'loading' });
    await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    clearTimeout(this.#retry);
    const behind = (this.#behind ??= this.model.messages.at(-1)?.seq ?? 0);
    try {
      if (behind > 0) await this.#missed();
      await this.#pages(behind);
      const { messages } = await this.#wire.request('chat:waiting', { channel: this.channel });
      this.#dispatch({ type: 'waiting', held: messages });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#dispatch({ type: 'unavailable' });
      if (isForNow(error.code) && !this.#closed) this.#retry = setTimeout(() => void this.#catchUp(), backoff(this.#failures++, Math.random()));
      return;
    }
    this.#behind = null;
    this.#failures = 0;
    for (const one of this.model.pending) void this.#deliver(one.clientId, one);
  }

  async earlier(): Promise<void> {
    const before = this.model.messages[0]?.seq;
    if (before === undefined) return;
    try {
      const page = await this.#wire.request('chat:history', { channel: this.channel, before, limit: PAGE });
      this.#dispatch({ type: 'page', ...page, asked: PAGE, before: true });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
    }
  }

  /** Messages with these words, newest first; null when the server would not say. */
  async find(text: string): Promise<readonly ChatMessage[] | null> {
    this.refused = null;
    try {
      return (await this.#wire.request('chat:search', { text, channel: this.channel })).messages;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.refused = error.code;
      return null;
    }
  }

  /** Loads earlier messages until this one is there. */
  async reach(seq: number): Promise<void> {
    for (let page = 0; page < MOST_PAGES && this.model.earlier && (this.model.messages[0]?.seq ?? 0) > seq; page++) await this.earlier();
  }

  send(draft: Draft): void {
    const clientId = freshId();
    this.#dispatch({ type: 'writing', clientId, draft });
    void this.#deliver(clientId, draft);
  }

  again(clientId: string): void {
    const one = this.model.pending.find((pending) => pending.clientId === clientId);
    if (one === undefined) return;
    this.#dispatch({ type: 'writing', clientId, draft: one });
    void this.#deliver(clientId, one);
  }

  /** True when it was done. */
  async edit(seq: number, text: string, mentions: readonly string[]): Promise<boolean> {
    return (await this.#try('chat:edit', { channel: this.channel, seq, text, mentions: [...mentions] })) === null;
  }

  async remove(seq: number): Promise<void> {
    await this.#try('chat:delete', { channel: this.channel, seq });
  }

  async react(message: ChatMessage, sign: Sign, me: string): Promise<void> {
    const given = message.reactions.some((one) => one.sign === sign && one.people.includes(me));
    await this.#try('chat:react', { channel: this.channel, seq: message.seq, sign, given: !given });
  }

  /** It goes at once, and comes back where that could not be done just now. */
  async decide(id: string, approve: boolean): Promise<void> {
    const held = this.model.held.find((one) => one.id === id);
    this.#dispatch({ type: 'dismiss', id });
    const refused = await this.#try('chat:decide', { channel: this.channel, id, approve });
    if (held !== undefined && refused !== null && (refused === 'offline' || isForNow(refused))) this.#dispatch({ type: 'held', held });
  }

  dismiss(id: string): void {
    this.#dispatch({ type: 'dismiss', id });
  }

  /** Who may write here from now on, or how long messages are kept; it comes back as a change of everybody's rights. */
  async change(change: { mode: Mode } | { keep_days: number | null }): Promise<void> {
    this.refused = null;
    try {
      await api.changeChannel(this.channel, change);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.refused = error.status === 403 ? 'not_allowed' : 'unavailable';
    }
  }

  seen(): void {
    this.#dispatch({ type: 'seen' });
    if (this.model.seen > this.#told) this.#telling ??= setTimeout(() => this.#tell(), READ_MS);
  }

  /** The wire is needed until `readReported`. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    if (this.#telling !== undefined) this.#tell();
    this.typing.close();
    for (const stop of this.#stops) stop();
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    const seq = this.model.seen;
    const report = this.#wire.request('chat:read', { channel: this.channel, seq }).then(
      () => (this.#told = Math.max(this.#told, seq)),
      () => undefined, // the next message, or the next visit, says it again
    );
    reporting(report);
  }

  #learn(channels: readonly ChannelView[]): void {
    this.rights = channels.find((one) => one.channel === this.channel) ?? null;
    if (this.rights === null) return;
    this.#told = Math.max(this.#told, this.rights.seen);
    this.#dispatch({ type: 'seen', seq: this.rights.seen });
  }

  async #missed(): Promise<void> {
    for (let more = true; more; ) {
      const missed = await this.#wire.request('chat:changes', { channel: this.channel, after: this.model.changed });
      this.#dispatch({ type: 'missed', ...missed });
      more = missed.more;
    }
  }

  async #pages(behind: number): Promise<void> {
    const first = behind === 0;
    for (let [after, more] = [behind, true]; more; ) {
      const request = first ? { channel: this.channel, before: Number.MAX_SAFE_INTEGER, limit: PAGE } : { channel: this.channel, after, limit: PAGE };
      const page = await this.#wire.request('chat:history', request);
      this.#dispatch({ type: 'page', ...page, asked: PAGE, before: first });
      after = page.messages.at(-1)?.seq ?? after;
      more = !first && page.messages.length === PAGE;
    }
  }

  async #deliver(clientId: string, { text, replyTo, mentions, attachments }: Draft): Promise<void> {
    this.refused = null;
    try {
      await this.#wire.request('chat:send', { channel: this.channel, text, client_id: clientId, reply_to: replyTo, mentions: [...mentions], attachments: attachments.map(({ id }) => id) });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.code === 'offline') return; // sent again by catchUp
      this.#dispatch({ type: 'failed', clientId });
      if (error.code !== 'timeout') this.refused = error.code;
    }
  }

  /** The word with which it was refused; null: it was done. */
  async #try<E extends 'chat:edit' | 'chat:delete' | 'chat:react' | 'chat:decide'>(event: E, payload: ClientEvents[E]['request']): Promise<RequestCode | null> {
    this.refused = null;
    const refused = await refusalOf(this.#wire.request(event, payload));
    this.refused = refused;
    return refused;
  }

  #dispatch(action: ChatAction): void {
    this.model = reduceChat(this.model, action);
  }
}
