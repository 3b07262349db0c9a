"""Chosen slides of a deck as decks of their own, and their way back: jobs of the heavy pool.

Laws: MessagePack in, MessagePack out. A copy holds what its slides show, under new ids, with a label; notes for whoever
speaks stay behind. Its slides stand where they will stand in the deck: behind the last one chosen, copy by copy.
They come back as they are, update into deck, so that every letter keeps its author and work that goes on can come
back again. What comes back changes nothing in the deck but slides that the same copy brought.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, Final

import msgspec
from msgspec import Struct
from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText

from .codec import parse_state_vector
from .content import load, put, shown
from .document import LiveDocument
from .errors import StateError
from .redact import writers_by_key
from .replay import Log, replayed
from .schema import even_positions, position_between

CUT: Final = "collab.excerpt:cut"
FIT: Final = "collab.excerpt:fit"
MOST_SLIDES: Final = 20
_LABEL_AT: Final = [1120, 16, 440, 44, 0]
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Copy(Struct, frozen=True, array_like=True):
    """A copy that is wanted: the client id that it is written under, and what is written on each slide."""

    client: int
    label: str


class Cutting(Struct, frozen=True, array_like=True):
    """Where the deck is, which of its slides are wanted, and in which copies; `seed` is for new ids."""

    log: Log
    slides: list[str]
    copies: list[Copy]
    seed: int


class Fitting(Struct, frozen=True, array_like=True):
    """Where the deck is, and where one of its copies."""

    deck: Log
    copy: Log


class Fitted(Struct, frozen=True, array_like=True):
    """The edit that brings a copy back, empty if nothing is new, and under which client ids it was written."""

    update: bytes
    clients: list[int]


def cut(data: bytes) -> bytes:
    """Cutting -> list of updates, one a copy."""
    task = msgspec.msgpack.decode(data, type=Cutting)
    deck, random = load(replayed(task.log)), Random(task.seed)
    slides = deck.get("slides", type=Map)
    order = sorted((_place(slides[key]), key) for key in sorted(slides.keys()))
    chosen = [key for _, key in order if key in set(task.slides)]
    if not 0 < len(chosen) == len(set(task.slides)) <= MOST_SLIDES:
        raise StateError("slides_gone", "the deck does not have these slides")
    last = next(number for number, (_, key) in enumerate(order) if key == chosen[-1])
    below, above = order[last][0], next((place for place, _ in order[last + 1 :] if place > order[last][0]), None)
    start = position_between(below or None, above, random.random)
    places = iter(even_positions(len(chosen) * len(task.copies)))
    return msgspec.msgpack.encode(
        [_copied(slides, chosen, copy, [start + next(places) for _ in chosen], random) for copy in task.copies]
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


def _copied(slides: Map[Any], chosen: Sequence[str], copy: Copy, places: Sequence[str], random: Random) -> bytes:
    doc: Doc[Any] = Doc(client_id=copy.client)
    with doc.transaction():
        meta = doc.get("meta", type=Map)
        meta["kind"], meta["v"] = "deck", 1
        root = doc.get("slides", type=Map)
        for key, place in zip(chosen, places, strict=True):
            made = "".join(random.choice(_LETTERS) for _ in range(12))
            put(root, made, slides[key])
            slide = root[made]
            slide["!"], slide["notes"] = place, XmlFragment()
            _label(slide, copy.label)
    return bytes(doc.get_update())


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
