import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { I18n } from '../i18n/i18n.svelte';
import { App } from './app.svelte';

let answer: () => Promise<Response>;
const refuse = (status: number): Promise<Response> => Promise.resolve(new Response('{}', { status }));
const PERSON = { id: 'pupil1', school: 's', role: 'pupil', name: 'Amira' } as const;

beforeEach(() => {
  vi.stubGlobal('location', { pathname: '/', search: '' });
  vi.stubGlobal('history', { pushState: (_: unknown, __: unknown, path: string) => (location.pathname = path.split('?')[0] ?? '') });
  vi.stubGlobal('window', { addEventListener: () => undefined });
  vi.stubGlobal('scrollTo', () => undefined);
  vi.stubGlobal('fetch', () => answer());
});
afterEach(() => vi.unstubAllGlobals());

function loggedIn(): App {
  const app = new App({} as I18n);
  app.is(PERSON);
  return app;
}

describe('logging out', () => {
  it.each([[204, () => Promise.resolve(new Response(null, { status: 204 }))], [401, () => refuse(401)]] as const)('is done with %i', async (_, given) => {
    answer = given;
    const app = loggedIn();
    await app.logout();
    expect([app.person, app.problem, app.route.page]).toEqual([null, null, 'login']);
  });

  it('that did not reach the server is told of, and tried again', async () => {
    answer = () => Promise.reject(new TypeError('Failed to fetch'));
    const app = loggedIn();
    await app.logout();
    expect([app.person, app.problem]).toEqual([PERSON, expect.objectContaining({ code: 'network' })]);
    answer = () => Promise.resolve(Response.json({ person: PERSON }));
    await app.recognise();
    expect([app.person, app.problem, app.route.page]).toEqual([PERSON, null, 'home']);
  });
});
