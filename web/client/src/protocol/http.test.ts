import { afterEach, describe, expect, it, vi } from 'vitest';
import { api, call } from './http';

function answers(answer: (signal: AbortSignal) => Promise<Response>): void {
  vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => answer(signal as AbortSignal));
}
const late = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
const body = (...parts: (string | Error)[]): Response =>
  new Response(
    new ReadableStream<Uint8Array>({
      pull(out) {
        const next = parts.shift();
        if (next instanceof Error) out.error(next);
        else if (next === undefined) out.close();
        else out.enqueue(new TextEncoder().encode(next));
      },
    }),
  );

afterEach(() => vi.unstubAllGlobals());

describe('a call', () => {
  it('gives what the server says', async () => {
    answers(() => Promise.resolve(body('{"documents":[],"next":null}')));
    expect(await api.documents()).toEqual({ documents: [], next: null });
  });

  it('to a server that is silent ends', async () => {
    answers(late);
    await expect(call('GET', 'me', undefined, 10)).rejects.toMatchObject({ name: 'ApiError', code: 'timeout', status: 0 });
  });

  it.each([
    ['breaks off with a change of the network', body('{"documents":', new TypeError('network error'))],
    ['is not ours, but that of a hotspot', body('<!doctype html><title>Anmelden</title>')],
  ])('whose answer %s was not answered', async (_, response) => {
    answers(() => Promise.resolve(response));
    await expect(api.documents()).rejects.toMatchObject({ name: 'ApiError', code: 'network', status: 0 });
  });

  it('that nobody could carry was not answered', async () => {
    answers(() => Promise.reject(new TypeError('Failed to fetch')));
    await expect(api.documents()).rejects.toMatchObject({ name: 'ApiError', code: 'network', status: 0 });
  });
});
