/** Conversations, how people are, and settings, in German. */
export function talks(du: boolean) {
  return {
    talks: {
      title: 'Gespräche', directs: 'Direktnachrichten', channels: 'Klassen und Treffen', new: 'Nachricht schreiben', all: 'Alle Gespräche', choose: du ? 'Wähl ein Gespräch aus.' : 'Wählen Sie ein Gespräch aus.',
      noDirects: 'Noch keine Direktnachrichten.', noChannels: du ? 'Du gehörst noch zu keinem Chat.' : 'Sie gehören noch zu keinem Chat.', failed: 'Die Gespräche ließen sich nicht laden.',
      whom: 'An wen?', search: 'Name', hint: du ? 'Gezeigt werden alle, denen du schreiben darfst.' : 'Gezeigt werden alle, denen Sie schreiben dürfen.', nobody: 'Niemand mit diesem Namen, oder kein Gespräch möglich.', nobodyAtAll: 'An dieser Schule sind Direktnachrichten für diese Rolle nicht vorgesehen.',
      found: (count: number) => (count === 1 ? '1 Person gefunden' : `${count} Personen gefunden`), guardianOf: (names: string) => `Familie von ${names}`,
      write: (name: string) => `Nachricht an ${name}`, writeTo: (name: string) => `${name} schreiben`, private: 'Hier lesen nur zwei Personen mit.', back: 'Zurück zu den Personen', direct: 'Direkt', more: (name: string) => `Mehr zum Gespräch mit ${name}`,
      block: 'Keine Nachrichten mehr annehmen', unblock: 'Nachrichten wieder annehmen',
      closed: {
        school: 'Nach den Regeln der Schule ist hier kein Schreiben mehr möglich. Was geschrieben wurde, bleibt lesbar.',
        blocking: du ? 'Du nimmst von dieser Person keine Nachrichten an.' : 'Sie nehmen von dieser Person keine Nachrichten an.',
        blocked: 'Diese Person nimmt keine Nachrichten an. Was geschrieben wurde, bleibt lesbar.', gone: 'Dieses Konto wird nicht mehr benutzt. Was geschrieben wurde, bleibt lesbar.',
      },
      quiet: (name: string, until: string) => `${name} hat Ruhezeit bis ${until}. Die Nachricht kommt trotzdem an, ohne Ton.`,
      typing: (names: readonly string[], more: number) => (more > 0 ? `${names.join(', ')} und ${more} weitere schreiben …` : names.length === 1 ? `${names[0] ?? ''} schreibt …` : `${names.join(' und ')} schreiben …`),
    },
    presence: { here: 'da', away: 'abwesend', lesson: 'in einem Treffen', quiet: 'Ruhezeit', quietUntil: (until: string) => `Ruhezeit bis ${until}`, unknown: 'unklar, ob noch da', offline: 'nicht da' },
    settings: {
      title: 'Einstellungen', open: 'Einstellungen', saved: 'Gespeichert', saving: 'Speichert …', notSaved: 'Nicht gespeichert', failed: 'Die Einstellungen ließen sich nicht laden.',
      mine: 'Was andere sehen', away: 'Abwesend', awayHint: du ? 'Alle sehen „abwesend“, bis du es ausschaltest.' : 'Alle sehen „abwesend“, bis Sie es ausschalten.', typing: 'Zeigen, wenn ich schreibe', typingHint: 'Sonst steht nie „schreibt …“ da.',
      quiet: 'Ruhezeit', quietHint: du ? 'In dieser Zeit gibt es keine Hinweise. Wer dir schreibt, sieht, bis wann. Die Nachrichten kommen trotzdem an.' : 'In dieser Zeit gibt es keine Hinweise. Wer Ihnen schreibt, sieht, bis wann. Die Nachrichten kommen trotzdem an.',
      useQuiet: 'Ruhezeit einhalten', from: 'Von', until: 'Bis', weekends: 'Auch das ganze Wochenende', zone: (zone: string) => `Uhrzeiten in der Zeitzone der Schule (${zone})`, sameTime: 'Anfang und Ende sind gleich: Es gibt dann keine Ruhezeit.',
      school: 'Schule', direct: 'Direktnachrichten', policy: { staff: 'Nur im Kollegium', teachers: 'Mit den eigenen Lehrkräften', everyone: 'In der ganzen Schule' },
      policyHint: {
        staff: 'Lehrkräfte und Schulleitung schreiben einander. Schülerinnen, Schüler und Familien nicht.',
        teachers: 'Außerdem: Schülerinnen und Schüler mit denen, die sie unterrichten; Familien mit den Lehrkräften ihrer Kinder und der Schulleitung.',
        everyone: 'Außerdem: alle mit allen Lehrkräften, Schülerinnen und Schüler einer Klasse oder Lerngruppe untereinander, Familien mit ihren Kindern. Fremde Familien einander nie.',
      },
      keep: 'Direktnachrichten aufbewahren', keepHint: 'Was älter ist, wird gelöscht, auch was schon geschrieben ist.',
      videoCodec: 'Bildformat der Kameras', codec: { vp8: 'VP8: läuft überall', h264: 'H.264: schont alte Tablets und Notebooks', vp9: 'VP9: spart Bandbreite, für neuere Geräte', av1: 'AV1: spart am meisten, nur für starke, neue Geräte' }, codecUsual: (codec: string) => `Wie der Server (${codec.replace(/:.*/, '')})`, codecHint: 'Gilt für Treffen, die danach beginnen. Wer das Format nicht senden kann, sendet VP8; wer es nicht zeigen kann, liest das an der Stelle des Bildes. Verschlüsselte Treffen bleiben bei VP8.',
      cap: 'Bilder und Ton für jede Person (kbit/s)', capHint: 'Höchstens so viel schickt der Server jedem in einem Treffen; weniger macht Bilder kleiner, wenn viele an einem Anschluss hängen. Gilt für Treffen, die danach beginnen.', capUsual: (kbit: number) => `Ohne eigene Angabe gelten die ${kbit} kbit/s des Servers; mehr geht nicht.`,
      historyDays: 'Änderungen an Dokumenten aufbewahren (Tage)', historyHint: '1 bis 365 Tage lang lässt sich jede einzelne Änderung ansehen, mit Namen. Danach bleibt der Stand am Ende jedes Tages. Kürzer gilt auch für das, was es schon gibt, spätestens am nächsten Tag.', historyUsual: (days: number) => `Ohne eigene Angabe gelten die ${days} Tage des Servers.`, timeZone: 'Zeitzone',
      password: 'Passwort', oldPassword: 'Bisheriges Passwort', newPassword: 'Neues Passwort', passwordHint: (shortest: number) => `Mindestens ${shortest} Zeichen. Andere Geräte werden abgemeldet.`, changePassword: 'Passwort ändern', wrongOld: 'Das bisherige Passwort stimmt nicht.',
    },
  };
}
