"""Entries of a map as a document of their own: what they say, who wrote which letter, and what stays behind."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from pycrdt import Doc, Map, XmlText

from collab.content import load, plain
from collab.document import LiveDocument
from collab.graft import Graft
from collab.redact import redact, said_by
from collab.schema import Box, Slide, deck_seed

BOX = (100.0, 100.0, 400.0, 100.0, 0.0)
WRITERS = 5
KEYS = {b"s1": b"one", b"s3": b"three"}


def letter(writer: int) -> str:
    return chr(ord("a") + writer)


def body(doc: Doc[Any], slide: str) -> XmlText:
    text = doc.get("slides", type=Map)[slide]["els"]["e1"]["body"].children[0].children[0]
    assert isinstance(text, XmlText)
    return text


def write(chance: Random, doc: Doc[Any], writer: int) -> None:
    """One change by a writer, in which every word is made of the writer's own letter."""
    own = letter(writer) * chance.randint(1, 4)
    name = chance.choice(["s1", "s2", "s3"])
    slide, text = doc.get("slides", type=Map)[name], body(doc, name)
    match chance.randrange(8):
        case 0 | 1 | 2:
            text.insert(chance.randint(0, len(text)), own, {"bold": True} if chance.random() < 0.2 else None)
        case 3 if len(text) > 2:
            start = chance.randrange(len(text) - 1)
            del text[start : start + 2]
        case 4:
            slide["els"][chance.choice(["x", "y"])] = Map({"k": "image", "alt": own})
        case 5:
            slide["els"]["e1"]["alt"] = own
        case 6:
            slide["ink"][chance.choice(["i", "j"])] = {"c": own}
        case _ if "x" in slide["els"]:
            del slide["els"]["x"]


def happen(seed: int) -> tuple[bytes, dict[int, int]]:
    """People write into a deck, together and apart; its state and the writer behind each client id."""
    chance = Random(seed)
    base = deck_seed([Slide((Box("title", BOX, ("",)),), notes=("LÖSUNG",)) for _ in range(3)])
    ids = chance.sample(range(2, 2**32), WRITERS)
    # Every other time deleted words stay in the bytes.
    docs: list[Doc[Any]] = [Doc(client_id=id, skip_gc=seed % 2 == 1) for id in ids]
    for doc in docs:
        doc.apply_update(base)
    for _ in range(150):
        writer = chance.randrange(WRITERS)
        write(chance, docs[writer], writer)
        if chance.random() < 0.3:
            docs[writer].apply_update(docs[chance.randrange(WRITERS)].get_update())
    body(docs[0], "s1").insert(0, "WEG")
    del body(docs[0], "s1")[:3]
    for doc in docs[1:]:
        docs[0].apply_update(doc.get_update())
    return bytes(docs[0].get_update()), {id: writer for writer, id in enumerate(ids)}


@pytest.mark.parametrize("seed", range(40))
def test_a_graft_says_the_same_in_the_name_of_those_who_wrote_it(seed: int) -> None:
    state, writers = happen(seed)
    graft = Graft(state, b"slides", KEYS, [b"notes"])
    fresh = dict(zip(graft.clients, sorted(Random(seed).sample(range(2, 2**32), len(graft.clients))), strict=True))
    made = graft.build(fresh, KEYS)
    live = LiveDocument()
    assert live.apply(live.judge(made)) is not None, "it is an edit like any other"
    old, new = load(state).get("slides", type=Map), load(made).get("slides", type=Map)
    assert sorted(new.keys()) == ["one", "three"], seed
    for before, after in KEYS.items():
        wanted = {key: value for key, value in plain(old[before.decode()]).items() if key != "notes"}
        assert plain(new[after.decode()]) == wanted, seed
    for gone in ("LÖSUNG".encode(), b"WEG"):
        assert gone not in made
    for client, writer in writers.items():
        if client not in fresh:
            continue
        others = {letter(other) for other in range(WRITERS)} - {letter(writer)}
        said = [one.content for one in said_by(made, [fresh[client]]) if one.text]
        assert not [one for one in said if others & set(one[1:].decode())], seed
        left = plain(load(redact(made, [fresh[client]])).get("slides", type=Map))
        words = [one for one in _words(left) if set(one) <= {letter(one_) for one_ in range(WRITERS)}]
        assert letter(writer) not in "".join(words), seed


def _words(value: object) -> list[str]:
    """All texts in plain values, without keys, colours and sizes."""
    if isinstance(value, dict):
        said = [value[key] for key in value if key not in ("!", "k", "z", "bg")]
        return [word for one in said for word in _words(one)]
    if isinstance(value, list | tuple):
        return [word for one in value for word in _words(one)]
    return [value] if isinstance(value, str) else []


def test_entries_that_were_deleted_are_not_copied() -> None:
    doc = load(deck_seed([Slide((Box("title", BOX, ("x",)),))]), 7)
    del doc.get("slides", type=Map)["s1"]
    graft = Graft(bytes(doc.get_update()), b"slides", [b"s1"], [])
    assert graft.clients == [] and graft.build({}, {}) == b"\x00\x00"
