/**
 * A WebSocket that keeps the books: it reports the frames that are sent and swallows the server's acks, so that the stock
 * y-websocket provider runs on it unchanged.
 */
import { ackOf, sentFrame, type SentFrame } from './frames';

export interface SocketObserver {
  /** The socket in use; what a given-up one still says is ignored. */
  current(): WebSocket | null;
  sent(frame: SentFrame): void;
  ack(n: number): void;
  /** Any other message has arrived; the provider reads it next. */
  received(): void;
  closed(code: number): void;
}

/** Return a WebSocket class that tells `observer`. */
export function observedSocket(observer: SocketObserver): typeof WebSocket {
  return class ObservedSocket extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      // Added before the provider sets onmessage, so it runs first and can keep an ack from it.
      this.addEventListener('message', (event: MessageEvent<unknown>) => {
        if (observer.current() !== this) return;
        const n = event.data instanceof ArrayBuffer ? ackOf(new Uint8Array(event.data)) : null;
        if (n === null) observer.received();
        else {
          event.stopImmediatePropagation();
          observer.ack(n);
        }
      });
      this.addEventListener('close', ({ code }) => {
        if (observer.current() === this) observer.closed(code);
      });
    }

    override send(data: Parameters<WebSocket['send']>[0]): void {
      super.send(data);
      if (data instanceof Uint8Array && observer.current() === this) observer.sent(sentFrame(data));
    }
  };
}
