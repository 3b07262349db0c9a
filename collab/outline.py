"""What a document holds, without its content: which ids are there, how deep each lies and in whose list, and which are
second halves of a character.

From this alone an update can be judged before the CRDT sees it:
- it builds on parts that are not there          -> `Placement` is None: neither apply nor log it, ask for the
  difference;
- its parts wait for each other in a circle      -> refused (a CRDT would keep them pending for ever);
- a part hangs on something that is no shared type -> refused (pycrdt stops half-way, with half of it in);
- its neighbours stand in two lists, or its right one under a key -> refused (it would stand in one list and belong to
  another: pycrdt then runs in circles, overflows its stack or reads what it has freed; no editor writes such);
- it has several values under one key            -> refused (pycrdt loses the second where they are cut apart), unless
  it deletes them all: Yjs joins those that their writer has replaced, where it keeps them for undoing;
- it nests shared types deeper than MAX_NESTING  -> refused (deleting 200,000 nested maps overflows pycrdt's stack,
  browsers overflow far earlier);
- it cuts a surrogate pair                       -> refused (Yjs and pycrdt then differ for good).
Laws: `place` changes nothing, `add` takes what was placed; ids of one client are contiguous from 0. Runs of one depth
are one entry, so a text of any length costs one. An outline is stored beside each snapshot, since parsing a large
snapshot again costs more than loading it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from heapq import heappop, heappush

from msgspec import Struct

from .codec import Id, Piece, Update
from .errors import ProtocolError
from .lib0 import MAX_NESTING, Reader, build_buffer, build_uint, too_deep
from .steps import STEP, Steps, finish

Home = Id | str | None
"""In whose list an id stands: of the shared type with an id, or of a root; None under a key, or if it is collected."""

_VERSION = b"\x00\x02"  # the first version began with the number of clients


class Placed(Struct, frozen=True, gc=False):
    """The new part of one piece: ids [start, end) of a client, at a depth, in a list."""

    client: int
    start: int
    end: int
    level: int
    holds: bool
    pairs: tuple[int, ...]
    home: Home


class Placement(Struct, frozen=True):
    """The new parts of an update in an order in which they can be added."""

    parts: tuple[Placed, ...]

    def clients(self) -> set[int]:
        """Return the client ids under which something new is written."""
        return {part.client for part in self.parts}


class Runs:
    """One client's ids: from `starts[i]` on `homes[i]` and `marks[i]` hold. A mark is twice the depth, plus 1 where
    others may hang on it; what is collected has no depth.
    """

    __slots__ = ("end", "homes", "marks", "starts")

    def __init__(self, end: int = 0) -> None:
        self.end = end
        self.starts: list[int] = []
        self.marks: list[int] = []
        self.homes: list[Home] = []

    def place(self, clock: int) -> tuple[int, Home]:
        """Return the depth and the list of one id."""
        run = bisect_right(self.starts, clock) - 1
        return self.marks[run] >> 1, self.homes[run]

    def level(self, clock: int) -> int:
        """Return the depth of one id."""
        return self.place(clock)[0]

    def holds(self, clock: int) -> bool:
        """Tell whether others may hang on an id."""
        return bool(self.marks[bisect_right(self.starts, clock) - 1] & 1)

    def append(self, start: int, end: int, level: int, holds: bool, home: Home) -> None:
        """Note that [start, end) lies at `level`, in this list."""
        mark = level << 1 | holds
        if not self.marks or self.marks[-1] != mark or self.homes[-1] != home:
            self.starts.append(start)
            self.marks.append(mark)
            self.homes.append(home)
        self.end = end


class Outline:
    """The outline of one document."""

    def __init__(self) -> None:
        self.runs: dict[int, Runs] = {}
        self.pairs: dict[int, set[int]] = {}

    def state(self, client: int) -> int:
        """Return the first clock of `client` that is not there."""
        runs = self.runs.get(client)
        return runs.end if runs is not None else 0

    def state_vector(self) -> dict[int, int]:
        """Return client -> first clock that is not there."""
        return {client: runs.end for client, runs in self.runs.items()}

    def place(self, update: Update) -> Placement | None:
        """Judge an update; None means that parts it builds on are missing. Raises ProtocolError (update_*)."""
        return finish(self.placing(update))

    def placing(self, update: Update) -> Steps[Placement | None]:
        """The same in steps; the outline must stay as it is meanwhile."""
        if not (yield from self._is_whole(update)):
            return None
        yield from self._check_cuts(update)
        return Placement(tuple((yield from _Planner(self, update).run())))

    def add(self, placement: Placement) -> None:
        """Take up what was placed."""
        for part in placement.parts:
            runs = self.runs.get(part.client)
            if runs is None:
                runs = self.runs[part.client] = Runs()
            runs.append(part.start, part.end, part.level, part.holds, part.home)
            if part.pairs:
                self.pairs.setdefault(part.client, set()).update(part.pairs)

    def _is_whole(self, update: Update) -> Steps[bool]:
        reach: dict[int, int] = {}
        for number, piece in enumerate(update.pieces, 1):
            end = reach.get(piece.client)
            if end is None:
                end = self.state(piece.client)
            if piece.clock > end:
                return False
            reach[piece.client] = max(end, piece.end)
            if number % STEP == 0:
                yield

        def known(reference: Id | None) -> bool:
            if reference is None:
                return True
            end = reach.get(reference[0])
            return reference[1] < (self.state(reference[0]) if end is None else end)

        for number, piece in enumerate(update.pieces, 1):
            if not (known(piece.left) and known(piece.right) and known(piece.parent)):
                return False
            if number % STEP == 0:
                yield
        if any(gap.end > self.state(gap.client) for gap in update.gaps):
            return False
        return all(known((deletion.client, deletion.end - 1)) for deletion in update.deletions)

    def _check_cuts(self, update: Update) -> Steps[None]:
        own: dict[int, set[int]] = {}
        for piece in update.pieces:
            if piece.pairs:
                own.setdefault(piece.client, set()).update(piece.pairs)
        if not own and not self.pairs:
            return

        def cuts(client: int, clock: int) -> bool:
            return clock in own.get(client, ()) or clock in self.pairs.get(client, ())

        for number, piece in enumerate(update.pieces, 1):
            left, right, state = piece.left, piece.right, self.state(piece.client)
            if (
                (left is not None and cuts(left[0], left[1] + 1))
                or (right is not None and cuts(*right))
                or (piece.clock < state < piece.end and state in piece.pairs)
            ):
                raise _cut()
            if number % STEP == 0:
                yield
        for deletion in update.deletions:
            if cuts(deletion.client, deletion.clock) or cuts(deletion.client, deletion.end):
                raise _cut()

    def encode(self) -> bytes:
        """Write it down, to be stored beside a snapshot."""
        found = dict.fromkeys(home for runs in self.runs.values() for home in runs.homes)
        homes = {home: place for place, home in enumerate(found)}
        parts = [_VERSION, build_uint(len(homes)), *map(_build_home, homes), build_uint(len(self.runs))]
        for client, runs in self.runs.items():
            parts.append(build_uint(client) + build_uint(runs.end) + build_uint(len(runs.starts)))
            before = 0
            for start, mark, home in zip(runs.starts, runs.marks, runs.homes, strict=True):
                parts.append(build_uint(start - before) + build_uint(mark) + build_uint(homes[home]))
                before = start
            pairs = sorted(self.pairs.get(client, ()))
            parts.append(build_uint(len(pairs)))
            before = 0
            for clock in pairs:
                parts.append(build_uint(clock - before))
                before = clock
        return b"".join(parts)

    @classmethod
    def decode(cls, data: bytes) -> Outline:
        """Read what `encode` wrote; raises ProtocolError if it is damaged, or of an earlier version."""
        return cls.read(Reader(data))

    @classmethod
    def read(cls, reader: Reader) -> Outline:
        """Read what `encode` wrote from where the reader is; raises ProtocolError."""
        outline = cls()
        for byte in _VERSION:
            if reader.byte() != byte:
                raise ProtocolError("outline_version", "the outline is of an earlier version")
        homes = [_read_home(reader) for _ in range(reader.uint())]
        for _ in range(reader.uint()):
            client = reader.uint()
            runs = outline.runs[client] = Runs(reader.uint())
            start = 0
            for _ in range(reader.uint()):
                start += reader.uint()
                runs.starts.append(start)
                runs.marks.append(reader.uint())
                home = reader.uint()
                if home >= len(homes):
                    raise ProtocolError("frame_malformed", "the outline names a list that it does not have")
                runs.homes.append(homes[home])
            clock = 0
            for _ in range(reader.uint()):
                clock += reader.uint()
                outline.pairs.setdefault(client, set()).add(clock)
        return outline


class _Planner:
    """Finds an order in which the pieces of one whole update can be placed; every piece waits at most three times."""

    def __init__(self, outline: Outline, update: Update) -> None:
        self.outline = outline
        self.fresh: dict[int, Runs] = {}
        self.queues: dict[int, deque[Piece]] = {}
        self.waiting: dict[int, list[tuple[int, int]]] = {}
        self.placed: list[Placed] = []
        self.joined: dict[int, deque[Piece]] = {}
        self.update = update

    def run(self) -> Steps[list[Placed]]:
        """Place everything; raises ProtocolError for a circle or for too much depth."""
        for number, piece in enumerate(self.update.pieces, 1):
            if piece.end > self.outline.state(piece.client):
                self.queues.setdefault(piece.client, deque()).append(piece)
            if number % STEP == 0:
                yield
        ready = deque(self.queues)
        while ready:
            client = ready.popleft()
            queue = self.queues[client]
            while queue:
                blocker = self._blocker(queue[0])
                if blocker is not None:
                    heappush(self.waiting.setdefault(blocker[0], []), (blocker[1], client))
                    break
                self._place(queue.popleft())
                if len(self.placed) % STEP == 0:
                    yield
            waiters = self.waiting.get(client)
            while waiters and waiters[0][0] < self._end(client):
                ready.append(heappop(waiters)[1])
        if any(self.queues.values()):
            raise ProtocolError("update_malformed", "parts of the update wait for each other")
        yield from self._check_joined()
        return self.placed

    def _check_joined(self) -> Steps[None]:
        """Each piece with several values under one key lies in one deletion; both come in the order of their clocks."""
        for number, deletion in enumerate(self.update.deletions, 1):
            joined = self.joined.get(deletion.client)
            while joined and deletion.clock <= joined[0].clock and joined[0].end <= deletion.end:
                joined.popleft()
            if number % STEP == 0:
                yield
        if any(self.joined.values()):
            raise ProtocolError("update_malformed", "several values stand under one key")

    def _end(self, client: int) -> int:
        fresh = self.fresh.get(client)
        return fresh.end if fresh is not None else self.outline.state(client)

    def _blocker(self, piece: Piece) -> Id | None:
        for reference in (piece.left, piece.right, piece.parent):
            if reference is not None and reference[1] >= self._end(reference[0]):
                return reference
        return None

    def _runs(self, reference: Id) -> Runs:
        known = self.outline.runs.get(reference[0])
        return known if known is not None and reference[1] < known.end else self.fresh[reference[0]]

    def _level(self, reference: Id) -> int:
        return self._runs(reference).level(reference[1])

    def _beside(self, piece: Piece) -> tuple[int, Home]:
        """Return the depth and the list of who has neighbours."""
        sides = [self._runs(side).place(side[1]) for side in (piece.left, piece.right) if side is not None]
        sides = [(level, home) for level, home in sides if level] or [(0, None)]  # beside the collected: collected, too
        level, home = sides[-1]
        if piece.right is not None and level and (home is None or sides[0][1] != home):
            raise ProtocolError("update_malformed", "a part stands between two lists")
        return level, home

    def _place(self, piece: Piece) -> None:
        level, home = 0, None
        if piece.left is not None or piece.right is not None:
            level, home = self._beside(piece)
        elif piece.parent is not None:
            if not self._runs(piece.parent).holds(piece.parent[1]):
                raise ProtocolError("update_malformed", "a part hangs on something that is no shared type")
            level, home = self._level(piece.parent) + 1, None if piece.keyed else piece.parent
        elif not piece.collected:
            level, home = 1, None if piece.keyed else piece.root
        if level and home is None and piece.length > 1 and not piece.holds:
            self.joined.setdefault(piece.client, deque()).append(piece)
        if level > MAX_NESTING:
            raise too_deep()
        start = self._end(piece.client)
        fresh = self.fresh.get(piece.client)
        if fresh is None:
            fresh = self.fresh[piece.client] = Runs(start)
        fresh.append(start, piece.end, level, piece.holds, home)
        self.placed.append(Placed(piece.client, start, piece.end, level, piece.holds, piece.pairs, home))


def _build_home(home: Home) -> bytes:
    if home is None:
        return b"\x00"
    if isinstance(home, str):
        return b"\x01" + build_buffer(home.encode())
    return b"\x02" + build_uint(home[0]) + build_uint(home[1])


def _read_home(reader: Reader) -> Home:
    match reader.uint():
        case 0:
            return None
        case 1:
            return reader.string()
        case _:
            return reader.uint(), reader.uint()


def _cut() -> ProtocolError:
    return ProtocolError("update_splits_character", "the update cuts a character in two")
