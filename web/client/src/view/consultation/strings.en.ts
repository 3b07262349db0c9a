/** English words of a consultation. */
import type { Strings } from './strings.de';

export const en: Strings = {
  title: 'Lobby',
  nobody: 'Nobody is waiting.',
  waits: (name) => `${name} is waiting`,
  since: (minutes) => (minutes === 0 ? 'since just now' : `for ${minutes} min`),
  others: (count) => `and ${count} more`,
  admit: (name) => `Let ${name} in`,
  next: (name) => `End this talk and let ${name} in`,
};
