import type { Address } from './i18n.svelte';
import { recording } from './recording.de';
import { talks } from './talks.de';

const KIND = { lesson: 'Unterricht', consultation: 'Sprechzeit', conference: 'Konferenz' };
const ROLE = { teacher: 'Lehrkraft', pupil: 'Schüler/in', guardian: 'Erziehungs\u00adberechtigt', head: 'Schulleitung', school_admin: 'Administration', guest: 'Gast' };
const list = (names: readonly string[]): string => new Intl.ListFormat('de', { type: 'conjunction' }).format(names);

function devices(du: boolean) {
  const name = { microphone: 'Mikrofon', camera: 'Kamera', screen: 'Bildschirm' };
  const why = {
    denied: du ? 'Der Browser erlaubt es nicht. Erlaube es beim Schloss neben der Adresse.' : 'Der Browser erlaubt es nicht. Erlauben Sie es beim Schloss neben der Adresse.',
    missing: 'Es ist keins angeschlossen.',
    busy: 'Ein anderes Programm benutzt es gerade.',
    gone: 'Nicht mehr angeschlossen, deshalb aus.',
  };
  return {
    ...name,
    speaker: 'Lautsprecher',
    standard: 'Standard dieses Geräts',
    tone: 'Testton abspielen',
    music: 'Musik übertragen',
    musicHint: du ? 'In Stereo und ohne Filter für Geräusche. Nimm dann Kopfhörer, sonst hören die anderen sich selbst.' : 'In Stereo und ohne Filter für Geräusche. Nehmen Sie dann Kopfhörer, sonst hören die anderen sich selbst.',
    problem: (source: keyof typeof name, reason: keyof typeof why) => `${name[source]}: ${why[reason]}`,
  };
}

function errors(du: boolean) {
  return {
    network: 'Keine Verbindung zum Server. Es ist nichts verloren.',
    offline: 'Keine Verbindung. Es wird gleich wieder versucht.',
    timeout: 'Der Server antwortet nicht. Bitte noch einmal versuchen.',
    wrong_password: 'Name oder Passwort stimmt nicht.',
    link_expired: 'Dieser Link gilt nicht mehr. Bitte um einen neuen fragen.',
    not_found: du ? 'Das gibt es nicht, oder es ist nicht für dich freigegeben.' : 'Das gibt es nicht, oder es ist nicht für Sie freigegeben.',
    not_allowed: du ? 'Das darfst du hier nicht.' : 'Das ist Ihnen hier nicht erlaubt.',
    forbidden: du ? 'Das darfst du hier nicht.' : 'Das ist Ihnen hier nicht erlaubt.',
    conflict: 'Das gibt es schon.',
    wrong_role: 'Das passt nicht zur Rolle des Kontos.',
    wrong_times: 'Das Ende liegt vor dem Anfang.',
    too_many: 'Mehr sind nicht möglich.',
    too_many_guests: 'Durch diesen Link sind schon so viele gekommen, wie hineinpassen. Bitte später noch einmal versuchen oder um einen neuen Link fragen.',
    in_use: 'Das geht erst, wenn niemand mehr im Raum ist.',
    last_teacher: 'Eine Lehrkraft muss in der Lerngruppe bleiben.',
    cancelled: 'Dieses Treffen fällt aus.',
    too_fast: 'Das waren sehr viele Anfragen. Bitte kurz warten.',
    too_many_requests: 'Das waren sehr viele Anfragen. Bitte kurz warten.',
    busy: 'Gerade melden sich sehr viele an. Bitte gleich noch einmal versuchen.',
    too_many_attempts: 'Zu viele Versuche. Bitte kurz warten.',
    too_large: 'Das ist zu lang.',
    overloaded: 'Der Server ist gerade ausgelastet. Bitte gleich noch einmal versuchen.',
    unavailable: 'Der Server ist gerade nicht bereit. Bitte gleich noch einmal versuchen.',
    media: 'Bild und Ton ließen sich nicht verbinden.',
    state: 'Das geht im Moment nicht.',
    internal: 'Das hat nicht geklappt. Bitte noch einmal versuchen.',
  };
}

function entering(du: boolean) {
  return {
    login: {
      title: 'Anmelden', school: 'Schule', choose: 'Bitte wählen', account: 'Benutzername', password: 'Passwort', submit: 'Anmelden', busy: 'Einen Moment …',
      shared: 'Das Gerät benutzen auch andere', sharedHint: 'Dann bleibt keine Kopie von Dokumenten auf dem Gerät.',
      demo: 'Vorführung', demoText: (password: string) => `Diese Schule ist erfunden. Jedes Konto hat das Passwort „${password}“.`,
    },
    guest: { title: 'Als Gast teilnehmen', text: 'Sie haben einen Link zu einem Treffen erhalten.', name: 'Ihr Name', hint: 'So sehen Sie die anderen. Der Name gilt nur für dieses Treffen.', submit: 'Weiter' },
    missing: { title: 'Diese Seite gibt es nicht', text: 'Vielleicht fehlt ein Teil der Adresse.' },
    prejoin: {
      preview: 'Vorschau', cameraOff: du ? 'Deine Kamera ist aus' : 'Ihre Kamera ist aus', onlyName: du ? 'Die anderen sehen nur deinen Namen.' : 'Die anderen sehen nur Ihren Namen.',
      microphoneOn: 'Mikro einschalten', microphoneIsOn: 'Mikro ist an', cameraOn: 'Kamera einschalten', cameraIsOn: 'Kamera ist an',
      seen: 'Das sehen die anderen', seenName: du ? 'Deinen Namen:' : 'Ihren Namen:',
      seenNoCamera: du ? 'Kein Bild, bis du die Kamera einschaltest' : 'Kein Bild, bis Sie die Kamera einschalten', seenCamera: du ? 'Dein Kamerabild, sobald du beitrittst' : 'Ihr Kamerabild, sobald Sie beitreten',
      heardNot: du ? 'Keinen Ton, bis du das Mikrofon einschaltest' : 'Keinen Ton, bis Sie das Mikrofon einschalten', heard: du ? 'Was du sagst, sobald du beitrittst' : 'Was Sie sagen, sobald Sie beitreten',
      noRecording: du ? 'Nichts von dir wird aufgenommen, ohne dass du zustimmst' : 'Nichts von Ihnen wird aufgenommen, ohne dass Sie zustimmen', name: du ? 'Dein Name im Raum' : 'Ihr Name im Raum', nameHint: du ? 'Den Namen legt deine Schule fest.' : 'Den Namen legt die Schule fest.', nameGuest: 'Diesen Namen haben Sie eingegeben.',
      test: 'Mikrofon testen', startTest: 'Test starten', testing: 'Test läuft', testHint: du ? 'Nur du siehst den Test.' : 'Nur Sie sehen den Test.', join: 'Beitreten',
    },
    lobby: {
      waiting: du ? 'Gleich wirst du hereingelassen' : 'Gleich werden Sie hereingelassen', early: (when: string) => (du ? `Ab ${when} wirst du hereingelassen` : `Ab ${when} werden Sie hereingelassen`), joining: 'Verbindet …', ahead: (count: number) => `Einen Moment, noch ${count} vor ${du ? 'dir' : 'Ihnen'}. Es geht von selbst weiter, auch ohne Neuladen.`,
      opens: du ? 'Bitte bleib hier. Der Raum öffnet sich von selbst.' : 'Bitte bleiben Sie hier. Der Raum öffnet sich von selbst.',
      privacy: du ? 'Im Warteraum sieht und hört dich niemand, und du siehst und hörst niemanden. Es wird nichts aufgezeichnet.' : 'Im Warteraum sieht und hört Sie niemand, und Sie sehen und hören niemanden. Es wird nichts aufgezeichnet.',
      self: 'Vorschau', bothOff: 'Mikrofon und Kamera sind aus', onlyMicrophone: 'Das Mikrofon ist bereit, die Kamera ist aus', leave: 'Verlassen',
    },
    secrecy: {
      sign: 'Ende-zu-Ende-verschlüsselt', before: 'Ton und Bild sind Ende-zu-Ende-verschlüsselt', code: 'Sicherheitsnummer', making: 'Die Schlüssel werden getauscht …',
      compare: du ? 'Lest euch die Nummer gegenseitig vor: Ist sie bei allen gleich, hört und sieht niemand sonst mit.' : 'Lesen Sie sich die Nummer gegenseitig vor: Ist sie bei allen gleich, hört und sieht niemand sonst mit.',
      covers: 'Gilt für Ton, Kameras und Bildschirme, nicht für Chat und Dokumente.',
      cannot: du ? 'Dieses Treffen ist Ende-zu-Ende-verschlüsselt, und dein Browser kann das nicht. Nimm einen aktuellen Browser.' : 'Dieses Treffen ist Ende-zu-Ende-verschlüsselt, und Ihr Browser kann das nicht. Bitte nehmen Sie einen aktuellen Browser.',
      field: 'Ende-zu-Ende verschlüsseln', fieldHint: du ? 'Nur eure Browser sehen und hören das Treffen, der Server nicht. Höchstens 64 Personen, alle mit aktuellem Browser; keine Aufzeichnung. Gilt nicht für Chat und Dokumente.' : 'Nur Ihre Browser sehen und hören das Treffen, der Server nicht. Höchstens 64 Personen, alle mit aktuellem Browser; keine Aufzeichnung. Gilt nicht für Chat und Dokumente.',
      fieldCannot: du ? 'Dein Browser kann das nicht. Nimm einen aktuellen Browser.' : 'Ihr Browser kann das nicht. Bitte nehmen Sie einen aktuellen Browser.', inUse: 'Das lässt sich nur ändern, solange niemand im Raum ist.', notChanged: 'Das konnte nicht geändert werden. Bitte noch einmal versuchen.',
      downgraded: 'Dieses Treffen sollte Ende-zu-Ende-verschlüsselt sein und ist es nicht. Deshalb wurde nichts gesendet.',
    },
    closed: {
      again: 'Wieder beitreten', toLobby: 'Zurück in den Warteraum', talkOver: 'Das Gespräch ist beendet',
      title: { left: du ? 'Du hast den Raum verlassen' : 'Sie haben den Raum verlassen', ended: 'Das Treffen ist beendet', removed: du ? 'Du wurdest aus dem Raum genommen' : 'Sie wurden aus dem Raum genommen', rejected: 'Kein Zutritt', no_right: 'Kein Zutritt mehr', replaced: 'In einem anderen Fenster geöffnet', moved: 'Der Raum zieht um', restart: 'Der Server startet neu', failed: 'Kein Zutritt' },
      text: {
        left: 'Mikrofon und Kamera sind aus.', ended: 'Tafel und Chat bleiben erhalten.', removed: du ? 'Frag deine Lehrkraft, wenn das ein Versehen war.' : 'Bitte wenden Sie sich an die Leitung des Treffens, wenn das ein Versehen war.',
        rejected: 'Die Leitung des Treffens hat die Anfrage abgelehnt.', no_right: du ? 'Du gehörst nicht mehr zu diesem Treffen.' : 'Sie gehören nicht mehr zu diesem Treffen.', replaced: 'Hier ist die Verbindung deshalb getrennt.',
        moved: 'Das dauert nur einen Moment.', restart: 'Das dauert nur einen Moment.', failed: du ? 'Dieses Treffen gibt es nicht, oder es ist nicht für dich offen.' : 'Dieses Treffen gibt es nicht, oder es ist nicht für Sie offen.',
      },
    },
  };
}

function inside(du: boolean) {
  return {
    room: {
      skip: 'Zur Tafel', controls: 'Meine Steuerung', leave: 'Verlassen', groups: 'Gruppen', privateCameras: 'Kameras nur für die Leitung', minutesLeft: (minutes: number) => (minutes === 0 ? 'Zeit ist um' : `noch ${minutes} min`),
      present: (count: number) => (count === 1 ? '1 Person da' : `${count} da`), microphoneOn: 'Mikro an', microphoneOff: 'Mikro aus', cameraOn: 'Kamera an', cameraOff: 'Kamera aus', raise: 'Melden', lower: 'Gemeldet',
      quality: { title: 'Verbindung', good: 'Gut', fair: 'Mittel', weak: 'Schwach', none: 'Keine', connecting: 'verbindet …' },
    },
    tile: {
      hand: 'Meldung', of: 'von', page: (page: number, pages: number) => `Kamerabilder, Seite ${page} von ${pages}`, before: 'Vorige Seite', after: 'Nächste Seite',
      reconnecting: 'verbindet neu\u00a0…', missing: { undecodable: 'Dieser Browser kann das Bild nicht zeigen', line: 'Kein Platz auf der Leitung', screen: 'Pause neben dem Bildschirm' }, late: 'Bild kommt noch nicht an', microphoneOff: 'Mikro aus', pinned: 'bleibt auf jeder Seite', onlyLeads: 'nur für die Leitung zu sehen', line: { fair: 'Verbindung mittelmäßig', weak: 'Verbindung schwach' }, picture: (name: string) => `Kamerabild von ${name}`, ownPicture: du ? 'Dein Kamerabild' : 'Ihr Kamerabild',
    },
    stage: {
      title: 'Tafel', tools: 'Tafel steuern', empty: 'Die Tafel ist noch leer.', emptyPresent: 'Die Tafel ist leer. Unter „Inhalt“ liegen die Dokumente.', nothing: 'Tafel',
      screen: (name: string) => `Bildschirm von ${name}`, ownScreen: du ? 'Dein Bildschirm' : 'Ihr Bildschirm', shareScreen: 'Bildschirm teilen', stopScreen: 'Teilen beenden',
      clear: 'Tafel leeren', takeDown: 'Von der Tafel nehmen', content: 'Inhalt', change: 'wechseln', noDocuments: 'Noch keine Dokumente', laysOut: 'alle können mitschreiben', documentsFailed: 'Nicht geladen, noch einmal versuchen',
    },
    hands: {
      title: 'Meldungen', none: 'Niemand meldet sich.', lowerAll: 'Alle senken', call: 'Drannehmen', since: (minutes: number) => `seit ${minutes} min`, me: (place: number) => (du ? `Du bist Nummer ${place}` : `Sie sind Nummer ${place}`),
      more: (count: number) => `${count} weitere zeigen`, fewer: 'Weniger zeigen',
    },
    panel: { title: 'Meldungen, Chat und Personen', tabs: 'Seitenleiste', chat: 'Chat', people: 'Personen', new: 'neu', waiting: 'im Warteraum' },
    chat: {
      title: 'Chat', write: 'Nachricht an alle', send: 'Senden', sending: 'wird gesendet …', notSent: 'nicht gesendet', again: 'Noch einmal senden', delete: 'Nachricht löschen', deleted: 'Diese Nachricht wurde gelöscht.',
      earlier: 'Frühere zeigen', empty: du ? 'Noch keine Nachricht. Schreib die erste.' : 'Noch keine Nachricht. Schreiben Sie die erste.', emptyRead: 'Noch keine Nachricht.', failed: 'Der Chat ließ sich nicht laden.', readOnly: du ? 'Hier kannst du nur lesen.' : 'Hier können Sie nur lesen.',
      whoWrites: 'Wer schreibt:', mode: { open: 'Alle', moderated: 'Alle, nach Freigabe', teacher_only: 'Nur Lehrkräfte', off: 'Niemand' }, isOff: 'Der Chat ist gerade aus.', onlyTeachers: 'Gerade schreiben hier nur Lehrkräfte.',
      search: 'Suchen', searchText: 'In diesem Chat suchen', found: (count: number) => (count === 0 ? 'Nichts gefunden.' : count === 1 ? '1 Nachricht' : `${count} Nachrichten`),
      settings: 'Einstellungen des Chats', keep: 'Nachrichten aufbewahren', keepDays: (days: number | null) => (days === null ? 'Ohne Ende' : days === 365 ? 'Ein Jahr' : `${days} Tage`),
      heldTitle: 'Wartet auf Freigabe', approve: 'Freigeben', decline: 'Nicht freigeben', held: 'wartet auf Freigabe', declined: 'nicht freigegeben', dismiss: 'Ausblenden', willBeHeld: du ? 'Deine Nachricht wird sichtbar, sobald sie freigegeben ist.' : 'Ihre Nachricht wird sichtbar, sobald sie freigegeben ist.',
      more: (name: string, time: string) => `Mehr zur Nachricht von ${name}, ${time}`, reply: 'Antworten', answers: 'Antwort auf', answersEarlier: 'Antwort auf eine frühere Nachricht', answering: (name: string) => `Antwort an ${name}:`, edit: 'Bearbeiten', editing: 'Nachricht bearbeiten', save: 'Speichern', edited: 'bearbeitet',
      toYou: du ? 'an dich' : 'an Sie', names: 'Personen', unread: 'ungelesen', signs: 'Zeichen', sign: { '👍': 'Gut', '❤️': 'Herz', '😄': 'Lachen', '🎉': 'Feiern', '🤔': 'Nachdenklich', '👀': 'Gesehen' },
    },
    files: {
      attach: 'Datei anhängen', camera: 'Foto aufnehmen', drop: 'Zum Anhängen hier loslassen', tray: 'Anhänge der Nachricht', pictures: 'Bilder', files: 'Dateien', sending: 'Dateien werden hochgeladen.', ready: (count: number) => (count === 1 ? 'Eine Datei ist bereit.' : `${count} Dateien sind bereit.`),
      progress: (name: string) => `${name} wird hochgeladen`, again: (name: string) => `${name} noch einmal hochladen`, remove: (name: string) => `${name} entfernen`, open: (name: string) => `Bild ${name} öffnen`,
      save: 'Herunterladen', close: 'Schließen', before: 'Voriges Bild', after: 'Nächstes Bild', place: (at: number, of: number) => `${at} von ${of}`, gone: 'Dieses Bild gibt es nicht mehr.', count: (count: number) => (count === 1 ? 'Eine Datei' : `${count} Dateien`),
      tooMany: (most: number) => `Eine Nachricht trägt höchstens ${most} Dateien.`, tooLarge: (size: string) => `Zu groß: Eine Datei hat höchstens ${size}.`,
      errors: {
        network: 'Keine Verbindung. Noch einmal versuchen?', too_large: 'Die Datei ist zu groß.', upload_empty: 'Die Datei ist leer.', upload_damaged: 'Die Datei ist beschädigt.', upload_picture: 'Bilder gehen als JPEG, PNG, GIF oder WebP.', upload_refused: 'Programme und übergroße Archive werden nicht angenommen.', upload_infected: 'Der Virenschutz weist diese Datei zurück.', scan_away: 'Dateien können gerade nicht auf Viren geprüft werden. Später noch einmal versuchen?',
        upload_pixels: 'Das Bild hat zu viele Bildpunkte.', upload_quota: du ? 'Dein Speicherplatz ist voll. Lösche zuerst etwas.' : 'Ihr Speicherplatz ist voll. Löschen Sie zuerst etwas.', upload_too_slow: 'Die Verbindung war zu langsam. Noch einmal versuchen?', too_many_requests: 'Das waren viele Dateien auf einmal. Gleich noch einmal versuchen?', forbidden: du ? 'Das darfst du hier nicht.' : 'Das ist Ihnen hier nicht erlaubt.', other: 'Das hat nicht geklappt. Noch einmal versuchen?',
      },
    },
    people: {
      title: 'Personen', muteAll: 'Alle stumm', lock: 'Sperren', locked: 'Gesperrt', privateCameras: 'Kameras nur zu mir', privateToYou: 'Die Kamerabilder der anderen sehen nur, die das Treffen leiten.', privateToThem: du ? 'Dein Kamerabild sieht nur, wer das Treffen leitet.' : 'Ihr Kamerabild sieht nur, wer das Treffen leitet.', lobby: 'Im Warteraum', admit: 'Hereinlassen', reject: 'Ablehnen', mute: (name: string) => `${name} stumm schalten`, ask: (name: string) => `${name} bitten, das Mikro einzuschalten`,
      pin: (name: string) => `Bild von ${name} auf jeder Seite behalten`, more: (name: string) => `Mehr zu ${name}`, muteOne: 'Stumm schalten', askOne: 'Bitten, das Mikro einzuschalten', lower: 'Meldung senken', toStage: 'Auf die Tafel holen', fromStage: 'Von der Tafel nehmen', remove: 'Aus dem Raum nehmen', microphoneOn: 'Mikro an',
    },
    more: { title: 'Mehr', devices: 'Geräte einstellen', shortcuts: 'Tastenkürzel', line: 'Verbindung ansehen', guests: 'Gäste einladen', end: 'Für alle beenden' },
    dialogs: {
      shortcut: { microphone: 'Mikrofon an oder aus', camera: 'Kamera an oder aus', hand: 'Melden oder Meldung senken', leave: 'Raum verlassen' }, regions: 'Zum nächsten Bereich, mit Umschalt zurück', useShortcuts: 'Tastenkürzel benutzen',
      guestText: 'Wer diesen Link öffnet, nennt einen Namen und wartet im Warteraum, bis Sie sie oder ihn hereinlassen.', guestMake: 'Link erstellen', guestUrl: 'Link für Gäste', copy: 'Kopieren', copied: 'Kopiert',
      endTitle: 'Für alle beenden?', endText: (count: number) => `${count === 1 ? 'Eine Person verlässt' : `Alle ${count} verlassen`} den Raum. Tafel und Chat bleiben erhalten.`,
    },
    line: {
      title: 'Verbindung', none: 'Gerade besteht keine Verbindung für Ton und Bild.', measuring: 'wird gemessen …', score: 'Güte', scoreOf: (score: number) => `${score} von 93`, delay: 'Antwortzeit', jitter: 'Schwankung', loss: 'Verlust', path: 'Weg',
      paths: { udp: 'direkt (UDP)', tcp: 'direkt (TCP)', relay: 'über eine Vermittlung (TURN)' }, arriving: 'Bilder, die ankommen', leaving: 'Bilder, die hinausgehen', who: 'Wer', size: 'Größe', rate: 'kbit/s', frames: 'Bilder/s', nothing: 'Zurzeit keine.',
      camera: 'Kamera', screen: 'Bildschirm', resting: 'ruht, niemand sieht es', explain: 'Die Güte schätzt, wie ein Gespräch über diese Verbindung klingt (E-Modell, ITU-T G.107): ab 80 gut, unter 60 schwach.',
    },
    notices: {
      called: du ? 'Du bist dran.' : 'Sie sind dran.', calledBy: (name: string) => (du ? `${name} bittet dich zu sprechen.` : `${name} bittet Sie zu sprechen.`), speak: 'Mikro einschalten',
      muted: (name: string) => (du ? `${name} hat dein Mikrofon ausgeschaltet.` : `${name} hat Ihr Mikrofon ausgeschaltet.`), refused: 'Nicht möglich', paused: du ? 'Deine Verbindung ist gerade zu langsam für Bilder. Der Ton läuft weiter.' : 'Ihre Verbindung ist gerade zu langsam für Bilder. Der Ton läuft weiter.', sound: 'Der Browser spielt noch keinen Ton ab.', soundOn: 'Ton einschalten',
    },
    news: {
      raised: (names: readonly string[]) => (names.length === 1 ? `${list(names)} meldet sich.` : `${list(names)} melden sich.`), joined: (count: number) => (count === 1 ? 'Eine Person ist dazugekommen.' : `${count} sind dazugekommen.`),
      waiting: (names: readonly string[]) => (names.length === 1 ? `${list(names)} wartet im Warteraum.` : `${list(names)} warten im Warteraum.`),
    },
  };
}

/** The German catalogue; its type is the shape of every other language. */
export const de = (address: Address) => {
  const du = address === 'du';
  return {
    app: { skip: 'Zum Inhalt', toHome: 'Zur Übersicht', home: 'zur Übersicht', areas: 'Bereiche', today: 'Heute', chat: 'Chat', school: 'Schule', account: 'Konto', settings: 'Einstellungen', logout: 'Abmelden', you: du ? 'Du' : 'Sie' },
    kind: KIND,
    role: ROLE,
    until: (time: string) => `bis ${time}`,
    state: { loading: 'Lädt', again: 'Noch einmal versuchen', details: 'Einzelheiten', cancel: 'Abbrechen', close: 'Schließen', done: 'Fertig' },
    net: { lost: 'Keine Verbindung.', media: 'Bild und Ton sind unterbrochen.', trying: du ? 'Wir versuchen es weiter. Deine Arbeit bleibt erhalten.' : 'Wir versuchen es weiter. Ihre Arbeit bleibt erhalten.' },
    home: {
      greeting: (hour: number): string => (hour < 11 ? 'Guten Morgen' : hour < 18 ? 'Guten Tag' : 'Guten Abend'), now: 'Jetzt', join: 'Beitreten', prepare: 'Öffnen', day: 'Mein Tag', ready: (count: number) => (count === 1 ? '1 Dokument liegt bereit' : `${count} Dokumente liegen bereit`),
      noMeetings: du ? 'Heute hast du kein Treffen.' : 'Heute haben Sie kein Treffen.', noMore: 'Sonst steht heute nichts an.', plan: 'Planen', upcoming: 'Demnächst', classes: 'Meine Klassen', toChat: 'Chat der Klasse', channels: 'Chat', noChannels: du ? 'Du gehörst noch zu keinem Chat.' : 'Sie gehören noch zu keinem Chat.',
    },
    documents: {
      title: 'Dokumente', create: 'Neu', readFile: 'Datei einlesen', createTitle: 'Neues Dokument', createIt: 'Anlegen', what: 'Was soll es werden?', name: 'Titel', kind: { deck: 'Präsentation', table: 'Tabelle', scratch: 'Notiz' },
      empty: du ? 'Noch keine Dokumente. Fang mit einer Präsentation oder Tabelle an.' : 'Noch keine Dokumente. Beginnen Sie mit einer Präsentation oder Tabelle.',
      emptyRead: 'Noch keine Dokumente. Was freigegeben wird, erscheint hier.',
    },
    channel: { here: 'Gerade da', nobody: 'Niemand', unknown: 'unklar, ob noch da', others: 'Alle Chats', none: du ? 'Diesen Chat gibt es nicht, oder er ist nicht für dich offen.' : 'Diesen Chat gibt es nicht, oder er ist nicht für Sie offen.' },
    devices: devices(du),
    errors: errors(du),
    ...entering(du),
    ...inside(du),
    ...talks(du),
    ...recording(du),
  };
};

export type Catalogue = ReturnType<typeof de>;
