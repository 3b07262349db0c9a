/** Words that travel with a part of the client that is loaded later, not with the join page. */
import { useI18n, type Locale } from './i18n.svelte';

export interface Words<Strings> {
  /** Reactive: read it where it is shown. */
  readonly t: Strings;
  readonly locale: Locale;
}

/** What a component of that part calls to get its words in the language of the interface. */
export function wordsIn<Strings>(catalogues: Readonly<Record<Locale, Strings>>): () => Words<Strings> {
  return () => {
    const i18n = useI18n();
    return {
      get t() {
        return catalogues[i18n.locale];
      },
      get locale() {
        return i18n.locale;
      },
    };
  };
}
