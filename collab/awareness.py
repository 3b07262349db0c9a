"""Who is in a document and where their cursor is: the rules for awareness entries, without I/O or clock.

Laws:
- an entry counts only if its client id belongs to the connection that sent it; a connection owns one id: the first it
  sends that nobody owns. All others (stock clients echo everything they see) are ignored, not punished. The same
  account may take its id along to a new connection.
- the server writes `user` (id, name, role, colour) into each state; what the client claims there is lost.
- clocks are the server's: they only rise, also over workers (they start from wall time in tenths of a second), so a
  stale "gone" never wins.
- nobody gets an own id back. Everything live is sent again before stock clients would drop it (30 s); a dead worker's
  people go with it.
- at most `MAX_PEOPLE` entries and `MAX_STATE` bytes a state, and one message changes no more than taking one id for
  another does (`MAX_CHANGES`); more is ignored.
Not done here: sending, and deciding when a connection is dead.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from .lib0 import MAX_NESTING, json_depth
from .sync import Entry, build_entry

MAX_PEOPLE = 300
MAX_STATE = 4096
MAX_CHANGES = 4
EPOCH = 1_767_225_600
"""2026-01-01: clocks count tenths of seconds from here and fit 32 bits until 2039."""

COLOURS = ("#8a4b14", "#1f6a55", "#8b3a68", "#2c5c9a", "#6b4aa0", "#a23a30", "#4d6420", "#1c6680")
"""--person-1 to --person-8 of the design tokens."""

_GONE = b"null"


class Editor(Struct, frozen=True):
    """Who a connection is: account, name, role as the application knows them; colour 0 to 7 is --person-N."""

    account: str
    name: str
    role: str
    colour: int


class Here(Struct, gc=False):
    """One live entry. `owner` is a connection's number, or None for one of another worker."""

    client: int
    clock: int
    state: bytes
    account: str
    owner: int | None
    worker: str

    def entry(self) -> bytes:
        """Encode it for the wire."""
        return build_entry(Entry(self.client, self.clock, self.state))


class Remote(Struct, frozen=True, array_like=True):
    """One entry as workers tell it to each other."""

    client: int
    clock: int
    state: bytes
    account: str


class Room:
    """The awareness of one document on one worker."""

    def __init__(self, worker: str) -> None:
        self.worker = worker
        self.here: dict[int, Here] = {}
        self._owned: dict[int, int] = {}
        self._gone: dict[int, tuple[int, str]] = {}

    def receive(self, now: float, connection: int, editor: Editor, entries: tuple[Entry, ...]) -> list[Here]:
        """Take what a connection sent; returns the entries to pass on to everybody else."""
        changed: list[Here] = []
        for entry in entries:
            if len(changed) >= MAX_CHANGES:
                break
            if self._may_speak(connection, editor, entry):
                changed += self._take(now, connection, editor, entry)
        return changed

    def _may_speak(self, connection: int, editor: Editor, entry: Entry) -> bool:
        if len(entry.state) > MAX_STATE:
            return False
        own = self._owned.get(connection)
        if own == entry.client:
            return True
        known = self.here.get(entry.client)
        if known is not None:
            return own is None and known.account == editor.account
        # Not here: new, or back again. A late echo of somebody who has just gone comes from another account.
        _, account = self._gone.get(entry.client, (0, editor.account))
        return entry.state != _GONE and account == editor.account and len(self.here) < MAX_PEOPLE

    def _take(self, now: float, connection: int, editor: Editor, entry: Entry) -> list[Here]:
        if entry.state == _GONE:
            return self._remove(now, entry.client)
        state = stamp(entry.state, editor)
        if state is None:
            return []
        own = self._owned.get(connection)
        changed = self._remove(now, own) if own is not None and own != entry.client else []
        known = self.here.get(entry.client)
        if known is not None:
            if known.owner == connection and known.state == state:
                return []
            if known.owner is not None and known.owner != connection:
                self._owned.pop(known.owner, None)
        here = Here(entry.client, self._clock(now, entry.client), state, editor.account, connection, self.worker)
        self.here[entry.client] = here
        self._owned[connection] = entry.client
        return [*changed, here]

    def _clock(self, now: float, client: int) -> int:
        known = self.here.get(client)
        before = known.clock if known is not None else self._gone.pop(client, (0, ""))[0]
        return max(before + 1, wall_clock(now))

    def _remove(self, now: float, client: int) -> list[Here]:
        known = self.here.get(client)
        if known is None:
            return []
        clock = self._clock(now, client)
        del self.here[client]
        if known.owner is not None:
            self._owned.pop(known.owner, None)
        self._gone[client] = (clock, known.account)
        return [Here(client, clock, _GONE, known.account, known.owner, known.worker)]

    def connection_closed(self, now: float, connection: int) -> list[Here]:
        """Forget a connection; returns the removal to pass on."""
        client = self._owned.get(connection)
        return self._remove(now, client) if client is not None else []

    def renew(self, now: float) -> list[Here]:
        """Raise the clocks of our own people, to be sent to everybody again; forgets who is long gone."""
        wall = wall_clock(now)
        self._gone = {client: gone for client, gone in self._gone.items() if gone[0] >= wall - 600}
        ours = [here for here in self.here.values() if here.owner is not None]
        for here in ours:
            here.clock = max(here.clock + 1, wall)
        return ours

    def receive_remote(self, worker: str, entries: list[Remote]) -> list[Here]:
        """Take what another worker tells; returns what is news to pass on to our connections."""
        changed = []
        for remote in entries:
            known = self.here.get(remote.client)
            before = known.clock if known is not None else self._gone.get(remote.client, (0, ""))[0]
            if remote.clock <= before:
                continue
            if remote.state == _GONE:
                if known is None or known.worker != worker:
                    continue
                del self.here[remote.client]
                self._gone[remote.client] = (remote.clock, remote.account)
            elif known is None and len(self.here) >= MAX_PEOPLE:
                continue
            here = Here(remote.client, remote.clock, remote.state, remote.account, None, worker)
            if known is not None and known.owner is not None:
                self._owned.pop(known.owner, None)
            if remote.state != _GONE:
                self._gone.pop(remote.client, None)
                self.here[remote.client] = here
            changed.append(here)
        return changed

    def worker_lost(self, now: float, worker: str) -> list[Here]:
        """Forget the people of a worker that fell silent; returns the removals to pass on."""
        lost = [here.client for here in self.here.values() if here.worker == worker]
        return [removed for client in lost for removed in self._remove(now, client)]


def wall_clock(now: float) -> int:
    """Return the clock that wall time stands for."""
    return max(1, int((now - EPOCH) * 10))


def stamp(state: bytes, editor: Editor) -> bytes | None:
    """Write the server's word on who this is into a state; None if the state is no JSON object."""
    try:
        too_deep = json_depth(state.decode()) > MAX_NESTING
        fields = msgspec.json.decode(state, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if too_deep:
        return None
    user = {
        "id": editor.account,
        "name": editor.name,
        "role": editor.role,
        "color": COLOURS[editor.colour % len(COLOURS)],
        "colour": editor.colour % len(COLOURS),
    }
    fields["user"] = msgspec.Raw(msgspec.json.encode(user))
    stamped = msgspec.json.encode(fields)
    return stamped if len(stamped) <= MAX_STATE + 1024 else None


def to_remote(here: Here) -> Remote:
    """Turn an entry into what is told to other workers."""
    return Remote(here.client, here.clock, here.state, here.account)
