"""Yjs updates (encoding V1), state vectors and WebSocket framing: parsed and checked before any CRDT sees a byte.

Laws: parsing is total and bounded by the input's length; everything is checked that could hurt the CRDT or a browser:
structure, string encoding, nesting, clock range, references into the future, trailing bytes. A V2-encoded update
always leaves trailing bytes under V1 and is refused so. Known kinds are those of Yjs 13 (content 0 to 10, types 0 to
6): newer ones would make the document unreadable for it. Two of them are refused, which no editor has written for
years: pycrdt 0.14 reads a string more of JSON (content 2) than is there, and no name of a hook (type 5), so what was
judged would not be what it takes in. Not done here: whether the parts an update builds on are there (`outline.py`), and
JSON grammar (the CRDT's decoder refuses it cleanly).
"""

from __future__ import annotations

import re

from msgspec import Struct

from .errors import ProtocolError
from .lib0 import MAX_PARTS, Reader, too_many_parts
from .steps import STEP, Steps, finish

MAX_CLOCK = 2**31 - 1
MAX_TOGETHER = 500_000
"""Values that one struct holds with all inside them: the CRDT decodes a struct in one go."""

Id = tuple[int, int]
"""(client, clock)."""

_HAS_LEFT, _HAS_RIGHT, _HAS_KEY, _KIND = 0x80, 0x40, 0x20, 0x1F
_GC, _DELETED, _, _BINARY, _STRING, _EMBED, _FORMAT, _TYPE, _ANY, _SUBDOCUMENT, _SKIP = range(11)
_XML_ELEMENT, _XML_HOOK, _XML_TEXT = 3, 5, 6
_PAIR = re.compile("[\U00010000-\U0010ffff]")  # a character that UTF-16 writes as two


class Piece(Struct, frozen=True, gc=False):
    """One struct of an update: where it is and what it hangs on.

    `pairs` are the clocks of its low surrogates; `holds`: others may hang on it (a shared type, or what may have been
    one); `collected`: nothing but its place is left. Who has no neighbours names the parent, by id or as a `root`, and
    may name a key of it.
    """

    client: int
    clock: int
    length: int
    left: Id | None = None
    right: Id | None = None
    parent: Id | None = None
    pairs: tuple[int, ...] = ()
    holds: bool = False
    collected: bool = False
    keyed: bool = False
    root: str = ""

    @property
    def end(self) -> int:
        """The first clock after it."""
        return self.clock + self.length


class Span(Struct, frozen=True, gc=False):
    """A range of ids of one client."""

    client: int
    clock: int
    length: int

    @property
    def end(self) -> int:
        """The first clock after it."""
        return self.clock + self.length


class Update(Struct, frozen=True):
    """What an update contains, without its values. `gaps` are ids that it passes over."""

    pieces: tuple[Piece, ...]
    deletions: tuple[Span, ...]
    gaps: tuple[Span, ...] = ()

    @property
    def empty(self) -> bool:
        """Tell whether it changes nothing."""
        return not self.pieces and not self.deletions and not self.gaps


def parse_update(data: bytes, offsets: list[int] | None = None) -> Update:
    """Parse a whole V1 update; raises ProtocolError (frame_*, update_*). Into `offsets` go the start and end of each
    piece, and where the deletions begin.
    """
    return finish(read_update(data, offsets))


def read_update(data: bytes, offsets: list[int] | None = None, bounded: bool = False) -> Steps[Update]:
    """The same in steps. `bounded`: no value in it may be so large that it would hold up everybody (too_large)."""
    reader = Reader(data, bounded)
    pieces: list[Piece] = []
    gaps: list[Span] = []
    seen: set[int] = set()
    left = STEP
    for _ in range(reader.uint()):
        count = reader.uint()
        client = reader.uint()
        clock = reader.uint()
        if client in seen or not count:
            raise ProtocolError("update_malformed", "a client has two blocks, or an empty one")
        seen.add(client)
        for _ in range(count):
            start = reader.position
            piece = _parse_piece(reader, client, clock)
            kind = data[start] & _KIND
            if kind == _ANY:
                left -= yield from _skip_values(reader, piece.length)
            elif kind == _SUBDOCUMENT:
                left -= yield from reader.skipping()
            elif isinstance(piece, Piece):
                left -= len(piece.pairs)
            clock = piece.end
            if clock > MAX_CLOCK:
                raise ProtocolError("update_malformed", "a clock is out of range")
            if isinstance(piece, Piece):
                pieces.append(piece)
                if offsets is not None:
                    offsets += (start, reader.position)
            else:
                gaps.append(piece)
            left -= 1
            if left <= 0:
                left = STEP
                yield
    if offsets is not None:
        offsets.append(reader.position)
    deletions = yield from _parse_deletions(reader)
    if not reader.at_end():
        raise ProtocolError("update_trailing", "the update goes on after its end; encoding V2 is not spoken here")
    return Update(tuple(pieces), deletions, tuple(gaps))


def _parse_piece(reader: Reader, client: int, clock: int) -> Piece | Span:
    info = reader.byte()
    kind = info & _KIND
    if kind == _GC:
        return Piece(client, clock, _length(reader.uint()), holds=True, collected=True)
    if kind == _SKIP:
        return Span(client, clock, _length(reader.uint()))
    left = _parse_id(reader) if info & _HAS_LEFT else None
    right = _parse_id(reader) if info & _HAS_RIGHT else None
    parent, keyed, root = None, False, ""
    if left is None and right is None:
        if reader.uint() == 1:
            root = reader.string()
        else:
            parent = _parse_id(reader)
        if info & _HAS_KEY:
            reader.string()
            keyed = True
    for reference in (left, right, parent):
        if reference is not None and reference[0] == client and reference[1] >= clock:
            raise ProtocolError("update_malformed", "a part builds on a later one of its own client")
    length, pairs = _parse_content(reader, kind, clock)
    holds = kind in (_TYPE, _DELETED)
    return Piece(client, clock, _length(length), left, right, parent, pairs, holds, keyed=keyed, root=root)


def _parse_id(reader: Reader) -> Id:
    return reader.uint(), reader.uint()


def _length(length: int) -> int:
    if not 0 < length <= MAX_CLOCK:
        raise ProtocolError("update_malformed", "a part has no length")
    return length


def _parse_content(reader: Reader, kind: int, clock: int) -> tuple[int, tuple[int, ...]]:
    if kind == _STRING:
        return _parse_text(reader, clock)
    if kind == _ANY:
        return reader.uint(), ()  # its values are read in steps
    if kind == _TYPE:
        _parse_type(reader)
    elif kind == _DELETED:
        return reader.uint(), ()
    elif kind == _FORMAT:
        reader.string()
        reader.json()
    elif kind == _EMBED:
        reader.json()
    elif kind == _BINARY:
        reader.skip(reader.uint())
    elif kind == _SUBDOCUMENT:
        reader.string()  # its options are read in steps
    else:
        raise ProtocolError("update_unknown_content", f"content of kind {kind} is not spoken here")
    return 1, ()


def _skip_values(reader: Reader, count: int) -> Steps[int]:
    """Skip so many values; returns how many were looked at since the last step."""
    looked = whole = 0
    for _ in range(count):
        if reader.plain():
            looked += 1
        else:
            looked += yield from reader.skipping()
        if looked >= STEP:
            whole, looked = whole + looked, 0
            if reader.bounded and whole > MAX_TOGETHER:
                raise too_many_parts()
            yield
    return looked


def _parse_text(reader: Reader, clock: int) -> tuple[int, tuple[int, ...]]:
    text = reader.string()
    if text.isascii():
        return len(text), ()
    if reader.bounded and len(text.encode("utf-16-le")) // 2 - len(text) > MAX_PARTS:
        raise too_many_parts()
    found = _PAIR.finditer(text)
    pairs = tuple(clock + number + match.start() for number, match in enumerate(found, 1))
    return len(text) + len(pairs), pairs


def _parse_type(reader: Reader) -> None:
    kind = reader.uint()
    if kind > _XML_TEXT or kind == _XML_HOOK:
        raise ProtocolError("update_unknown_content", f"a shared type {kind} is not spoken here")
    if kind == _XML_ELEMENT:
        reader.string()


def _parse_deletions(reader: Reader) -> Steps[tuple[Span, ...]]:
    deletions: list[Span] = []
    for _ in range(reader.uint()):
        client = reader.uint()
        for _ in range(reader.uint()):
            clock = reader.uint()
            length = _length(reader.uint())
            if clock + length > MAX_CLOCK:
                raise ProtocolError("update_malformed", "a deletion is out of range")
            deletions.append(Span(client, clock, length))
            if len(deletions) % STEP == 0:
                yield
    return tuple(deletions)


def parse_state_vector(data: bytes) -> dict[int, int]:
    """Parse a state vector: client -> first clock it lacks."""
    reader = Reader(data)
    state: dict[int, int] = {}
    for _ in range(reader.uint()):
        client = reader.uint()
        clock = reader.uint()
        if clock > MAX_CLOCK or client in state:
            raise ProtocolError("frame_malformed", "the state vector is out of range or names a client twice")
        state[client] = clock
    if not reader.at_end():
        raise ProtocolError("frame_malformed", "the state vector goes on after its end")
    return state


def frame_binary(payload: bytes) -> bytes:
    """Build the WebSocket frame (RFC 6455: final, binary, unmasked) that carries `payload` from a server."""
    length = len(payload)
    if length < 126:
        return bytes((0x82, length)) + payload
    if length < 65536:
        return b"\x82\x7e" + length.to_bytes(2, "big") + payload
    return b"\x82\x7f" + length.to_bytes(8, "big") + payload
