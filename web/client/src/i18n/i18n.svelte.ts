import { getContext, setContext } from 'svelte';
import { part } from '../state/parts';
import type { Catalogue } from './de';

export type Locale = 'de' | 'en';
/** How German speaks to the person: pupils "du", adults "Sie". Never both on one screen. */
export type Address = 'du' | 'Sie';
type Build = (address: Address) => Catalogue;

const KEY = Symbol('i18n');
const STORED = 'kreide.locale';
/** Times of a school day are told in 24 hours in both languages. */
const REGION: Record<Locale, string> = { de: 'de-DE', en: 'en-GB' };

const load: Record<Locale, () => Promise<Build>> = {
  de: async () => (await import('./de')).de,
  en: async () => (await import('./en')).en,
};

/** The language of the interface: one instance in the context of the app, made by main.ts. */
export class I18n {
  #build = $state.raw<Build>() as Build;
  locale = $state<Locale>('de');
  address = $state<Address>('Sie');
  /** The catalogue in the present language and form of address. */
  t: Catalogue = $derived(this.#build(this.address));

  private constructor(build: Build, locale: Locale) {
    this.#build = build;
    this.locale = locale;
  }

  static async start(wanted: Locale): Promise<I18n> {
    return new I18n(await part(load[wanted]), wanted);
  }

  async choose(locale: Locale): Promise<void> {
    this.#build = await part(load[locale]);
    this.locale = locale;
    localStorage.setItem(STORED, locale);
    document.documentElement.lang = locale;
  }

  time(value: number | Date): string {
    return new Intl.DateTimeFormat(REGION[this.locale], { hour: '2-digit', minute: '2-digit' }).format(new Date(value));
  }

  /** "09:50–10:35". */
  span(from: number, to: number): string {
    return `${this.time(from)}–${this.time(to)}`;
  }

  /** The time, with the date where it was not today. */
  moment(value: number): string {
    const today = new Date(value).toDateString() === new Date().toDateString();
    return today ? this.time(value) : `${this.date(value)}, ${this.time(value)}`;
  }

  /** A time to come: within a day only the clock, later with the day of the week. */
  soon(value: number): string {
    if (value - Date.now() < 24 * 3_600_000) return this.time(value);
    return new Intl.DateTimeFormat(REGION[this.locale], { weekday: 'long', hour: '2-digit', minute: '2-digit' }).format(new Date(value));
  }

  day(value: number | Date): string {
    return new Intl.DateTimeFormat(REGION[this.locale], { weekday: 'long', day: 'numeric', month: 'long' }).format(new Date(value));
  }

  date(value: number | Date): string {
    return new Intl.DateTimeFormat(REGION[this.locale], { day: 'numeric', month: 'long' }).format(new Date(value));
  }
}

/** What the person chose before, else what the browser asks for; German where it asks for neither. */
export function preferredLocale(stored: string | null = localStorage.getItem(STORED), languages: readonly string[] = navigator.languages): Locale {
  if (stored === 'de' || stored === 'en') return stored;
  for (const language of languages) {
    if (language.startsWith('de')) return 'de';
    if (language.startsWith('en')) return 'en';
  }
  return 'de';
}

export function provideI18n(i18n: I18n): void {
  setContext(KEY, i18n);
}

export function useI18n(): I18n {
  return getContext<I18n>(KEY);
}
