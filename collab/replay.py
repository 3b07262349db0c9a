"""Jobs of the heavy pool: old states from a full state and the log, the edit that makes a document say what an older
state said, and states without a person's content.

Laws: MessagePack in, MessagePack out. Every state that leaves here was loaded again into an empty document and found
equal (ids, deletions, and what it shows): nothing is stored that could not be read back, a large one also in slices.
An entry that cannot be applied is left out and named.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from .checkpoints import EMPTY_UPDATE, pack, unpack
from .codec import parse_update
from .content import load, rewrite, shown
from .document import LiveDocument
from .errors import CollabError, StateError
from .redact import redact, says
from .slices import Record, find_cuts

REPLAY = "collab.replay:replay"
RESTORE = "collab.replay:restore"
ERASE = "collab.replay:erase"


class Log(Struct, frozen=True, array_like=True):
    """A packed state up to entry `seq`, and entries after it in order; states are wanted after each of `cuts`.
    `sliced`: the last one is to be loaded by workers.
    """

    seq: int
    base: bytes
    entries: list[tuple[int, bytes]]
    cuts: list[int] = []
    sliced: bool = False


class States(Struct, frozen=True, array_like=True):
    """The packed states at the cuts; the last state and its outline; entries that could not be applied, and why."""

    at: dict[int, bytes]
    state: bytes
    outline: bytes
    skipped: dict[int, str]


class Restoring(Struct, frozen=True, array_like=True):
    """Where a document is, where it should be, and the client id of the edit; both states are packed."""

    log: Log
    wanted: bytes
    client: int


class Restored(Struct, frozen=True, array_like=True):
    """The edit, empty if nothing differs, and the packed state before it."""

    update: bytes
    before: bytes


class Erasing(Struct, frozen=True, array_like=True):
    """The log (with cuts), further packed states by id, and whose content goes."""

    log: Log
    others: dict[str, bytes]
    clients: list[int]


class Erased(Struct, frozen=True, array_like=True):
    """The same without the content."""

    states: States
    others: dict[str, bytes]


def replay(data: bytes) -> bytes:
    """Log -> States."""
    return msgspec.msgpack.encode(_replay(msgspec.msgpack.decode(data, type=Log)))


def restore(data: bytes) -> bytes:
    """Restoring -> Restored."""
    task = msgspec.msgpack.decode(data, type=Restoring)
    now = _replay(task.log).state
    doc, wanted = load(now, task.client), load(unpack(task.wanted))
    if shown(doc) == shown(wanted):
        return msgspec.msgpack.encode(Restored(b"", b""))
    events: list[bytes] = []
    subscription = doc.observe(lambda event: events.append(event.update))
    rewrite(doc, wanted)
    doc.unobserve(subscription)  # or this process would keep it for ever
    if len(events) != 1:
        raise StateError("not_restorable", "the state cannot be restored")
    return msgspec.msgpack.encode(Restored(events[0], pack(now)))


def erase(data: bytes) -> bytes:
    """Erasing -> Erased."""
    task = msgspec.msgpack.decode(data, type=Erasing)
    states = _replay(task.log)
    live = _without(states.state, task.clients)
    result = Erased(
        States(
            {seq: pack(_without(unpack(state), task.clients).full()) for seq, state in states.at.items()},
            live.full(),
            _record(live, live.full()),
            states.skipped,
        ),
        {name: pack(_without(unpack(state), task.clients).full()) for name, state in task.others.items()},
    )
    return msgspec.msgpack.encode(result)


def replayed(log: Log) -> bytes:
    """Return the last state of a log."""
    return _replay(log).state


def _replay(log: Log) -> States:
    live = _loaded(unpack(log.base))
    cuts, states, skipped = sorted(log.cuts), {}, {}
    for seq, entry in log.entries:
        while cuts and cuts[0] < seq:
            states[cuts.pop(0)] = pack(_checked(live))
        try:
            live.apply(live.judge(entry))
        except CollabError as error:
            if live.broken:
                raise
            skipped[seq] = f"{error.code}: {error.text}"
    state = _checked(live)
    states |= {cut: pack(state) for cut in cuts}
    return States(states, state, _record(live, state) if log.sliced else live.outline.encode(), skipped)


def _without(state: bytes, clients: list[int]) -> LiveDocument:
    live = _loaded(redact(state, clients))
    if says(_checked(live), clients):
        raise StateError("not_erased", "the content could not be erased")
    return live


def _loaded(state: bytes) -> LiveDocument:
    live = LiveDocument()
    if state != EMPTY_UPDATE:
        live.load_snapshot(state, None)
    return live


def _checked(live: LiveDocument) -> bytes:
    """Return the state after it was read back."""
    state = live.full()
    again = _loaded(state)
    if again.outline.state_vector() != live.outline.state_vector() or _deleted(again.full()) != _deleted(state):
        raise StateError("not_readable", "the state does not survive being read back")
    if again.read(shown) != live.read(shown):
        raise StateError("not_readable", "the state says something else after being read back")
    return state


def _record(live: LiveDocument, state: bytes) -> bytes:
    """Return what is stored beside the state; it is cut only where the slices make the same document."""
    cuts = find_cuts(state)
    if cuts is None:
        return live.outline.encode()
    record, again = Record(live.outline, cuts).encode(), LiveDocument()
    try:
        again.load_snapshot(state, record)
    except CollabError:
        return live.outline.encode()
    same = _deleted(again.read(lambda doc: bytes(doc.get_update()))) == _deleted(state)
    return record if same and again.read(shown) == live.read(shown) else live.outline.encode()


def _deleted(state: bytes) -> set[tuple[int, int, int]]:
    """Return the deleted ranges of clocks, adjacent ones joined."""
    joined: dict[int, list[list[int]]] = {}
    for span in sorted(parse_update(state).deletions, key=lambda span: (span.client, span.clock)):
        spans = joined.setdefault(span.client, [])
        if spans and spans[-1][1] >= span.clock:
            spans[-1][1] = max(spans[-1][1], span.end)
        else:
            spans.append([span.clock, span.end])
    return {(client, start, end) for client, spans in joined.items() for start, end in spans}
