"""The live document: one CRDT with its outline, the only place that touches pycrdt.

Laws: nothing enters that `outline.py` did not place, so nothing is ever pending inside the CRDT; `apply` returns
exactly the bytes to log and to fan out, or None for what was known already; a decode error leaves everything as it
was; a panic of the CRDT makes the document broken, and its owner must discard and reload it. Letters that were placed
wait, and the CRDT takes many of them in one go before anybody looks at it. A large document that was
encoded once is not encoded anew for each edit: what came since is told beside it (`whole`). Not done here: storing,
sending, rights.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from msgspec import Struct
from pycrdt import Doc, get_state

from .codec import Span, Update, parse_state_vector, parse_update, read_update
from .errors import CollabError, ProtocolError, StateError
from .keystroke import place_keystroke
from .outline import Outline, Placement
from .slices import PIECES, Cuts, Record, cutting, join_slices, slice_state
from .steps import Steps

Read = TypeVar("Read")
EMPTY_UPDATE = b"\x00\x00"
_LARGE = 64 * 1024  # bytes that are not encoded anew for each edit
_TAIL = 500  # edits told beside them
_LETTERS = 64  # keystrokes that wait at most


class Judged(Struct, frozen=True):
    """A parsed update and where its new parts go; `placement` is None when parts it builds on are missing. `update` is
    None for a keystroke: all of it is new, and nothing is deleted. `cuts`: how it is taken in bit by bit.
    """

    data: bytes
    update: Update | None
    placement: Placement | None
    cuts: Cuts | None = None

    @property
    def brings(self) -> bool:
        """Tell whether there is more to it than what is known and deletions of that."""
        return self.placement is None or bool(self.placement.parts)


class LiveDocument:
    """One CRDT in memory."""

    def __init__(self) -> None:
        self._doc: Doc[Any] = Doc()
        self._full: bytes | None = EMPTY_UPDATE
        self._tail: list[bytes] = []
        self._letters: list[bytes] = []
        self._deleted: dict[int, tuple[list[int], list[int]]] | None = None
        self.outline = Outline()
        self.broken = False

    def load_snapshot(self, state: bytes, record: bytes | None) -> None:
        """Take a stored snapshot; raises ProtocolError if it cannot be read."""
        for _ in self.load_slices(state, record):
            pass

    def load_slices(self, state: bytes, record: bytes | None) -> Iterator[None]:
        """Take a stored snapshot slice by slice; the document is usable after the last one. Raises ProtocolError."""
        read = Record.decode(record) if record is not None else None
        if read is None:
            self.apply(self.judge(state))
            return
        self.outline = read.outline
        for update in slice_state(state, read.cuts):
            self._apply(update, True)
            yield
        if read.cuts is not None:
            self.check()
        self._full, self._tail = state, []

    def judge(self, data: bytes) -> Judged:
        """Parse and place an update without changing anything; raises ProtocolError (frame_*, update_*)."""
        keystroke = place_keystroke(data, self.outline)
        if keystroke is not None:
            return Judged(data, None, keystroke)
        update = parse_update(data)
        return Judged(data, update, self.outline.place(update))

    def judging(self, data: bytes, pieces: int = PIECES, *, stored: bool = False) -> Steps[Judged]:
        """The same in steps, for what is large: it is also cut into slices, and the CRDT has decoded each of them. One
        value in it is bounded (MAX_PARTS), unless it is `stored` already.
        """
        offsets: list[int] = []
        update = yield from read_update(data, offsets, not stored)
        placement = yield from self.outline.placing(update)
        if placement is None:
            return Judged(data, update, None)
        cuts = yield from cutting(update, offsets, self.outline, placement, pieces)
        for piece in slice_state(data, cuts):
            try:
                get_state(piece)
            except ValueError as error:
                raise ProtocolError("update_malformed", str(error)) from None
            yield
        return Judged(data, update, placement, cuts)

    def applying(self, judged: Judged) -> Steps[bytes | None]:
        """Apply what `judging` returned, in steps; until the last one the document is between two states."""
        if judged.cuts is None or judged.placement is None:
            return self.apply(judged)
        parts = iter(judged.placement.parts)
        *slices, deletions = slice_state(judged.data, judged.cuts)
        try:
            for update, cut in zip(slices, judged.cuts.slices, strict=True):
                self._apply(update, True)
                self.outline.add(Placement(tuple(islice(parts, sum(part.count for part in cut)))))
                yield
            deleted = self._apply(deletions) if deletions != EMPTY_UPDATE else None
            if slices:
                self.check()
        except CollabError:
            self.broken = True  # a part of it is in
            raise
        if not slices:
            return deleted
        self._full, self._tail = None, []
        return join_slices(judged.data, judged.cuts) + judged.data[judged.cuts.deletions :]

    def apply(self, judged: Judged) -> bytes | None:
        """Apply a judged update; returns the bytes of what is new, None if all was known."""
        if judged.placement is None:
            raise StateError("update_incomplete", "parts that the update builds on are missing")
        if judged.update is not None and judged.update.empty:
            return None
        if judged.update is None:
            self._letters.append(judged.data)
            self.outline.add(judged.placement)
            self._changed(judged.data)
            if len(self._letters) >= _LETTERS:
                self._settle()
            return judged.data
        event = self._apply(judged.data)
        if event is not None:
            self.outline.add(judged.placement)
        elif judged.placement.parts:
            self.broken = True
            raise StateError("document_broken", "the CRDT did not take an update that fits")
        return event

    def _settle(self) -> None:
        """Have the CRDT take in the letters that wait; raises StateError if it cannot."""
        if not self._letters:
            return
        letters, self._letters = self._letters, []
        with self._panics():
            try:
                with self._doc.transaction():
                    for data in letters:
                        self._doc.apply_update(data)
            except ValueError as error:
                self.broken = True
                raise StateError("document_broken", f"the CRDT did not take letters that fit: {error}") from None

    @contextmanager
    def _panics(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:  # a panic of Rust's is no Exception, and its type cannot be imported
            if type(error).__name__ != "PanicException":
                raise
            self.broken = True
            raise StateError("document_broken", f"the CRDT panicked: {error}") from None

    def _apply(self, data: bytes, all_new: bool = False) -> bytes | None:
        self._settle()
        try:
            with self._panics():
                event = self._integrate(data, all_new)
        except ValueError as error:
            # Decoding fails as a whole; integrating may fail half-way, and then the parts before stay in.
            self.broken = parse_state_vector(self.state_vector()) != self.outline.state_vector()
            raise ProtocolError("update_malformed", str(error)) from None
        if event is not None:
            self._changed(event)
        return event

    def _changed(self, event: bytes) -> None:
        self._deleted = None
        if self._full is None or len(self._full) < _LARGE or len(self._tail) >= _TAIL:
            self._full, self._tail = None, []
        else:
            self._tail.append(event)

    def _integrate(self, data: bytes, all_new: bool) -> bytes | None:
        # Listening costs as much as applying. And pycrdt holds its subscribers and their document where no garbage
        # collector looks: so nobody listens for longer than an update takes, and not where it is known what is new.
        if all_new:
            self._doc.apply_update(data)
            return data
        events: list[bytes] = []
        subscription = self._doc.observe(lambda event: events.append(event.update))
        try:
            self._doc.apply_update(data)
        finally:
            self._doc.unobserve(subscription)
        return events[-1] if events else None

    def check(self) -> bytes:
        """Return the encoded state vector; raises StateError if the CRDT did not take what was placed."""
        state = self.state_vector()
        if parse_state_vector(state) != self.outline.state_vector():
            self.broken = True
            raise StateError("document_broken", "the CRDT did not take an update that fits")
        return state

    def read(self, reader: Callable[[Doc[Any]], Read]) -> Read:
        """Return what `reader` finds in the document; it must change nothing."""
        self._settle()
        return reader(self._doc)

    def full(self) -> bytes:
        """Return the whole document as one update; kept until the next change."""
        if self._full is None or self._tail:
            self._settle()
            self._full, self._tail = bytes(self._doc.get_update()), []
        return self._full

    def whole(self) -> tuple[bytes, list[bytes]]:
        """Return the document as one update, and what came to it since that was encoded."""
        return (self._full, self._tail) if self._full is not None else (self.full(), [])

    def state_vector(self) -> bytes:
        """Return the encoded state vector."""
        self._settle()
        return bytes(self._doc.get_state())

    def diff(self, state_vector: bytes) -> bytes:
        """Return what a replica with this (already checked) state vector lacks."""
        if state_vector == b"\x00":
            return self.full()
        self._settle()
        try:
            with self._panics():
                return bytes(self._doc.get_update(state_vector))
        except ValueError as error:
            raise ProtocolError("frame_malformed", str(error)) from None

    def changes_nothing(self, judged: Judged) -> bool:
        """Tell whether all of an update is known, its deletions too."""
        if judged.update is None or judged.placement is None or judged.placement.parts:
            return False
        return all(self._is_deleted(deletion) for deletion in judged.update.deletions)

    def _is_deleted(self, deletion: Span) -> bool:
        if self._deleted is None:
            self._deleted = _merge(parse_update(self.diff(self.state_vector())).deletions)
        starts, ends = self._deleted.get(deletion.client, ([], []))
        place = bisect_right(starts, deletion.clock) - 1
        return place >= 0 and deletion.end <= ends[place]


def _merge(deletions: Iterable[Span]) -> dict[int, tuple[list[int], list[int]]]:
    """Return where deleted ranges of each client start and end; those that touch are one."""
    merged: dict[int, tuple[list[int], list[int]]] = {}
    for deletion in sorted(deletions, key=lambda one: (one.client, one.clock)):
        starts, ends = merged.setdefault(deletion.client, ([], []))
        if ends and deletion.clock <= ends[-1]:
            ends[-1] = max(ends[-1], deletion.end)
        else:
            starts.append(deletion.clock)
            ends.append(deletion.end)
    return merged
