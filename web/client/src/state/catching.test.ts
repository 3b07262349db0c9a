import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChatHeld, ChatMessage } from '../protocol/messages';
import { RequestError, type RequestCode, type Wire } from '../protocol/socket';
import { ChannelChat } from './chat.svelte';
import { message } from './testing';

vi.stubGlobal('window', { addEventListener: () => undefined, removeEventListener: () => undefined });

/** A server that keeps one channel, and how it answers now. */
class Server {
  messages: ChatMessage[] = [message(1), message(2)];
  held: ChatHeld[] = [];
  refuses: RequestCode | null = null;
  /** Called while a request is on its way. */
  meanwhile: () => void = () => undefined;
  readonly #handlers = new Map<string, (payload: unknown) => void>();
  readonly wire = {
    state: 'connecting',
    on: (event: string, handler: (payload: unknown) => void) => (this.#handlers.set(event, handler), () => undefined),
    request: (event: string, payload: { after?: number; before?: number }) => this.#answer(event, payload),
  } as unknown as Wire;

  hello(): void {
    this.#handlers.get('session:hello')?.({ person: { id: 'me' }, channels: [] });
  }

  write(seq: number, tell: boolean): void {
    this.messages.push(message(seq));
    if (tell) this.#handlers.get('chat:message')?.(message(seq));
  }

  async #answer(event: string, { after, before }: { after?: number; before?: number }): Promise<object> {
    await Promise.resolve();
    this.meanwhile();
    this.meanwhile = () => undefined;
    if (this.refuses !== null) throw new RequestError(this.refuses, '');
    if (event === 'chat:changes') return { messages: [], changed: 0, more: false };
    if (event === 'chat:history') return { messages: this.messages.filter(({ seq }) => (before === undefined ? seq > (after ?? 0) : seq < before)), head: this.messages.length, changed: 0 };
    return { messages: this.held };
  }
}

const numbers = (chat: ChannelChat): number[] => chat.model.messages.map(({ seq }) => seq);
async function met(server: Server): Promise<ChannelChat> {
  const chat = new ChannelChat(server.wire, 'c');
  server.hello();
  await vi.runAllTimersAsync();
  return chat;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('who was away', () => {
  it('misses nothing that was written, also when something comes while they catch up', async () => {
    const server = new Server();
    const chat = await met(server);
    server.write(3, false);
    server.meanwhile = () => server.write(4, true);
    server.hello();
    await vi.runAllTimersAsync();
    expect(numbers(chat)).toEqual([1, 2, 3, 4]);
  });

  it.each(['unavailable', 'timeout', 'overloaded'] as const)('asks again after a server that says "%s", and misses nothing', async (code) => {
    const server = new Server();
    const chat = await met(server);
    server.write(3, false);
    server.refuses = code;
    server.hello();
    await vi.advanceTimersByTimeAsync(5000);
    server.write(4, true);
    server.refuses = null;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(numbers(chat)).toEqual([1, 2, 3, 4]);
  });

  it('sees a channel that could not be read at first', async () => {
    const server = new Server();
    server.refuses = 'unavailable';
    const chat = new ChannelChat(server.wire, 'c');
    server.hello();
    await vi.advanceTimersByTimeAsync(300);
    expect(chat.model.load).toBe('failed');
    server.write(3, true);
    server.refuses = null;
    await vi.advanceTimersByTimeAsync(10_000);
    expect([numbers(chat), chat.model.load]).toEqual([[1, 2, 3], 'ready']);
  });

  it('asks no more where it is refused for good, or has gone', async () => {
    const server = new Server();
    const chat = await met(server);
    server.refuses = 'not_allowed';
    server.hello();
    await vi.advanceTimersByTimeAsync(100);
    expect(vi.getTimerCount()).toBe(0);
    server.refuses = 'unavailable';
    server.hello();
    await vi.advanceTimersByTimeAsync(100);
    expect(vi.getTimerCount()).toBe(1);
    chat.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a message that waits for approval', () => {
  const waiting: ChatHeld = { channel: 'c', id: 'h', client_id: 'x', author: { id: 'a', name: 'A', role: 'pupil' }, text: 'darf ich', at: 1, status: 'waiting', change: 0, attachments: [] };

  it.each([['timeout', ['h']], ['offline', ['h']], ['state', []]] as const)('when deciding is refused with "%s": %j', async (code, there) => {
    const server = new Server();
    server.held = [waiting];
    const chat = await met(server);
    server.refuses = code;
    await chat.decide('h', true);
    expect(chat.model.held.map(({ id }) => id)).toEqual(there);
    expect(chat.refused).toBe(code);
  });
});
