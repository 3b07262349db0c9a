/** Who writes in one channel: says that I do, at most every few seconds, and forgets others when they are silent. */
import type { TypistView } from '../protocol/messages';
import type { Wire } from '../protocol/socket';
import { RequestError } from '../protocol/socket';

const AGAIN_MS = 3000;
const FORGET_MS = 6000;

export class ChannelTyping {
  people = $state.raw<readonly TypistView[]>([]);
  readonly #wire: Wire;
  readonly #channel: string;
  readonly #stops: (() => void)[];
  #said = 0;
  #forget: ReturnType<typeof setTimeout> | undefined;

  constructor(wire: Wire, channel: string) {
    this.#wire = wire;
    this.#channel = channel;
    this.#stops = [
      wire.on('chat:typing', (news) => {
        if (news.channel === channel) this.#show(news.people);
      }),
      wire.on('chat:message', (message) => {
        if (message.channel === channel && this.people.length > 0) this.#show(this.people.filter((one) => one.person !== message.author.id));
      }),
    ];
  }

  /** The text has changed under my hands. */
  wrote(text: string): void {
    if (text.trim() === '') this.stopped();
    else if (Date.now() - this.#said > AGAIN_MS) this.#say(true);
  }

  stopped(): void {
    if (this.#said !== 0) this.#say(false);
  }

  close(): void {
    this.stopped();
    clearTimeout(this.#forget);
    for (const stop of this.#stops) stop();
  }

  #say(typing: boolean): void {
    this.#said = typing ? Date.now() : 0;
    this.#wire.request('chat:typing', { channel: this.#channel, typing }).catch((error: unknown) => {
      if (!(error instanceof RequestError)) throw error; // nobody waits for it
    });
  }

  #show(people: readonly TypistView[]): void {
    this.people = people;
    clearTimeout(this.#forget);
    if (people.length > 0) this.#forget = setTimeout(() => (this.people = []), FORGET_MS);
  }
}
