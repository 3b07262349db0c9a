import type { FileFormat } from './api';

/** The German words around files; they avoid addressing anyone. Shape of every language. */
export const de = {
  download: 'Herunterladen als …',
  formats: {
    xlsx: 'Excel (.xlsx)',
    ods: 'LibreOffice (.ods)',
    csv: 'Text mit Trennzeichen (.csv)',
    pptx: 'PowerPoint (.pptx)',
    odp: 'LibreOffice (.odp)',
    pdf: 'PDF zum Drucken (.pdf)',
  } satisfies Record<FileFormat, string>,
  making: 'Die Datei wird erstellt …',
  made: (name: string) => `${name} ist heruntergeladen.`,
  close: 'Schließen',
  title: 'Datei einlesen',
  hint: 'Aus einer Datei von Excel (.xlsx), LibreOffice (.ods) oder einer CSV-Datei wird eine neue Tabelle. Höchstens 8 MB; Formeln kommen mit.',
  file: 'Datei',
  name: 'Titel',
  cancel: 'Abbrechen',
  read: 'Einlesen',
  reading: 'Wird eingelesen …',
  done: 'Die Tabelle ist fertig',
  formulas: (count: number) => (count === 1 ? '1 Formel ist hier unbekannt und kam als Wert mit.' : `${count} Formeln sind hier unbekannt und kamen als Werte mit.`),
  sheets: (count: number) => (count === 1 ? '1 weiteres Blatt kam nicht mit.' : `${count} weitere Blätter kamen nicht mit.`),
  open: 'Öffnen',
  errors: {
    network: 'Keine Verbindung zum Server. Bitte noch einmal versuchen.',
    file_unreadable: 'Die Datei lässt sich nicht lesen. Sie ist beschädigt oder von einer anderen Art.',
    file_locked: 'Die Datei ist mit einem Passwort geschützt oder im alten Format .xls. Bitte ohne Passwort als .xlsx speichern.',
    file_empty: 'In der Datei steht nichts.',
    file_refused: 'Die Datei enthält etwas, das in keine Tabelle gehört, und wurde abgelehnt.',
    file_too_many_cells: 'Die Tabelle ist zu groß: höchstens 20.000 Zeilen, 256 Spalten und 100.000 gefüllte Zellen.',
    too_large: 'Die Datei ist zu groß. Höchstens 8 MB.',
    file_too_large: 'Die Datei ist ausgepackt zu groß.',
    too_heavy: 'Das dauert zu lange oder braucht zu viel Speicher.',
    too_many_cells: 'Für ein PDF ist die Tabelle zu groß: höchstens 10.000 Zellen.',
    too_many_requests: 'Es werden schon zwei Dateien umgewandelt. Bitte kurz warten.',
    heavy_busy: 'Der Server ist gerade ausgelastet. Bitte gleich noch einmal versuchen.',
    pdf_missing: 'Dieser Server kann keine PDF-Dateien erstellen.',
    forbidden: 'Das ist hier nicht erlaubt.',
    not_found: 'Das Dokument ist nicht mehr da.',
    unauthenticated: 'Die Anmeldung ist abgelaufen.',
    failed: 'Das hat nicht geklappt. Bitte noch einmal versuchen.',
  },
};

export type Strings = typeof de;
