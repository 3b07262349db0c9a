/** The words of planning a meeting, which load with its dialog; staff only, so German says "Sie". */
import { wordsIn } from '../../i18n/words';

const de = {
  title: 'Treffen planen',
  kind: 'Art',
  about: { lesson: 'Mit den Schüler/innen einer Klasse', consultation: 'Mit den Familien einer Klasse, einzeln aus dem Warteraum', conference: 'Im Kollegium' },
  name: 'Titel',
  group: 'Klasse oder Lerngruppe',
  staff: 'Das ganze Kollegium',
  nobody: 'Keine, nur Gäste mit Link',
  day: 'Tag',
  from: 'Von',
  until: 'Bis',
  documents: 'Dokumente bereitlegen',
  lobby: 'Alle warten zuerst im Warteraum',
  make: 'Planen',
  wrongTimes: 'Das Ende liegt vor dem Anfang.',
};
const en: typeof de = {
  title: 'Plan a meeting',
  kind: 'Kind',
  about: { lesson: 'With the pupils of a class', consultation: 'With the families of a class, one by one from the lobby', conference: 'Among the staff' },
  name: 'Title',
  group: 'Class or learning group',
  staff: 'The whole staff',
  nobody: 'None, only guests with a link',
  day: 'Day',
  from: 'From',
  until: 'Until',
  documents: 'Lay out documents',
  lobby: 'Everybody waits in the lobby first',
  make: 'Plan',
  wrongTimes: 'The end is before the start.',
};

export const useWords = wordsIn({ de, en });
