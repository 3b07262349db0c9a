/** The words of planning meetings and learning groups, which load with their dialogs; staff only, so German says "Sie". */
import { wordsIn } from '../../i18n/words';

const de = {
  title: 'Treffen planen',
  kind: 'Art',
  about: { lesson: 'Mit den Schüler/innen einer Klasse', consultation: 'Mit den Familien einer Klasse, einzeln aus dem Warteraum', conference: 'Im Kollegium' },
  name: 'Titel',
  group: 'Klasse oder Lerngruppe',
  staff: 'Das ganze Kollegium',
  nobody: 'Keine, nur einzelne Personen',
  day: 'Tag',
  from: 'Von',
  until: 'Bis',
  documents: 'Dokumente bereitlegen',
  lobby: 'Alle warten zuerst im Warteraum',
  make: 'Planen',
  wrongTimes: 'Das Ende liegt vor dem Anfang.',
  changeTitle: 'Treffen ändern',
  save: 'Speichern',
  invited: 'Einzeln Eingeladene',
  told: 'Alle Eingeladenen sehen in ihrem Plan, dass das Treffen verschoben ist.',
  people: {
    search: 'Person suchen', ofClass: 'Aus der Klasse', noClass: 'Keine', hint: 'Ab zwei Buchstaben eines Namens wird gesucht.', nobody: 'Niemand gefunden.', all: 'Alle sind schon dabei.', found: (count: number) => (count === 1 ? '1 Person gefunden' : `${count} Personen gefunden`),
    add: 'hinzufügen', remove: (name: string) => `${name} entfernen`, addPupils: 'Alle Schüler/innen hinzufügen',
  },
  keeping: { new: 'Neue Lerngruppe', change: 'Lerngruppe ändern', name: 'Name', hint: 'Zum Beispiel „Robotik-AG“. Der Chat der Gruppe heißt ebenso.', members: 'Mitglieder', make: 'Anlegen' },
};
const en: typeof de = {
  title: 'Plan a meeting',
  kind: 'Kind',
  about: { lesson: 'With the pupils of a class', consultation: 'With the families of a class, one by one from the lobby', conference: 'Among the staff' },
  name: 'Title',
  group: 'Class or learning group',
  staff: 'The whole staff',
  nobody: 'None, only single people',
  day: 'Day',
  from: 'From',
  until: 'Until',
  documents: 'Lay out documents',
  lobby: 'Everybody waits in the lobby first',
  make: 'Plan',
  wrongTimes: 'The end is before the start.',
  changeTitle: 'Change the meeting',
  save: 'Save',
  invited: 'Invited one by one',
  told: 'Everybody who is invited sees in their plan that the meeting was moved.',
  people: {
    search: 'Find a person', ofClass: 'From the class', noClass: 'None', hint: 'Two letters of a name are enough to search.', nobody: 'Nobody found.', all: 'Everybody is in it already.', found: (count: number) => (count === 1 ? '1 person found' : `${count} people found`),
    add: 'add', remove: (name: string) => `Remove ${name}`, addPupils: 'Add all pupils',
  },
  keeping: { new: 'New learning group', change: 'Change the learning group', name: 'Name', hint: 'For example “Robotics club”. Its chat is called the same.', members: 'Members', make: 'Create' },
};

export const useWords = wordsIn({ de, en });
