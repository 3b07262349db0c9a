"""Which promises a server made on its sockets, and since when its store could keep them, by a trace.

A promise: whoever asked was told that something is stored, or somebody else was shown it. It names the words that have
to be stored, the moment in which they were asked for and the one in which they were told. The store is asked by what
the kernel saw: of SQLite the pages that went into the log and the sync that ended after them, of PostgreSQL the
transaction that carried the words and whose COMMIT was answered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from msgspec import Struct

from tests.edge.traces import MOVED, SYNCED, WRITTEN, Call, Message, Socket

SYNC, ACK = 0, 100
CHANGES: Final = (b"\0\1", b"\0\2")  # step 2 and update, which an ack counts
OTHER_EPOCH: Final = (4404).to_bytes(2, "big")  # how a close frame begins
COMMITTED: Final = b"C\0\0\0\x0bCOMMIT\0"
ROLLED_BACK: Final = b"C\0\0\0\x0dROLLBACK\0"


class Promise(Struct, frozen=True):
    """`what` was told; `words` are to be found in one transaction of the store."""

    what: str
    words: tuple[bytes, ...]
    asked: int
    told: int


class Stored(Protocol):
    """What the trace says of a store."""

    def since(self, words: Sequence[bytes], asked: int) -> int | None:
        """Return when words that were asked for at a moment were stored."""


class SqliteStored:
    """A log (WAL) that is written and synced."""

    def __init__(self, calls: Sequence[Call], log: str = "/collab.db-wal") -> None:
        mine = [call for call in calls if call.target.endswith(log)]
        self._pages = [call for call in mine if call.name in WRITTEN]
        self._syncs = [call for call in mine if call.name in SYNCED and call.result == 0]

    def since(self, words: Sequence[bytes], asked: int) -> int | None:
        for page in self._pages:
            if page.began > asked and all(word in page.data for word in words):
                return next((sync.ended for sync in self._syncs if sync.began > page.ended), None)
        return None


class PostgresStored:
    """Transactions on the connections to PostgreSQL."""

    def __init__(self, sockets: Sequence[Socket]) -> None:
        self._committed = sorted(
            (found for socket in sockets for found in _transactions(socket)), key=lambda one: one[1]
        )

    def since(self, words: Sequence[bytes], asked: int) -> int | None:
        for began, ended, data in self._committed:
            if began > asked and all(word in data for word in words):
                return ended
        return None


def _transactions(socket: Socket) -> Iterator[tuple[int, int, bytes]]:
    """When each committed transaction's first words left, when its COMMIT was answered, and what it carried."""
    began, data = 0, b""
    for call in sorted((*socket.heard, *socket.said), key=lambda call: call.ended):
        if call in socket.said:
            began, data = began if data else call.began, data + call.data
        elif COMMITTED in call.data:
            yield began, call.ended, data
            data = b""
        elif ROLLED_BACK in call.data:
            data = b""


def broken(promises: Sequence[Promise], stored: Stored) -> list[Promise]:
    """Return those that were made before they could be kept."""
    return [one for one in promises if (at := stored.since(one.words, one.asked)) is None or at > one.told]


def of_documents(sockets: Sequence[Socket], word: re.Pattern[bytes]) -> list[Promise]:
    """Acks of edits, and edits shown to others; `word` finds what was written, and is in no two edits."""
    mine = [socket for socket in sockets if socket.request.startswith(b"GET /collab/")]
    frames = {id(socket): [one for one in socket.came() if one.payload[:2] in CHANGES] for socket in mine}
    asked = {found: frame.ended for sent in frames.values() for frame in sent for found in word.findall(frame.payload)}
    promises = []
    for socket in mine:
        sent, acked = frames[id(socket)], 0
        own = {found for frame in sent for found in word.findall(frame.payload)}
        for message in socket.left():
            if message.payload[:1] == bytes((ACK,)):
                count = _number(message.payload[1:])
                for frame in sent[acked:count]:
                    promises += [_told("edit acked", one, frame.ended, message) for one in word.findall(frame.payload)]
                acked = count
            elif message.payload[:2] in CHANGES:
                others = set(word.findall(message.payload)) - own
                promises += [_told("edit shown", one, asked[one], message) for one in others if one in asked]
    return promises


def of_chat(sockets: Sequence[Socket]) -> list[Promise]:
    """Acks of messages (Socket.IO), and messages shown to others."""
    mine = [socket for socket in sockets if socket.request.startswith(b"GET /socket.io/")]
    asked: dict[bytes, int] = {}
    promises = []
    for socket in mine:
        for message in socket.came():
            if sent := re.fullmatch(rb'42(\d+)(\["chat:send",.*\])', message.payload):
                text = json.loads(sent[2])[1]["text"].encode()
                asked[text] = message.ended
                answers = (one for one in socket.left() if one.payload.startswith(b"43" + sent[1] + b"["))
                promises += [
                    _told("message acked", text, message.ended, one) for one in answers if b'"seq"' in one.payload
                ]
    for socket in mine:
        for message in socket.left():
            if message.payload.startswith(b'42["chat:message'):
                texts = [text for text in asked if b'"' + text + b'"' in message.payload]
                promises += [_told("message shown", text, asked[text], message) for text in texts]
    return promises


def of_request(sockets: Sequence[Socket], what: str, line: str, *words: bytes) -> Promise:
    """The answer to the one HTTP request whose first line begins so."""
    (socket,) = (one for one in sockets if one.request.startswith(line.encode()))
    assert socket.said[0].data.startswith(b"HTTP/1.1 20"), socket.said[0].data
    return Promise(what, words, socket.heard[0].ended, socket.said[0].began)


def of_erasure(sockets: Sequence[Socket], erased: Promise) -> list[Promise]:
    """Whoever has an old copy is sent away: they drop it."""
    mine = [socket for socket in sockets if socket.request.startswith(b"GET /collab/")]
    closed = [message for socket in mine for message in socket.left() if message.payload[:2] == OTHER_EPOCH]
    return [Promise("thrown out", erased.words, erased.asked, message.began) for message in closed]


def file_kept(calls: Sequence[Call], name: str, root: str, promise: Promise) -> bool:
    """Whether a file, its name, and the names of the folders that it lies in, were synced in this order in time."""
    synced = [call for call in calls if call.name in SYNCED and call.result == 0 and call.ended < promise.told]
    moves = [call for call in calls if call.name in MOVED and name.encode() in call.strings[-1] and call.result == 0]
    for move in moves:
        part, place = (path.decode() for path in move.strings)
        folders = _above(place, root)
        if any(call.target == part and call.ended < move.began for call in synced) and all(
            any(call.target == folder and call.began > (move.ended if not number else 0) for call in synced)
            for number, folder in enumerate(folders)
        ):
            return True
    return False


def _above(place: str, root: str) -> list[str]:
    """The folders from the one that a file lies in to `root`."""
    found = [place.rpartition("/")[0]]
    while found[-1] != root:
        found.append(found[-1].rpartition("/")[0])
    return found


def _told(what: str, word: bytes, asked: int, message: Message) -> Promise:
    return Promise(what, (word,), asked, message.began)


def _number(data: bytes) -> int:
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(data))
