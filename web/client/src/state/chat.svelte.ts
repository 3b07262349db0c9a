/** One channel on a wire: catches up after every reconnect, sends each message until it is stored. */
import type { Wire } from '../protocol/socket';
import { RequestError } from '../protocol/socket';
import { emptyChat, reduceChat, unread, type ChatAction, type ChatModel } from './chat';

const PAGE = 100;

export class ChannelChat {
  model = $state.raw<ChatModel>(emptyChat);
  unread: number = $derived(unread(this.model));
  /** Why the last message was refused for good; null when nothing was. */
  refused = $state<string | null>(null);

  readonly channel: string;
  readonly #wire: Wire;
  readonly #stops: (() => void)[];

  constructor(wire: Wire, channel: string) {
    this.#wire = wire;
    this.channel = channel;
    this.#stops = [
      wire.on('chat:message', (message) => {
        if (message.channel === channel) this.#dispatch({ type: 'message', message });
      }),
      wire.on('chat:deleted', (deleted) => {
        if (deleted.channel === channel) this.#dispatch({ type: 'deleted', seq: deleted.seq });
      }),
      wire.on('session:hello', () => void this.catchUp()),
    ];
    if (wire.state === 'connected') void this.catchUp();
  }

  /** Everything after what is known (the last page at first), then what was written meanwhile. */
  async catchUp(): Promise<void> {
    this.#dispatch({ type: 'loading' });
    try {
      const first = this.model.messages.length === 0;
      let behind = true;
      while (behind) {
        const request = first ? { channel: this.channel, before: Number.MAX_SAFE_INTEGER, limit: PAGE } : { channel: this.channel, after: this.model.messages.at(-1)?.seq ?? 0, limit: PAGE };
        const page = await this.#wire.request('chat:history', request);
        this.#dispatch({ type: 'page', ...page, asked: PAGE, before: first });
        behind = !first && page.messages.length === PAGE;
      }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#dispatch({ type: 'unavailable' });
      return;
    }
    for (const one of this.model.pending) void this.#deliver(one.clientId, one.text);
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

  send(text: string): void {
    const clientId = crypto.randomUUID();
    this.#dispatch({ type: 'writing', clientId, text });
    void this.#deliver(clientId, text);
  }

  again(clientId: string): void {
    const one = this.model.pending.find((pending) => pending.clientId === clientId);
    if (one === undefined) return;
    this.#dispatch({ type: 'writing', clientId, text: one.text });
    void this.#deliver(clientId, one.text);
  }

  async remove(seq: number): Promise<void> {
    this.refused = null;
    try {
      await this.#wire.request('chat:delete', { channel: this.channel, seq });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.refused = error.code;
    }
  }

  seen(): void {
    if (this.model.seen !== this.model.head) this.#dispatch({ type: 'seen' });
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  async #deliver(clientId: string, text: string): Promise<void> {
    this.refused = null;
    try {
      await this.#wire.request('chat:send', { channel: this.channel, text, client_id: clientId });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.code === 'offline') return; // sent again by catchUp
      this.#dispatch({ type: 'failed', clientId });
      if (error.code !== 'timeout') this.refused = error.code;
    }
  }

  #dispatch(action: ChatAction): void {
    this.model = reduceChat(this.model, action);
  }
}
