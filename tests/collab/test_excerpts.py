"""Slides that go into decks of their own and come back: what they show, who wrote what, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pycrdt import Map
from sqlalchemy import insert, select

from collab import upload_tables
from collab.awareness import Editor
from collab.bus import MemoryBus
from collab.content import load, plain, shown
from collab.errors import CollabError
from collab.excerpts import Excerpts
from collab.heavy import HeavyPool
from collab.history import History
from collab.history_store import HistoryStore
from collab.person import PersonStore
from collab.schema import Box, Slide, deck_seed
from collab.store import DocumentStore
from tests.collab.clients import Client, Replica
from tests.collab.school import Classroom

TEACHER = Editor("teacher", "Frau Ohm", "teacher", 1)
PICTURE = "a" * 64
AT = (100.0, 100.0, 400.0, 100.0, 0.0)


class Lesson:
    """A deck of four slides s1..s4, with a picture and notes on the third."""

    def __init__(self, room: Classroom, pool: HeavyPool) -> None:
        self.room = room
        self.excerpts = Excerpts(room.hubs[0], pool)
        self.history = History(room.hubs[0], pool)

    async def sit(self, account: str, document: str, client: int | None = None) -> Client:
        sitting = await self.room.join(account, document=document, replica=Replica(client))
        await self.room.until(lambda: sitting.replica.synced)
        return sitting

    async def state(self, document: str) -> bytes:
        head = (await self.room.store.heads([document]))[document].head
        return (await self.history.state(document, head)).state

    async def cut(self, *slides: str) -> None:
        copies = [("one", "Gruppe 1"), ("two", "Gruppe 2")]
        await self.excerpts.cut("deck", slides, copies, TEACHER)


def slides_of(doc: Any) -> list[tuple[str, dict[str, Any]]]:
    """The slides of a deck in order, as plain values."""
    slides = shown(doc)["slides"]
    return sorted(slides.items(), key=lambda entry: (entry[1]["!"], entry[0]))


def texts(slide: dict[str, Any]) -> list[str]:
    bodies = [element["body"] for element in slide["els"].values() if "body" in element]
    return sorted(text for body in bodies for _, _, parts in body for piece in parts for text, _ in piece)


@pytest.fixture
async def lesson(any_store: DocumentStore, pool: HeavyPool) -> AsyncIterator[Lesson]:
    boxes: list[tuple[Box, ...]] = [(Box("title", AT, (f"Folie {number}",)),) for number in range(1, 5)]
    boxes[2] += (Box("image", AT, src=PICTURE),)
    async with Classroom(any_store, MemoryBus()) as room:
        seed = deck_seed([Slide(each, notes=("Lösung: 42",)) for each in boxes])
        await room.hubs[0].create("deck", "deck", seed)
        yield Lesson(room, pool)


async def test_slides_go_out_as_copies_and_come_back_with_their_authors(lesson: Lesson) -> None:
    table = upload_tables.upload
    row = {"id": "u1", "school": "s", "hash": PICTURE, "person": "teacher", "name": "x.png", "at": 1}
    blob = {"school": "s", "hash": PICTURE, "place": "p", "size": 1, "type": "image/png", "thumb": 0, "loose": False}
    async with lesson.room.store.database.write() as connection:
        await connection.execute(insert(upload_tables.blob).values(blob))
        await connection.execute(insert(table).values(row | {"document": "deck"}))
    teacher = await lesson.sit("teacher", "deck")
    await lesson.cut("s3", "s2")
    amira, ben = await lesson.sit("amira", "one"), await lesson.sit("ben", "two")
    given = [slide for _, slide in slides_of(amira.replica.doc)]
    assert [texts(slide) for slide in given] == [["Folie 2", "Gruppe 1"], ["Folie 3", "Gruppe 1"]]
    assert given[1]["els"]["e2"]["src"] == PICTURE and not any(slide["notes"] for slide in given)
    async with lesson.room.store.database.read() as connection:
        assert (await connection.execute(select(table.c.document).order_by(table.c.document))).scalars().all() == [
            "deck", "one", "two",
        ]  # fmt: skip

    (first, _), _ = slides_of(amira.replica.doc)
    amira.replica.doc.get("slides", type=Map)[first]["els"]["mine"] = Map({"k": "rect", "g": [0, 0, 9, 9, 0], "z": "z"})
    ben.replica.doc.get("slides", type=Map)["bensownslide"] = Map({"!": "z", "els": Map(), "ink": Map()})
    await lesson.room.settle()
    assert [await lesson.excerpts.bring_back(copy, "deck", TEACHER) for copy in ("one", "two")] == [True, True]
    await lesson.room.settle()
    now = slides_of(teacher.replica.doc)
    labels = [texts(slide)[-1] for key, slide in now if key != "bensownslide"]
    assert labels == ["Folie 1", "Folie 2", "Folie 3", "Gruppe 1", "Gruppe 1", "Gruppe 2", "Gruppe 2", "Folie 4"]
    assert "mine" in dict(now)[first]["els"] and "bensownslide" in dict(now)
    authors = await HistoryStore(lesson.room.store.database).authors("deck")
    assert authors[amira.replica.client_id] == "amira" and authors[ben.replica.client_id] == "ben"
    assert not await lesson.excerpts.bring_back("one", "deck", TEACHER), "nothing is new"

    # Work that goes on comes back again, into the same slides.
    amira.replica.doc.get("slides", type=Map)[first]["els"]["more"] = Map({"k": "rect", "g": [0, 0, 9, 9, 0], "z": "z"})
    await lesson.room.settle()
    assert await lesson.excerpts.bring_back("one", "deck", TEACHER)
    await lesson.room.settle()
    assert "more" in dict(slides_of(teacher.replica.doc))[first]["els"] and len(slides_of(teacher.replica.doc)) == 9


async def test_what_comes_back_changes_no_slide_of_the_deck(lesson: Lesson) -> None:
    await lesson.cut("s1")
    before = shown(load((await lesson.room.store.load("deck")).snapshot.state))  # type: ignore[union-attr]
    amira, ben = await lesson.sit("amira", "one"), await lesson.sit("ben", "two", 77)
    amira.replica.doc.get("slides", type=Map)["s4"] = Map({"!": "z", "bg": "paper"})
    owner = await lesson.sit("teacher", "deck", 77)
    owner.replica.doc.get("slides", type=Map)["s2"]["!"] = "q"
    ben.replica.doc.get("slides", type=Map)["s9"] = Map({"!": "z"})
    await lesson.room.settle()
    for copy, code in (("one", "foreign_slides"), ("two", "foreign_author")):
        with pytest.raises(CollabError) as refused:
            await lesson.excerpts.bring_back(copy, "deck", TEACHER)
        assert refused.value.code == code
    assert plain(owner.replica.doc.get("slides", type=Map)["s4"]) == before["slides"]["s4"]
    with pytest.raises(CollabError) as refused:
        await lesson.cut("s1", "gone")
    assert refused.value.code == "slides_gone"


async def test_an_erasure_finds_in_a_copy_what_its_writer_wrote_in_the_deck(lesson: Lesson) -> None:
    database = lesson.room.store.database
    teacher, ben = await lesson.sit("teacher", "deck", 500), await lesson.sit("ben", "deck", 600)
    title = ben.replica.doc.get("slides", type=Map)["s2"]["els"]["e1"]["body"].children[0].children[0]
    title.insert(0, "GEHEIM ")
    await lesson.room.settle()
    mine = teacher.replica.doc.get("slides", type=Map)["s2"]["els"]["e1"]["body"].children[0].children[0]
    mine.insert(0, "Frau Ohm: ")
    await lesson.room.settle()
    lesson.room.clients.clear()
    await lesson.cut("s2")
    (slide,) = [slide for _, slide in slides_of(load(await lesson.state("one")))]
    assert "".join(texts(slide)).replace("Gruppe 1", "") == "Frau Ohm: GEHEIM Folie 2"
    authors = await HistoryStore(database).authors("one")
    assert sorted(authors.values()) == ["", "", "ben", "teacher", "teacher"], "seeds are nobody's, the label is hers"
    assert await PersonStore(database).written("ben") == ["deck", "one", "two"]

    history = lesson.history
    for document in ("deck", "one"):
        assert await history.erase(document, "ben") == 2
    assert await lesson.excerpts.bring_back("one", "deck", TEACHER)
    for document in ("deck", "one"):
        state = await lesson.state(document)
        assert b"GEHEIM" not in state and b"Frau Ohm: " in state
    assert await lesson.excerpts.bring_back("two", "deck", TEACHER), "whose copy still holds it brings it in his name"
    assert await history.erase("deck", "ben") == 3
    assert b"GEHEIM" not in await lesson.state("deck")
