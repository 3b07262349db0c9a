/**
 * The signalling wire: typed requests with typed results over one Socket.IO connection, and typed pushes.
 * The session cookie says who we are. A request fails with RequestError; it never hangs longer than its deadline, which
 * begins anew each time the server says that others come in before us: whoever dialled again would lose their place.
 */
import { io, type Socket } from 'socket.io-client';
import type { ClientEvents, ErrorBody, Failure, ServerEvents } from './messages';

export type RequestCode = ErrorBody['code'] | 'timeout' | 'offline';
export type WireState = 'connecting' | 'connected' | 'lost' | 'refused';

/** Whom the server refuses with one of these it will refuse the next time as well; everything else is its trouble, and passes. */
const FOR_GOOD: ReadonlySet<string | undefined> = new Set(['unauthenticated', 'bad_ticket', 'foreign_origin', 'not_found']);
/** A server that refuses for now is asked again after this, unless it says when, with a moment of chance of ours. */
const BUSY_MS = 1500;
/** The longest that a request waits in all while the server says that I wait for my turn. */
const LONGEST_MS = 600_000;

type ClientEvent = keyof ClientEvents;
type ServerEvent = keyof ServerEvents;
type Acked<E extends ClientEvent> = ClientEvents[E]['result'] | Failure;

export class RequestError extends Error {
  constructor(
    readonly code: RequestCode,
    text: string,
  ) {
    super(text);
    this.name = 'RequestError';
  }
}

function isFailure(value: object): value is Failure {
  return 'error' in value;
}

export class Wire {
  readonly #socket: Socket;
  readonly #watchers = new Set<(state: WireState) => void>();
  readonly #waiting = new Set<() => void>();
  #state: WireState = 'connecting';
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#socket = io({
      transports: ['websocket'],
      reconnectionDelay: 300,
      reconnectionDelayMax: 2500,
      randomizationFactor: 0.5,
      timeout: 8000,
    });
    this.#socket.on('connect', () => this.#become('connected'));
    this.#socket.on('connect_error', (error: Error & { data?: { code?: string; again?: number } }) => {
      const forGood = FOR_GOOD.has(error.data?.code);
      const again = error.data?.again === undefined ? BUSY_MS : error.data.again * 1000;
      this.#become(forGood ? 'refused' : 'lost');
      if (!forGood && !this.#socket.active) this.#later = setTimeout(() => this.#socket.connect(), again * (1 + Math.random() / 2));
    });
    this.#socket.on('session:wait', () => {
      for (const begin of this.#waiting) begin();
    });
    this.#socket.on('disconnect', (reason) => {
      this.#become('lost');
      if (reason === 'io server disconnect') this.#socket.connect();
    });
    window.addEventListener('online', this.#online);
  }

  get state(): WireState {
    return this.#state;
  }

  async request<E extends ClientEvent>(event: E, payload: ClientEvents[E]['request'], deadline = 8000): Promise<ClientEvents[E]['result']> {
    if (!this.#socket.connected) throw new RequestError('offline', 'no connection');
    const answer = await new Promise<Acked<E>>((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const end = (error: unknown, result?: Acked<E>): void => {
        clearTimeout(timer);
        this.#waiting.delete(begin);
        if (error === null && result !== undefined) resolve(result);
        else reject(new RequestError('timeout', 'no answer in time'));
      };
      const begin = (): void => {
        clearTimeout(timer);
        timer = setTimeout(end, deadline, 'late');
      };
      this.#waiting.add(begin);
      begin();
      this.#socket.timeout(LONGEST_MS).emit(event, payload, end);
    });
    if (isFailure(answer)) throw new RequestError(answer.error.code, answer.error.text);
    return answer;
  }

  /** Calls `handler` at each push; returns how to stop that. */
  on<E extends ServerEvent>(event: E, handler: (payload: ServerEvents[E]) => void): () => void {
    const listener = handler as (...args: unknown[]) => void;
    this.#socket.on(event as string, listener);
    return () => this.#socket.off(event as string, listener);
  }

  watch(handler: (state: WireState) => void): () => void {
    this.#watchers.add(handler);
    return () => this.#watchers.delete(handler);
  }

  /** Drops a connection that is silently dead and dials again at once. */
  redial(): void {
    this.#socket.disconnect().connect();
  }

  close(): void {
    window.removeEventListener('online', this.#online);
    clearTimeout(this.#later);
    this.#watchers.clear();
    this.#socket.disconnect();
  }

  readonly #online = (): void => {
    if (this.#state !== 'connected') this.redial();
  };

  #become(state: WireState): void {
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher(state);
  }
}
