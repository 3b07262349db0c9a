"""Seen from outside the process: whatever is acknowledged, or shown to somebody else, was stored before.

The kernel is asked (strace), not the program: between the moment in which an edit, a message, a file or a wish arrived
and the one in which somebody is told of it, the log that holds it was synced; of PostgreSQL, its COMMIT was answered.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Map

from collab.upload_bytes import new_place
from tests.edge.promises import (
    PostgresStored,
    Promise,
    SqliteStored,
    broken,
    file_kept,
    of_chat,
    of_documents,
    of_erasure,
    of_request,
)
from tests.edge.traces import STRACE, read_trace, sockets_in, tracing
from tests.server import Api, KreideServer
from tests.wire import ChatClient, YClient

EDITS, MESSAGES = 15, 8
NAMES = ("ada", "ben", "cem")
WORD = re.compile(
    rb"(?:\x05(?:ada|ben|cem|eva)-\d|\x06(?:ada|ben|cem|eva)-\d\d|wort)"
)  # keys stand behind their length
FILE = b"%PDF-1.7 a file of which the disk has to know"
TABLE = "demo-table"
pytestmark = [
    pytest.mark.edge,
    pytest.mark.skipif(STRACE is None or os.geteuid() != 0, reason="only root may look on (strace)"),
]


def test_a_promise_that_came_too_early_is_found() -> None:
    def hexed(text: str) -> str:
        return "".join(f"\\x{byte:02x}" for byte in text.encode())

    log = hexed("/d/collab.db-wal")
    calls = read_trace(
        [
            f"7 fdatasync(4<{log}>) = 0",
            f'7 pwrite64(4<{log}>, "{hexed("..wort..")}", 8, 0) = 8',
            f"7 fdatasync(4<{log}> <unfinished ...>",
            f'6 write(9<{hexed("socket:[1]")}>, "{hexed("xyz")}", 3) = 2',
            "7 <... fdatasync resumed>) = -1 EIO",
            f"7 fdatasync(4<{log}> <unfinished ...>",
            "7 <... fdatasync resumed>) = 0",
        ]
    )
    assert [call.data for call in calls if call.name == "write"] == [b"xy"]
    promises = [Promise("", (b"wort",), asked, told) for asked, told in ((0, 7), (0, 5), (0, 3), (1, 7))]
    assert broken(promises, SqliteStored(calls)) == promises[1:], "early, earlier, and nothing written since"


async def write(writers: list[YClient], readers: list[YClient]) -> None:
    """Let them write at the same moment, again and again, so that their edits share a tick."""
    for _ in range(EDITS):
        keys = [await writer.write() for writer in writers]
        await asyncio.gather(*(writer.until_acked(key) for writer, key in zip(writers, keys, strict=True)))
        for reader in readers:
            await reader.until(set(keys))


async def chat(people: list[ChatClient]) -> None:
    for _ in range(MESSAGES):
        numbers = await asyncio.gather(*(one.send("demo-class") for one in people))
        assert None not in numbers
        for one in people:
            await one.until({number for number in numbers if number is not None})


async def change_the_past(server: KreideServer, api: Api, ticket: str) -> None:
    """Write into a table, restore what was before, and erase who wrote."""
    path = f"/api/v1/documents/{TABLE}"
    eva = YClient(server.url, TABLE, ticket, "eva", 1)
    async with eva:
        await eva.until_synced()
        row = eva.doc.get("rows", type=Map)["r2"]
        for text in ("wort", "kaputt"):
            await eva.change(lambda text=text: row.__setitem__("c1", text), text)  # type: ignore[misc]
            await eva.until_acked(text)
        assert await asyncio.to_thread(api.post, f"{path}/versions/1/restore", None) == {"changed": True}
        past: Any = await asyncio.to_thread(api.get, f"{path}/versions")
        account = next(one["account"] for one in past["changes"][0]["people"] if one["account"] != "teacher")
        erased = await asyncio.to_thread(api.post, f"{path}/erasure", {"account": account})
        assert erased == {"epoch": 2}
        await eva.until_closed()
        assert eva.close_code == 4404


async def live(server: KreideServer, trace: Path) -> None:
    """Do all that is promised something for, while the kernel is watched."""
    tickets = {name: server.ticket(document="scratch-trace", right="write", name=name) for name in NAMES}
    alone = server.ticket(document="scratch-alone", right="write", name="eva")
    eva = server.ticket(document=TABLE, right="write", name="eva")
    people = [
        ChatClient(server.url, server.ticket(meeting="demo-lesson", role="pupil", name=name), f"{name}-sagt")
        for name in NAMES
    ]
    api = server.login("teacher")
    async with asyncio.timeout(600), tracing(server, trace):
        writers = [YClient(server.url, "scratch-trace", ticket, name) for name, ticket in tickets.items()]
        lone = YClient(server.url, "scratch-alone", alone, "eva")
        for editor in (*writers, lone):
            await editor.connect()
            await editor.until_synced()
        for person in people:
            await person.connect()
        await write([lone], [])
        await write(writers, writers)
        await chat(people)
        await asyncio.to_thread(api.send_file, "/api/v1/uploads?channel=demo-class&name=Spur.pdf", FILE)
        await change_the_past(server, api, eva)
        for editor in (*writers, lone):
            await editor.disconnect()
        for person in people:
            await person.disconnect()


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_nothing_is_told_before_it_is_stored(request: pytest.FixtureRequest, tmp_path: Path, store: str) -> None:
    flags = ["--database", request.getfixturevalue("postgres_url")] if store == "postgres" else []
    server, trace = KreideServer(tmp_path / "data", *flags), tmp_path / "trace"
    server.start()
    digest = hashlib.sha256(FILE).hexdigest()
    place = server.data / "uploads" / new_place("demo", digest, 0)
    place.parent.mkdir(parents=True)  # as somebody has left it who died before they were on the disk
    try:
        await live(server, trace)
    finally:
        server.kill()
    calls = read_trace(trace.read_text().splitlines())
    sockets = sockets_in(calls)
    stored = SqliteStored(calls) if store == "sqlite" else PostgresStored(sockets)
    file = of_request(sockets, "file", "POST /api/v1/uploads", digest.encode(), b"Spur.pdf")
    restored = of_request(sockets, "restored", f"POST /api/v1/documents/{TABLE}/versions/1/restore", b"wort")
    erased = of_request(sockets, "erased", f"POST /api/v1/documents/{TABLE}/erasure", TABLE.encode())
    edits, messages = of_documents(sockets, WORD), of_chat(sockets)
    promises = [*edits, *messages, file, restored, erased, *of_erasure(sockets, erased)]
    told = Counter(promise.what for promise in promises)
    assert told["edit acked"] >= EDITS * (len(NAMES) + 1), told
    assert told["edit shown"] >= EDITS * len(NAMES) * (len(NAMES) - 1), told
    assert told["message acked"] == MESSAGES * len(NAMES), told
    assert told["message shown"] >= MESSAGES * len(NAMES) * (len(NAMES) - 1), told
    assert told["thrown out"] == 1, told
    together = Counter(promise.told for promise in edits if promise.what == "edit shown")
    assert max(together.values()) > 1, "no edits of two people shared a tick"
    assert broken(promises, stored) == []
    if store == "sqlite":
        assert file_kept(calls, digest, str(server.data), file)
    else:
        assert broken([Promise("bytes", (FILE,), file.asked, file.told)], stored) == []
