/** The words of the settings; they avoid addressing anyone, so they fit "du" and "Sie". */
export const de = {
  title: 'Einstellungen', saved: 'Gespeichert', saving: 'Speichert …', notSaved: 'Nicht gespeichert', failed: 'Die Einstellungen ließen sich nicht laden.',
  mine: 'Was andere sehen', away: 'Abwesend', awayHint: 'Alle sehen „abwesend“, bis der Schalter wieder aus ist.', typing: 'Zeigen, wenn ich schreibe', typingHint: 'Sonst steht nie „schreibt …“ da.',
  quiet: 'Ruhezeit', quietHint: 'In dieser Zeit gibt es keine Hinweise. Wer schreibt, sieht, bis wann. Die Nachrichten kommen trotzdem an.',
  useQuiet: 'Ruhezeit einhalten', from: 'Von', until: 'Bis', weekends: 'Auch das ganze Wochenende', zone: (zone: string) => `Uhrzeiten in der Zeitzone der Schule (${zone})`, sameTime: 'Anfang und Ende sind gleich: Es gibt dann keine Ruhezeit.',
  school: 'Schule', direct: 'Direktnachrichten', policy: { staff: 'Nur im Kollegium', teachers: 'Mit den eigenen Lehrkräften', everyone: 'In der ganzen Schule' },
  policyHint: {
    staff: 'Lehrkräfte und Schulleitung schreiben einander. Schülerinnen, Schüler und Familien nicht.',
    teachers: 'Außerdem: Schülerinnen und Schüler mit denen, die sie unterrichten; Familien mit den Lehrkräften ihrer Kinder und der Schulleitung.',
    everyone: 'Außerdem: alle mit allen Lehrkräften, Schülerinnen und Schüler einer Klasse oder Lerngruppe untereinander, Familien mit ihren Kindern. Fremde Familien einander nie.',
  },
  keep: 'Direktnachrichten aufbewahren', keepHint: 'Was älter ist, wird gelöscht, auch was schon geschrieben ist.',
  videoCodec: 'Bildformat der Kameras', codec: { vp8: 'VP8: läuft überall', h264: 'H.264: schont alte Tablets und Notebooks', vp9: 'VP9: spart Bandbreite, für neuere Geräte', av1: 'AV1: spart am meisten, nur für starke, neue Geräte' }, codecUsual: (codec: string) => `Wie der Server (${codec.replace(/:.*/, '')})`, codecHint: 'Gilt für Treffen, die danach beginnen. Wer das Format nicht senden kann, sendet VP8; wer es nicht zeigen kann, liest das an der Stelle des Bildes. Verschlüsselte Treffen bleiben bei VP8.',
  cap: 'Bilder und Ton für jede Person (kbit/s)', capHint: 'Höchstens so viel schickt der Server jedem in einem Treffen; weniger macht Bilder kleiner, wenn viele an einem Anschluss hängen. Gilt für Treffen, die danach beginnen.', capUsual: (kbit: number) => `Ohne eigene Angabe gelten die ${kbit.toLocaleString('de-DE')} kbit/s des Servers; mehr geht nicht.`,
  whole: (from: number, to: number) => `Bitte eine ganze Zahl von ${from.toLocaleString('de-DE')} bis ${to.toLocaleString('de-DE')}. Leer gilt die Angabe des Servers.`,
  historyDays: 'Änderungen an Dokumenten aufbewahren (Tage)', historyHint: '1 bis 365 Tage lang lässt sich jede einzelne Änderung ansehen, mit Namen. Danach bleibt der Stand am Ende jedes Tages. Kürzer gilt auch für das, was es schon gibt, spätestens am nächsten Tag.', historyUsual: (days: number) => `Ohne eigene Angabe gelten die ${days} Tage des Servers.`, timeZone: 'Zeitzone',
  password: 'Passwort', oldPassword: 'Bisheriges Passwort', newPassword: 'Neues Passwort', passwordHint: (shortest: number) => `Mindestens ${shortest} Zeichen. Andere Geräte werden abgemeldet.`, changePassword: 'Passwort ändern', wrongOld: 'Das bisherige Passwort stimmt nicht.',
};

export type Strings = typeof de;
