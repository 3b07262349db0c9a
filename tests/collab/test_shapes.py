"""Decks and tables read by Python as the browser reads them: tests/vectors/shapes.json holds both to it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from msgspec import Struct
from pycrdt import Doc, Map, XmlFragment

from collab.schema import position_between


class Position(Struct, frozen=True):
    low: str | None
    high: str | None
    random: list[float]
    made: str


class Document(Struct, frozen=True):
    name: str
    kind: Literal["deck", "table"]
    update: str
    said: object


class Vectors(Struct, frozen=True):
    positions: list[Position]
    documents: list[Document]


VECTORS = msgspec.json.decode((Path(__file__).parents[1] / "vectors" / "shapes.json").read_bytes(), type=Vectors)


@pytest.mark.parametrize("position", VECTORS.positions)
def test_a_position_is_made_from_the_same_chances(position: Position) -> None:
    chances = iter(position.random)
    assert position_between(position.low, position.high, lambda: next(chances)) == position.made


@pytest.mark.parametrize("document", VECTORS.documents, ids=lambda document: document.name)
def test_a_document_says_the_same(document: Document) -> None:
    doc: Doc[Map[object]] = Doc()
    doc.apply_update(base64.b64decode(document.update))
    assert (_deck(doc) if document.kind == "deck" else _table(doc)) == document.said


def _table(doc: Doc[Map[object]]) -> object:
    rows, columns, dead = (doc.get(name, type=Map) for name in ("rows", "cols", "dead"))
    gone = set(dead.keys())
    column_ids = [key for key in _ordered(columns, "!") if key not in gone]
    return {
        "columns": [
            {"id": key, "width": shape["w"], "format": shape["fmt"], "name": shape.get("name", "")}
            for key, shape in ((key, _map(columns, key)) for key in column_ids)
        ],
        "rows": [
            {"id": key, "head": shape.get("#") == "head", "cells": [shape.get(column) for column in column_ids]}
            for key, shape in ((key, _map(rows, key)) for key in _ordered(rows, "!") if key not in gone)
        ],
    }


def _deck(doc: Doc[Map[object]]) -> object:
    slides = doc.get("slides", type=Map)
    return [_slide(key, _map(slides, key)) for key in _ordered(slides, "!")]


def _slide(key: str, slide: Map[object]) -> object:
    elements = _map(slide, "els")
    shapes = [(element, _map(elements, element)) for element in _ordered(elements, "z")]
    return {
        "id": key,
        "bg": slide["bg"],
        "notes": _lines(slide.get("notes")),
        "elements": [
            {"id": element, "kind": shape["k"], "g": shape["g"], "lines": _lines(shape.get("body"))}
            for element, shape in shapes
        ],
    }


def _ordered(shapes: Map[object], position: str) -> list[str]:
    return sorted(shapes.keys(), key=lambda key: (str(_map(shapes, key)[position]), key))


def _map(parent: Map[object], key: str) -> Map[object]:
    found = parent[key]
    assert isinstance(found, Map)
    return found


def _lines(body: object) -> list[str]:
    if not isinstance(body, XmlFragment):
        return []
    return ["".join(str(text) for text in paragraph.children) for paragraph in body.children]  # type: ignore[union-attr]
