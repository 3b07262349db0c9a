/**
 * The signalling wire: typed requests with typed results over one Socket.IO connection, and typed pushes.
 * The session cookie says who we are. A request fails with RequestError; it never hangs longer than its deadline.
 */
import { io, type Socket } from 'socket.io-client';
import type { ClientEvents, ErrorBody, Failure, ServerEvents } from './messages';

export type RequestCode = ErrorBody['code'] | 'timeout' | 'offline';
export type WireState = 'connecting' | 'connected' | 'lost' | 'refused';

/** A server that refuses for now is asked again after this. */
const BUSY_MS = 1500;

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
    this.#socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      const busy = error.data?.code === 'unavailable';
      this.#become(this.#socket.active || busy ? 'lost' : 'refused');
      if (busy) this.#later = setTimeout(() => this.#socket.connect(), BUSY_MS);
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
      this.#socket.timeout(deadline).emit(event, payload, (error: Error | null, result: Acked<E>) => {
        if (error === null) resolve(result);
        else reject(new RequestError('timeout', 'no answer in time'));
      });
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
