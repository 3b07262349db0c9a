import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sendFile, type Sending } from './uploads';

/** A request that the test carries on its way. */
class Request {
  static last: Request;
  upload: { onprogress?: (event: object) => void; onload?: () => void } = {};
  onload?: () => void;
  onabort?: () => void;
  onloadend?: () => void;
  status = 0;
  response: object | null = null;
  open = () => undefined;
  setRequestHeader = () => undefined;
  send = () => void (Request.last = this);
  abort(): void {
    this.onabort?.();
    this.onloadend?.();
  }
  answer(): void {
    [this.status, this.response] = [201, { id: 'f' }];
    this.onload?.();
    this.onloadend?.();
  }
  goOn = (loaded: number) => this.upload.onprogress?.({ loaded, total: 100 });
}

let sending: Sending;
let outcome: string;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('XMLHttpRequest', Request);
  sending = sendFile(new Blob(['x']), 'x.txt', { channel: 'c' });
  outcome = '';
  sending.done.then(({ id }) => (outcome = id), (error: { code: string }) => (outcome = error.code));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a file on its way', () => {
  it('takes as long as it takes while it goes on', async () => {
    for (let loaded = 1; loaded <= 100; loaded++) {
      await vi.advanceTimersByTimeAsync(20_000);
      Request.last.goOn(loaded);
    }
    Request.last.upload.onload?.();
    await vi.advanceTimersByTimeAsync(120_000);
    Request.last.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect([outcome, vi.getTimerCount()]).toEqual(['f', 0]);
  });

  it('is given up where the connection is dead, so that it can be sent again', async () => {
    Request.last.goOn(40);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(outcome).toBe('network');
  });

  it('is given up where no answer comes', async () => {
    Request.last.upload.onload?.();
    await vi.advanceTimersByTimeAsync(200_000);
    expect(outcome).toBe('network');
  });

  it('is taken back by the person', async () => {
    sending.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect([outcome, vi.getTimerCount()]).toEqual(['aborted', 0]);
  });
});
