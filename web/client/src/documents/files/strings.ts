/** The words around files, apart from those of the editors: the start page needs only these. */
import { useI18n } from '../../i18n/i18n.svelte';
import { ApiError } from '../../protocol/http';
import { de, type Strings } from './strings.de';
import { en } from './strings.en';

const CATALOGUES: Readonly<Record<'de' | 'en', Strings>> = { de, en };

export interface FileWords {
  /** Reactive: read it where it is shown. */
  readonly t: Strings;
  readonly locale: 'de' | 'en';
}

export function useFileWords(): FileWords {
  const i18n = useI18n();
  return {
    get t() {
      return CATALOGUES[i18n.locale];
    },
    get locale() {
      return i18n.locale;
    },
  };
}

/** What to tell a person of something that went wrong. */
export function explain(error: unknown, words: Strings): string {
  if (!(error instanceof ApiError)) throw error;
  return words.errors[error.code as keyof Strings['errors']] ?? words.errors.failed;
}
