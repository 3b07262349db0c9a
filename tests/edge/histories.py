"""A document that several people write into while everything fails, and what must be true of it afterwards.

Each writes words that exist once, `<who.number>`, into the cells of a table and into a text. A word that was
acknowledged is there once, in every copy, unless it was deleted, undone by a restore, or erased; one that was erased is
in no copy, no entry, no snapshot and no old state, and is told to nobody who came under the new epoch.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from pathlib import Path
from random import Random
from typing import Any

from pycrdt import Doc, Map, Text

from collab.checkpoints import unpack
from collab.content import plain
from tests.edge.copies import Copy, Human, Word


class History:
    """One document and what happens to it, by a seed."""

    def __init__(self, seed: int, people: list[Human]) -> None:
        self.seed, self.people, self.chance = seed, people, Random(seed)
        self.words: dict[str, Word] = {}
        self.erased: set[str] = set()
        self.erasures: list[tuple[str, float, float, int]] = []  # whose, began, ended, the epoch since
        self.restores: list[tuple[float, float]] = []  # the state is of then, ended
        self.document = ""
        self.copies: list[Copy] = []

    async def play(self, seconds: float) -> None:
        """Let everybody write, come and go; meanwhile restore, name and erase."""
        owner, end = self.people[0], time.monotonic() + seconds
        self.document = (await owner.call("POST", "", {"kind": "table", "title": f"{self.seed}"}))[1]["id"]
        rights = [{"subject_kind": "account", "subject": one.account, "right": "write"} for one in self.people[1:]]
        await owner.call("PUT", f"/{self.document}/rights", {"rights": rights})
        for number, human in enumerate(self.people * 2):
            self.copies.append(Copy(self, human, f"c{number}x{self.seed}", self.chance.random() < 0.3))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._rule(end))
            for copy in self.copies:
                group.create_task(self._live(copy, end))

    async def _live(self, copy: Copy, end: float) -> None:
        while time.monotonic() < end:
            copy.wanted = self.chance.random() < (0.95 if copy.wanted else 0.1)
            if not copy.wanted:
                await copy.leave()
            await copy.step()
            await copy.edit(self.chance)
            await asyncio.sleep(self.chance.uniform(0, 0.1))

    async def _rule(self, end: float) -> None:
        marks: list[tuple[int, float]] = []
        while time.monotonic() < end:
            await asyncio.sleep(self.chance.uniform(0.1, 1.0))
            owner, what = self.people[0], self.chance.choice(("mark", "name", "restore", "erase"))
            if what == "mark":
                at, (_, past) = time.monotonic(), await owner.call("GET", f"/{self.document}/versions")
                marks += [(change["last"], at) for change in past["changes"][:1]]
            elif what == "name":
                await owner.call("POST", f"/{self.document}/versions", {"name": f"{time.monotonic_ns()}"})
            elif what == "restore" and marks:
                seq, at = self.chance.choice(marks)
                await owner.call("POST", f"/{self.document}/versions/{seq}/restore")
                self.restores.append((at, time.monotonic()))
            elif what == "erase" and not self.erasures:
                whose, began = self.chance.choice(self.people).account, time.monotonic()
                self.erased.add(whose)
                status, done = await owner.call("POST", f"/{self.document}/erasure", {"account": whose})
                if status == 200:
                    self.erasures.append((whose, began, time.monotonic(), done["epoch"]))

    async def settle(self) -> None:
        """Return once everybody is back, all is acknowledged and all copies are equal."""
        async with asyncio.timeout(120):
            while True:
                for copy in self.copies:
                    copy.wanted = True
                    await copy.step()
                if all(copy.quiet for copy in self.copies) and len({said(copy.doc) for copy in self.copies}) == 1:
                    return
                await asyncio.sleep(0.1)

    def judge(self, stored: Doc[Any], blobs: list[bytes]) -> None:
        """Compare with what is stored; every assertion names the seed."""
        story = f"seed {self.seed}"
        assert {said(copy.doc) for copy in self.copies} == {said(stored)}, story
        there = said(stored)
        for word in self.words.values():
            times, gone = there.count(word.text), self._is_erased(word)
            assert times <= 1, (story, word)
            if gone:
                assert not any(word.text.encode() in blob for blob in blobs), (story, word)
            if gone is False and word.acked is not None and not word.deleted and not self._is_undone(word):
                assert times == 1, (story, word)
        lost = [word.text.encode() for word in self.words.values() if self._is_erased(word)]
        print(
            f"{story}: {sum(word.acked is not None for word in self.words.values())} acknowledged, {len(lost)} erased"
        )
        for _, _, _, since in self.erasures:
            late = b"".join(data for copy in self.copies for epoch, data in copy.told if (epoch or 0) >= since)
            assert not [word for word in lost if word in late], story

    def _is_erased(self, word: Word) -> bool | None:
        """Whether it must be gone; None where that is open, as of what was on its way."""
        for whose, began, ended, since in self.erasures:
            if whose != word.author or (word.sent or ended) > ended:
                continue
            known = word.acked is not None and (word.acked < began if word.epoch is None else word.epoch < since)
            return True if known and not (word.cell and self.restores) else None
        return False

    def _is_undone(self, word: Word) -> bool:
        """Whether a restore may have taken it out."""
        sent, acked = word.sent or 0.0, word.acked or 0.0
        return word.cell and any(acked > state and sent < ended for state, ended in self.restores)


def said(doc: Doc[Any]) -> str:
    """All that a copy says."""
    return json.dumps([plain(doc.get("rows", type=Map)), str(doc.get("notes", type=Text))], sort_keys=True)


def read_store(file: Path, document: str) -> tuple[Doc[Any], list[bytes]]:
    """The document as the database holds it, and all bytes that are kept of it."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:

        def ask(query: str) -> list[Any]:
            return database.execute(query, (document,)).fetchall()

        (head,) = ask("SELECT head FROM document WHERE id = ?")[0]
        ((base, state),) = ask("SELECT seq, state FROM document_snapshot WHERE document = ?")
        log = ask("SELECT seq, data, quarantined FROM document_log WHERE document = ? ORDER BY seq")
        kept = [unpack(row[0]) for row in ask("SELECT state FROM document_checkpoint WHERE document = ?")]
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    newer = [row for row in log if row[0] > base]
    assert [row[0] for row in newer] == list(range(base + 1, head + 1)), "the log has no gaps"
    for _, data, quarantined in newer:
        assert quarantined is None
        doc.apply_update(data)
    return doc, [state, *kept, *(row[1] for row in log)]
