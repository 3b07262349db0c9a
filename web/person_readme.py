"""What stands in an export of a person's data beside the data: what each file is, in German and English. No I/O."""

from __future__ import annotations

from typing import Final

GERMAN: Final = """Auskunft: alles, was {server} über eine Person speichert und was sie geschrieben hat
=============================================================================

Person: {name} ({login}), Schule: {school}
Erstellt: {at}

account.json       das Konto, eigene Einstellungen, Anmeldungen; bei Gästen der angegebene Name und wo sie waren
memberships.json   Klassen und Lerngruppen, Familie, Besprechungen, Einlass, Ordner, Dokumente, Freigaben, Sperren,
                   Plätze in Gruppenräumen, wie weit Kanäle gelesen sind
messages.json      eigene Nachrichten, auch direkte und zurückgehaltene
files.json         eigene Dateien; die Dateien selbst liegen unter files/
documents/         je Dokument: wann die Person es geändert hat, und ihre Texte und Werte, die noch darin stehen
recordings.json    Einwilligungen in Aufnahmen; die Aufnahmen der Person liegen unter recordings/ (WebM)

Alle Texte sind JSON in UTF-8. Zeiten sind Millisekunden seit dem 1. Januar 1970 (UTC).
Was andere über die Person geschrieben haben, gehört zu deren Beiträgen und ist nicht dabei.
"""
ENGLISH: Final = """Subject access: everything that {server} stores of a person and what they wrote
==============================================================================

Person: {name} ({login}), school: {school}
Made: {at}

account.json       the account, own settings, logins; of guests the name that they gave and where they were
memberships.json   classes and learning groups, family, meetings, admission, folders, documents, shares, blocks,
                   seats in group rooms, how far channels are read
messages.json      own messages, direct ones and held ones, too
files.json         own files; the files themselves lie in files/
documents/         for each document: when the person changed it, and their texts and values that still stand in it
recordings.json    consent to recordings; the recordings of the person lie in recordings/ (WebM)

All text is JSON in UTF-8. Times are milliseconds since 1 January 1970 (UTC).
What others wrote about the person belongs to what they wrote and is not here.
"""
