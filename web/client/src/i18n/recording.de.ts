/** Recording, in German. */
export function recording(du: boolean) {
  return {
    recording: {
      runs: 'Aufnahme läuft', off: 'Keine Aufzeichnung', start: 'Aufnahme starten', stop: 'Aufnahme beenden', notEncrypted: 'Aufnehmen geht nicht: Das Treffen ist verschlüsselt',
      begun: (name: string) => `${name} hat eine Aufnahme gestartet.`,
      ask: du ? 'Darf aufgenommen werden, was du sagst und zeigst? Wenn du nichts antwortest, wirst du nicht aufgenommen.' : 'Darf aufgenommen werden, was Sie sagen und zeigen? Wenn Sie nichts antworten, werden Sie nicht aufgenommen.',
      keep: du ? 'Ein Nein hat keine Folgen, und ein Ja kannst du jederzeit zurücknehmen.' : 'Ein Nein hat keine Folgen, und ein Ja können Sie jederzeit zurücknehmen.',
      no: 'Nein', yes: 'Ja, ich stimme zu', mine: du ? 'Du wirst aufgenommen.' : 'Sie werden aufgenommen.', notMine: du ? 'Du wirst nicht aufgenommen.' : 'Sie werden nicht aufgenommen.', agree: 'Doch zustimmen', withdraw: 'Nicht mehr aufnehmen',
      eraseQuestion: du ? 'Du wirst nicht mehr aufgenommen. Was bisher von dir aufgenommen wurde:' : 'Sie werden nicht mehr aufgenommen. Was bisher von Ihnen aufgenommen wurde:', erase: 'Sofort löschen', keepIt: 'Behalten', erased: 'Gelöscht.',
      count: (agreed: number, present: number) => `${agreed} von ${present} haben zugestimmt`, gaps: 'Die Aufnahme hat Lücken: Der Server schreibt zu langsam.',
      ended: 'Die Aufnahme ist beendet.',
      why: { stopped: 'Niemand wird mehr aufgenommen.', ended: 'Das Treffen ist zu Ende.', full: 'Der Speicher des Servers ist voll.', broken: 'Grund ist ein Fehler. Was bis dahin aufgenommen wurde, ist da.', no_leader: 'Niemand leitet das Treffen mehr.', moved: 'Der Raum ist auf einen anderen Server umgezogen.' },
    },
    recordings: {
      title: 'Aufnahmen', open: 'Aufnahmen', intro: (days: number) => `Aufnahmen werden nach ${days} Tagen von selbst gelöscht.`, own: du ? 'Du siehst hier, was von dir aufgenommen wurde.' : 'Sie sehen hier, was von Ihnen aufgenommen wurde.', led: 'Alles aus Treffen unter eigener Leitung steht auch hier.',
      empty: 'Es gibt keine Aufnahmen.', off: 'Auf diesem Server wird nichts aufgenommen.', running: 'läuft noch', until: (date: string) => `wird am ${date} gelöscht`, unnamed: 'Treffen',
      camera: 'Kamera und Mikro', screen: 'Bildschirm', me: du ? 'du' : 'Sie', download: 'Herunterladen', downloadOf: (name: string, what: string) => `${name}, ${what}: herunterladen`, delete: 'Löschen', deleteOf: (name: string, what: string) => `${name}, ${what}: löschen`,
      deleteAll: 'Ganze Aufnahme löschen', sure: 'Endgültig löschen?', sureText: 'Die Datei wird sofort vom Server gelöscht und lässt sich nicht zurückholen.', sureAll: 'Alle Dateien dieser Aufnahme werden sofort vom Server gelöscht und lassen sich nicht zurückholen.', deleted: 'Gelöscht.',
      minutes: (minutes: number) => (minutes < 1 ? 'unter 1 min' : `${minutes} min`), gaps: 'mit Lücken', nothing: du ? 'Von dir ist noch nichts fertig.' : 'Noch ist keine Datei fertig.',
    },
    recordingErrors: {
      recording_encrypted: 'Ein verschlüsseltes Treffen lässt sich nicht aufnehmen.', recording_off: 'Auf diesem Server wird nichts aufgenommen.', recording_full: 'Der Speicher des Servers ist fast voll. Es lässt sich nichts aufnehmen.', recording_runs: 'Die Aufnahme läuft noch. Bitte erst beenden.',
    },
  };
}
