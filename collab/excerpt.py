"""Chosen slides of a deck as decks of their own, and their way back: jobs of the heavy pool.

Laws: MessagePack in, MessagePack out. A copy holds what its slides show, under new ids that stand for those of who
wrote it, with a label; notes for whoever speaks stay behind, and so does what was deleted. Its slides stand where they
will stand in the deck: behind the last one chosen, copy by copy.
They come back as they are, update into deck, so that every letter keeps its author and work that goes on can come
back again. What comes back changes nothing in the deck but slides that the same copy brought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

import msgspec
from msgspec import Struct
from pycrdt import Map, XmlElement, XmlFragment, XmlText

from .codec import parse_state_vector
from .content import load, plain, shown
from .document import LiveDocument
from .errors import StateError
from .graft import Graft
from .redact import writers_by_key
from .replay import Log, replayed
from .schema import even_positions, position_between

CUT: Final = "collab.excerpt:cut"
FIT: Final = "collab.excerpt:fit"
MOST_SLIDES: Final = 20
CLIENT_IDS: Final = 2**32 - 1
_LABEL_AT: Final = [1120, 16, 440, 44, 0]
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Copy(Struct, frozen=True, array_like=True):
    """A copy that is wanted: the client id that it is labelled under, and what is written on each slide."""

    client: int
    label: str


class Cutting(Struct, frozen=True, array_like=True):
    """Where the deck is, which of its slides are wanted, and in which copies; `seed` is for new ids."""

    log: Log
    slides: list[str]
    copies: list[Copy]
    seed: int


class Made(Struct, frozen=True, array_like=True):
    """A copy as an update, and for each of its client ids which one of the deck it stands for."""

    update: bytes
    clients: dict[int, int]


class Fitting(Struct, frozen=True, array_like=True):
    """Where the deck is, and where one of its copies."""

    deck: Log
    copy: Log


class Fitted(Struct, frozen=True, array_like=True):
    """The edit that brings a copy back, empty if nothing is new, and under which client ids it was written."""

    update: bytes
    clients: list[int]


def cut(data: bytes) -> bytes:
    """Cutting -> list of Made, one a copy."""
    task = msgspec.msgpack.decode(data, type=Cutting)
    state, random = replayed(task.log), Random(task.seed)
    deck = load(state)
    slides = deck.get("slides", type=Map)
    order = sorted((_place(slides[key]), key) for key in sorted(slides.keys()))
    chosen = [key for _, key in order if key in set(task.slides)]
    if not 0 < len(chosen) == len(set(task.slides)) <= MOST_SLIDES:
        raise StateError("slides_gone", "the deck does not have these slides")
    last = next(number for number, (_, key) in enumerate(order) if key == chosen[-1])
    below, above = order[last][0], next((place for place, _ in order[last + 1 :] if place > order[last][0]), None)
    start = position_between(below or None, above, random.random)
    places = iter(even_positions(len(chosen) * len(task.copies)))
    graft = Graft(state, b"slides", [key.encode() for key in chosen], [b"notes"])
    given = {key: _given(slides[key]) for key in chosen}
    return msgspec.msgpack.encode(
        [_copied(graft, given, copy, [start + next(places) for _ in chosen], random) for copy in task.copies]
    )


def fit(data: bytes) -> bytes:
    """Fitting -> Fitted; raises StateError(foreign_slides)."""
    task = msgspec.msgpack.decode(data, type=Fitting)
    state, copy = replayed(task.deck), replayed(task.copy)
    clients = set(parse_state_vector(bytes(load(copy).get_state())))
    live = LiveDocument()
    live.load_snapshot(state, None)
    judged = live.judge(copy)
    if live.changes_nothing(judged):
        return msgspec.msgpack.encode(Fitted(b"", []))
    before, after = shown(load(state)), load(state)
    after.apply_update(copy)
    writers = writers_by_key(state)
    for name, entries in shown(after).items():
        for key in entries.keys() | before[name].keys():
            if entries.get(key) == before[name].get(key):
                continue
            ours = name == "slides" and (key not in before[name] or writers.get(key.encode(), {0}) <= clients)
            if not ours:
                raise StateError("foreign_slides", "this would change slides that are not of this copy")
    return msgspec.msgpack.encode(Fitted(copy, sorted(clients)))


def _place(slide: Any) -> str:
    place = slide.get("!") if isinstance(slide, Map) else None
    return place if isinstance(place, str) else ""


def _given(slide: Any) -> dict[str, Any]:
    """Return what a slide shows, without where it stands and the notes for it."""
    return {key: value for key, value in plain(slide).items() if key not in ("!", "notes")}


def _copied(graft: Graft, given: Mapping[str, Any], copy: Copy, places: Sequence[str], random: Random) -> Made:
    made = {key: "".join(random.choice(_LETTERS) for _ in range(12)) for key in given}
    fresh = set[int]()
    while len(fresh) < len(graft.clients):
        fresh |= {1 + random.randrange(CLIENT_IDS)} - {copy.client}
    clients = dict(zip(graft.clients, sorted(fresh), strict=True))
    doc = load(graft.build(clients, {old.encode(): new.encode() for old, new in made.items()}), copy.client)
    root = doc.get("slides", type=Map)
    if {key: _given(root.get(made[key])) for key in given} != given:
        raise StateError("not_copied", "these slides cannot be copied")
    with doc.transaction():
        meta = doc.get("meta", type=Map)
        meta["kind"], meta["v"] = "deck", 1
        for new, place in zip(made.values(), places, strict=True):
            slide = root[new]
            slide["!"], slide["notes"] = place, XmlFragment()
            _label(slide, copy.label)
    return Made(bytes(doc.get_update()), {new: old for old, new in clients.items()})


def _label(slide: Map[Any], text: str) -> None:
    elements = slide.get("els")
    if not isinstance(elements, Map):
        return
    above = max(
        (str(one.get("z")) for key in sorted(elements.keys()) if isinstance(one := elements[key], Map)), default=""
    )
    body = XmlFragment()
    elements["label"] = Map(
        {"k": "text", "g": list(_LABEL_AT), "z": above + "V", "size": "s", "align": "end", "body": body}
    )
    body.children.append(XmlElement("paragraph")).children.append(XmlText(text))
