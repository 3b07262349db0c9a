"""Making a document say what another says: exactly that, by changing no more than differs."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from pycrdt import Doc, Map, Text, XmlElement, XmlFragment, XmlText

from collab.content import load, plain, rewrite, shown
from collab.demo import demo_deck, demo_table
from collab.errors import StateError


def change_table(doc: Doc[Any], random: Random) -> None:
    rows, dead = doc.get("rows", type=Map), doc.get("dead", type=Map)
    ids = sorted(rows.keys())
    for _ in range(20):
        row = random.choice(ids)
        match random.randrange(5):
            case 0:
                rows[row][f"c{random.randrange(1, 9)}"] = random.choice(["𝄞 neu", 4.5, True, "=SUM({c1.r1}:{c1.r5})"])
            case 1:
                rows[row].pop(f"c{random.randrange(1, 9)}", None)
            case 2:
                dead[row] = rows[row]["!"]
            case 3:
                dead.pop(row, None)
            case 4:
                ids.append(f"n{random.randrange(10**9)}")
                rows[ids[-1]] = Map({"!": f"k{random.randrange(1, 9)}", "c1": "dazu"})


def change_deck(doc: Doc[Any], random: Random) -> None:
    slides = doc.get("slides", type=Map)
    for _ in range(12):
        slide = slides[random.choice(sorted(slides.keys()))]
        element = slide["els"].get(random.choice(["e1", "e2", "e3"]))
        match random.randrange(6):
            case 0 if len(list(slides.keys())) > 2:
                del slides[random.choice(sorted(slides.keys()))]
            case 1:
                new = f"s{random.randrange(10**9)}"
                slides[new] = Map({"!": "m", "bg": "board", "els": Map(), "ink": Map(), "notes": XmlFragment()})
            case 2 if element is not None:
                element["g"] = [random.randrange(900), 5, 20, 30, 0]
            case 3 if element is not None and element.get("body") is not None:
                paragraph = element["body"].children.insert(0, XmlElement("paragraph"))
                paragraph.children.append(XmlText(f"Absatz 😀 {random.randrange(99)}"))
            case 4 if element is not None and element.get("body") is not None and len(element["body"].children):
                del element["body"].children[random.randrange(len(element["body"].children))]
            case _:
                slide["ink"][f"i{random.randrange(99)}"] = {"c": "mark", "w": 2, "p": [1, 2, 0.5]}


def visible(doc: Doc[Any]) -> dict[str, Any]:
    """What a person sees: without the dead."""
    said = shown(doc)
    for name in ("rows", "cols"):
        said[name] = {key: value for key, value in said[name].items() if key not in said["dead"]}
    del said["dead"]
    return said


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("state", "change"), [(demo_table(), change_table), (demo_deck(), change_deck)])
def test_a_rewritten_document_says_the_same(state: bytes, change: Any, seed: int) -> None:
    print("seed", seed)
    random = Random(seed)
    then, now = load(state, 21), load(state, 22)
    change(then, random)
    now.apply_update(then.get_update())
    wanted = load(then.get_update())
    change(now, random)
    change(now, random)
    before = now.get_update()
    editor = load(before, 23)
    events: list[bytes] = []
    editor.observe(lambda event: events.append(event.update))
    rewrite(editor, wanted)
    assert visible(editor) == visible(wanted)
    now.apply_update(events[0])
    assert visible(now) == visible(wanted), "the edit alone carries it"
    assert len(events) == 1


def test_only_what_differs_is_changed() -> None:
    wanted, now = load(demo_table()), load(demo_table(), 5)
    now.get("rows", type=Map)["r3"]["c1"] = "falsch"
    before = len(now.get_update())
    rewrite(now, wanted)
    assert len(now.get_update()) - before < 60


def test_what_was_added_since_is_buried_not_deleted() -> None:
    wanted, now = load(demo_table()), load(demo_table(), 5)
    now.get("rows", type=Map)["new"] = Map({"!": "k", "c1": "Arbeit"})
    rewrite(now, wanted)
    assert plain(now.get("rows", type=Map)["new"])["c1"] == "Arbeit"
    assert now.get("dead", type=Map)["new"] == "k"


def test_a_document_without_a_shape_is_refused() -> None:
    doc: Doc[Any] = Doc()
    doc.get("text", type=Text).insert(0, "free")
    with pytest.raises(StateError):
        rewrite(doc, load(demo_table()))
