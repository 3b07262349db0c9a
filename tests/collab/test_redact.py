"""Erased content is gone from the bytes, everything else stays, and no replica that still has it brings it back."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from pycrdt import Doc, Map, Text, XmlElement, XmlText

from collab.codec import parse_update
from collab.content import load, plain, shown
from collab.demo import demo_deck, demo_table
from collab.document import LiveDocument
from collab.redact import redact, says

PUPIL, TEACHER = 77, 99


def written() -> bytes:
    """A table into which a pupil and a teacher wrote."""
    teacher = load(demo_table(), TEACHER)
    pupil = load(demo_table(), PUPIL)
    rows = pupil.get("rows", type=Map)
    rows["mine"] = Map({"!": "k", "c1": "GEHEIM eins"})
    rows["r2"]["c1"] = "GEHEIM zwei"
    pupil.get("cols", type=Map)["c3"]["name"] = "GEHEIM drei"
    pupil.get("cols", type=Map)["c3"]["w"] = 300
    teacher.apply_update(pupil.get_update())
    teacher.get("rows", type=Map)["mine"]["c2"] = "von der Lehrerin"
    teacher.get("rows", type=Map)["r3"]["c1"] = "auch"
    return bytes(teacher.get_update())


def test_the_content_is_gone_and_the_rest_stays() -> None:
    before = written()
    after = redact(before, {PUPIL})
    assert before.count(b"GEHEIM") == 3 and b"GEHEIM" not in after
    assert says(before, {PUPIL}) and not says(after, {PUPIL})
    doc = load(after)
    rows = doc.get("rows", type=Map)
    assert plain(rows["mine"]) == {"!": "k", "c2": "von der Lehrerin"}, "others' work in the same row stays"
    assert rows["r3"]["c1"] == "auch" and "c1" not in rows["r2"]
    assert plain(doc.get("cols", type=Map)["c3"])["w"] == 300 and "name" not in doc.get("cols", type=Map)["c3"]
    live = LiveDocument()
    live.load_snapshot(after, None)
    assert b"GEHEIM" not in live.full()


def test_text_in_a_deck_goes_letter_by_letter() -> None:
    teacher, pupil = load(demo_deck(), TEACHER), load(demo_deck(), PUPIL)

    def text(doc: Doc[Any]) -> XmlText:
        paragraph = doc.get("slides", type=Map)["s2"]["els"]["e2"]["body"].children[0]
        assert isinstance(paragraph, XmlElement)
        found = paragraph.children[0]
        assert isinstance(found, XmlText)
        return found

    text(pupil).insert(5, "GEHEIM 😀")
    teacher.apply_update(pupil.get_update())
    text(teacher).insert(2, "ja")
    after = load(redact(bytes(teacher.get_update()), {PUPIL}))
    assert str(text(after)) == "Nojarmalparabel: y = x²"


def test_a_value_that_says_something_goes_from_a_key_of_shape_too() -> None:
    pupil = load(demo_table(), PUPIL)
    pupil.get("rows", type=Map)["r2"]["!"] = "kein Platz, sondern GEHEIM"
    pupil.get("cols", type=Map)["c1"]["w"] = {"GEHEIM": 1}
    pupil.get("cols", type=Map)["c2"]["fmt"] = ["GEHEIM"]
    assert b"GEHEIM" not in redact(bytes(pupil.get_update()), {PUPIL})


def test_a_replica_that_still_has_it_does_not_bring_it_back() -> None:
    old = load(written(), 5)
    server = LiveDocument()
    server.load_snapshot(redact(written(), {PUPIL}), None)
    answer = bytes(old.get_update(server.state_vector()))
    assert b"GEHEIM" not in answer, "it has nothing that the server lacks"
    whole = bytes(old.get_update())
    server.apply(server.judge(whole))
    assert b"GEHEIM" not in server.full(), "not even when it sends everything"
    old.apply_update(server.full())
    assert "GEHEIM" not in str(shown(old)), "and it learns of the erasure"


def test_an_edit_that_builds_on_erased_content_still_fits() -> None:
    base: Doc[Any] = Doc(client_id=PUPIL)
    base.get("text", type=Text).insert(0, "GEHEIM")
    other = load(bytes(base.get_update()), TEACHER)
    other.get("text", type=Text).insert(3, "mitten drin")
    edit = bytes(other.get_update(base.get_state()))
    server = LiveDocument()
    server.load_snapshot(redact(bytes(base.get_update()), {PUPIL}), None)
    judged = server.judge(edit)
    assert judged.placement is not None
    server.apply(judged)
    assert str(load(server.full()).get("text", type=Text)) == "mitten drin"


@pytest.mark.parametrize("seed", range(20))
def test_random_histories(seed: int) -> None:
    print("seed", seed)
    random = Random(seed)
    clients = [11, 12, 13, 14]
    docs: list[Doc[Any]] = [Doc(client_id=client) for client in clients]
    words = {client: chr(ord("A") + number) for number, client in enumerate(clients)}
    for _ in range(120):
        doc = random.choice(docs)
        text, values = doc.get("text", type=Text), doc.get("map", type=Map)
        match random.randrange(4):
            case 0 | 1:
                text.insert(random.randrange(len(text) + 1), words[doc.client_id] * random.randrange(1, 4))
            case 2 if len(text) > 3:
                start = random.randrange(len(text) - 2)
                del text[start : start + 2]
            case _:
                values[random.choice("pqr")] = words[doc.client_id] * 3
        doc.apply_update(random.choice(docs).get_update(doc.get_state()))
    for doc in docs:
        docs[0].apply_update(doc.get_update())
    state = bytes(docs[0].get_update())
    gone = set(random.sample(clients, 2))
    after = load(redact(state, gone))
    whole = str(docs[0].get("text", type=Text))
    kept = "".join(letter for letter in whole if letter not in {words[client] for client in gone})
    assert str(after.get("text", type=Text)) == kept
    left = docs[0].get("map", type=Map).to_py() or {}
    assert after.get("map", type=Map).to_py() == {
        key: value for key, value in left.items() if value[0] not in {words[client] for client in gone}
    }
    assert parse_update(redact(state, set())).deletions == parse_update(redact(redact(state, set()), set())).deletions
