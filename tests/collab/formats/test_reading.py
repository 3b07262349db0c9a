"""What a seed wrote is read again; what foreign clients wrote wrongly is absent, never an error."""

from __future__ import annotations

from typing import Any

from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from collab.demo import demo_deck, demo_table
from collab.formats.reading import Table, kind_of, open_document, read_deck, read_table, trimmed
from collab.schema import Column, Row, deck_seed, table_seed
from tests.collab.formats.samples import DECK, TABLE


def test_a_seed_is_read_as_it_was_written() -> None:
    assert read_table(open_document([table_seed(TABLE.columns, TABLE.rows)])) == TABLE
    assert read_deck(open_document([deck_seed(DECK.slides)])) == DECK
    named = Table((Column(120, "", "Größe"),), (Row((1,)),))
    assert read_table(open_document([table_seed(named.columns, named.rows)])) == named


def test_the_demo_is_what_it_says() -> None:
    deck, table = open_document([demo_deck()]), open_document([demo_table()])
    assert (kind_of(deck), kind_of(table)) == ("deck", "table")
    assert [slide.boxes[0].lines for slide in read_deck(deck).slides][1] == ("Wiederholung",)
    assert read_table(table).rows[1].cells[0] == "Amira, Ben"


def test_later_updates_count_and_the_dead_are_gone() -> None:
    first: Doc[Map[Any]] = open_document([table_seed([Column()] * 2, [Row((1, 2)), Row((3, 4))])])
    before = first.get_state()
    first.get("dead", type=Map)["c1"] = "V"
    first.get("rows", type=Map)["r2"]["c2"] = "neu"
    late = first.get_update(before)
    table = read_table(open_document([table_seed([Column()] * 2, [Row((1, 2)), Row((3, 4))]), late]))
    assert [row.cells for row in table.rows] == [(2,), ("neu",)]


def test_nonsense_in_a_table_is_absent() -> None:
    doc: Doc[Any] = Doc()
    columns, rows = doc.get("cols", type=Map), doc.get("rows", type=Map)
    columns["c1"] = Map({"!": "V", "w": "wide", "fmt": "!!", "name": 3})
    columns["c2"] = Map({"!": 5})
    columns["c3"] = "no map"
    columns["c4"] = Map({"!": "a", "w": 1e9, "fmt": "%"})
    rows["r1"] = Map({"!": "V", "c1": Map({}), "c4": [1, 2]})
    rows["r2"] = Map({"!": "W", "#": "tail", "c1": "a\x00b\ud7ff\r\nc", "c4": float("inf")})
    rows["r3"] = Array([1])
    assert read_table(doc) == Table((Column(120), Column(800, "%")), (Row((None, None)), Row(("ab\ud7ff\nc", None))))


def test_nonsense_in_a_deck_is_absent() -> None:
    doc: Doc[Any] = Doc()
    slides = doc.get("slides", type=Map)
    slides["s0"] = "no map"
    slides["s1"] = Map({"!": "V", "bg": "marble", "els": Map(), "notes": Text("x")})
    elements = slides["s1"]["els"]
    shapes: dict[str, dict[str, Any]] = {
        "e1": {"k": "film", "g": [0, 0, 1, 1, 0], "z": "V"},
        "e2": {"k": "rect", "g": [0, 0, "x", 1, 0], "z": "V"},
        "e3": {"k": "rect", "g": "01234", "z": "V"},
        "e4": {"k": "rect", "g": [0, 0, 1, 1, 0]},
        "e5": {"k": "text", "g": [1, 2, -3, 4], "z": "V", "color": "pink", "size": 9, "align": [], "alt": 1},
    }
    for name, shape in shapes.items():
        elements[name] = Map(shape)
    body = elements["e5"]["body"] = XmlFragment()
    body = elements["e5"]["body"]
    paragraph = body.children.append(XmlElement("paragraph"))
    paragraph.children.append(XmlText("eins"))
    body.children.append(XmlText("zwei"))
    (slide,) = read_deck(doc).slides
    (box,) = slide.boxes
    assert slide.bg == "board" and slide.notes == ()
    assert (box.kind, box.at, box.lines) == ("text", (1, 2, 1, 4, 0), ("eins", "zwei"))
    assert (box.color, box.size, box.align, box.alt) == ("", "", "", "")


def test_the_empty_end_of_a_table_is_cut_off() -> None:
    table = Table((Column(), Column(name="x"), Column()), (Row((1, None, None)), Row((None, None, None))))
    assert trimmed(table) == Table((Column(), Column(name="x")), (Row((1, None)),))
    assert trimmed(Table((Column(), Column()), (Row((None, None)),) * 2)) == Table((Column(),), (Row((None,)),))
    assert trimmed(Table((), ())) == Table((), ())
