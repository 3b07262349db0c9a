/** The words of the start page that only come with it. They address nobody. */
import { wordsIn } from '../../i18n/words';

const de = {
  cancelled: 'fällt aus',
  moved: 'verschoben',
  was: (when: string) => `statt ${when}`,
  movedTo: (when: string) => `jetzt ${when}`,
  more: (title: string) => `Mehr zu ${title}`,
  change: 'Ändern',
  cancel: 'Absagen',
  groups: 'Gruppen vorbereiten',
  restore: 'Findet doch statt',
  newGroup: 'Neue Lerngruppe',
  keep: (title: string) => `Lerngruppe ${title} ändern`,
  toGroupChat: 'Chat der Lerngruppe',
  classesAndGroups: 'Meine Klassen und Lerngruppen',
  noGroups: 'Noch keine Klasse und keine Lerngruppe.',
  showMore: 'Mehr zeigen',
  until: (day: string) => `Das ist alles bis ${day}.`,
  findDocument: 'Dokument suchen',
  noDocument: 'Kein Dokument mit diesem Titel.',
  found: (count: number) => (count === 1 ? '1 Dokument gefunden' : `${count} Dokumente gefunden`),
};
const en: typeof de = {
  cancelled: 'cancelled',
  moved: 'moved',
  was: (when: string) => `was ${when}`,
  movedTo: (when: string) => `now ${when}`,
  more: (title: string) => `More about ${title}`,
  change: 'Change',
  cancel: 'Call off',
  groups: 'Prepare groups',
  restore: 'Takes place after all',
  newGroup: 'New learning group',
  keep: (title: string) => `Change the learning group ${title}`,
  toGroupChat: 'Chat of the learning group',
  classesAndGroups: 'My classes and learning groups',
  noGroups: 'No class and no learning group yet.',
  showMore: 'Show more',
  until: (day: string) => `That is all until ${day}.`,
  findDocument: 'Find a document',
  noDocument: 'No document with this title.',
  found: (count: number) => (count === 1 ? '1 document found' : `${count} documents found`),
};

export const useWords = wordsIn({ de, en });
