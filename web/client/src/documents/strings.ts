/** The words of the editors in the language of the interface; they travel with the editors, not with the join page. */
import { useI18n } from '../i18n/i18n.svelte';
import { de, type Strings } from './strings.de';
import { en } from './strings.en';

const CATALOGUES: Readonly<Record<'de' | 'en', Strings>> = { de, en };

export interface Words {
  /** Reactive: read it where it is shown. */
  readonly t: Strings;
  readonly locale: 'de' | 'en';
}

export function useWords(): Words {
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
