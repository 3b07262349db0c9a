/** A channel outside a meeting: its chat, who is here, and which other channels there are. */
import type { ChannelView, PresencePerson } from '../protocol/messages';
import { Wire, type WireState } from '../protocol/socket';
import { ChannelChat } from './chat.svelte';
import { withChange } from './presence';

export class ChannelSession {
  net = $state<WireState>('connecting');
  known = $state(false);
  channels = $state.raw<readonly ChannelView[]>([]);
  people = $state.raw<readonly PresencePerson[]>([]);
  readonly chat: ChannelChat;
  readonly #wire = new Wire();

  constructor(id: string) {
    const wire = this.#wire;
    this.chat = new ChannelChat(wire, id);
    wire.watch((state) => (this.net = state));
    wire.on('session:hello', ({ channels }) => this.#learn(channels));
    wire.on('rights:changed', ({ channels }) => this.#learn(channels));
    wire.on('presence:state', (state) => {
      if (state.channel === id) this.people = state.people;
    });
    wire.on('presence:changed', (changed) => {
      if (changed.channel === id) this.people = withChange(this.people, changed);
    });
  }

  close(): void {
    this.chat.close();
    this.#wire.close();
  }

  #learn(channels: readonly ChannelView[]): void {
    this.channels = channels;
    this.known = true;
  }
}
