/** A channel or conversation outside a meeting: its chat, and all the others beside it; without one only the list. */
import { Wire, type WireState } from '../protocol/socket';
import { ChannelChat } from './chat.svelte';
import { tellIdle } from './idle';
import { readReported } from './reading';
import { Talks } from './talks.svelte';

export class ChannelSession {
  net = $state<WireState>('connecting');
  readonly talks: Talks;
  readonly chat: ChannelChat | null;
  readonly #wire = new Wire();
  readonly #stop: () => void;

  constructor(id: string | null) {
    const wire = this.#wire;
    this.talks = new Talks(wire);
    this.chat = id === null ? null : new ChannelChat(wire, id);
    this.#stop = tellIdle(wire);
    wire.watch((state) => (this.net = state));
  }

  close(): void {
    this.#stop();
    this.chat?.close();
    this.talks.close();
    void readReported().then(() => this.#wire.close());
  }
}
