/** Who uses this browser and where they are: one instance, made by main.ts, handed down as context. */
import { getContext, setContext } from 'svelte';
import { forgetDocuments } from '../documents/device';
import type { I18n } from '../i18n/i18n.svelte';
import { api, ApiError, type Person } from '../protocol/http';
import { parseRoute, pathOf, type Route } from './route';

const KEY = Symbol('app');

export class App {
  route = $state.raw<Route>(parseRoute(location.pathname, location.search));
  person = $state.raw<Person | null>(null);
  /** What kept us from knowing who it is; a missing session is none. */
  problem = $state.raw<unknown>(null);
  known = $state(false);
  readonly i18n: I18n;

  constructor(i18n: I18n) {
    this.i18n = i18n;
    window.addEventListener('popstate', () => this.#arrive());
  }

  /** Asks the server who this is; without a session the login page takes over. */
  async recognise(): Promise<void> {
    this.problem = null;
    try {
      this.is((await api.me()).person);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status !== 401) this.problem = error;
    }
    this.known = true;
  }

  is(person: Person | null): void {
    this.person = person;
    this.known = true;
    this.i18n.address = person?.role === 'pupil' ? 'du' : 'Sie';
  }

  go(route: Exclude<Route, { page: 'missing' }>, replace = false): void {
    const path = pathOf(route);
    if (replace) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
    this.#arrive();
  }

  /** Follows a link of ours without loading the page anew. */
  follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.target !== '' || link.origin !== location.origin || link.hash !== '' || link.hasAttribute('download')) return;
    const route = parseRoute(link.pathname, link.search);
    if (route.page === 'missing') return;
    event.preventDefault();
    this.go(route);
  }

  /** The session is over (elsewhere, or by time): log in and come back here. */
  expired(): void {
    this.is(null);
    this.go({ page: 'login', next: location.pathname }, true);
  }

  /** Nobody leaves a device in the belief that they are logged out of it when they are not. */
  async logout(): Promise<void> {
    this.go({ page: 'home' });
    try {
      await api.logout();
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) {
        this.problem = error;
        return;
      }
    }
    this.is(null);
    await forgetDocuments();
    this.go({ page: 'login', next: '/' });
  }

  #arrive(): void {
    this.route = parseRoute(location.pathname, location.search);
    scrollTo(0, 0);
  }
}

export function provideApp(app: App): void {
  setContext(KEY, app);
}

export function useApp(): App {
  return getContext<App>(KEY);
}
