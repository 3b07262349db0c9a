/** Conversations, and how people are, in German. */
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
  };
}
