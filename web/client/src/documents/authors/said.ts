/** How an author is named and coloured. */
import type { I18n } from '../../i18n/i18n.svelte';
import type { Strings } from '../strings.de';
import type { By } from './book';

export function said(by: By, t: Strings['authors'], i18n: I18n): string {
  const name = by.person === null ? t.unknown : by.person.name;
  return by.at === null ? name : t.by(name, i18n.moment(by.at));
}

export const colourOf = (by: By): string => (by.person === null ? 'var(--muted)' : `var(--person-${by.person.colour + 1})`);
