"""Minutes of everything at once from people who are let in: the others work on, and the server's memory stays flat.

KREIDE_FLOOD_SECONDS makes it longer (the default is for CI); what is asserted of memory holds for any length.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.edge.flood import Orders
from tests.server import ROOT, KreideServer
from tests.wire import YClient

pytestmark = pytest.mark.edge
SECONDS = float(os.environ.get("KREIDE_FLOOD_SECONDS", "8"))
GROWTH = 48 << 20  # bytes the server may grow by between the first quarter and the end
DOCUMENT, CALM = "scratch-flood", "scratch-calm"


def memory(server: KreideServer) -> int:
    """Bytes that belong to the server's process (proportional set size)."""
    lines = Path(f"/proc/{server.pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


class Poured:
    """How much the flood says it has sent."""

    def __init__(self) -> None:
        self.messages = 0
        self.begun = asyncio.Event()

    async def read(self, stdout: asyncio.StreamReader) -> None:
        async for line in stdout:
            self.messages = int(line)
            if self.messages:
                self.begun.set()
        self.begun.set()  # or has ended by itself


def draw_up(server: KreideServer) -> str:
    """Return orders for the flood, with tickets of its own."""

    def at(document: str, right: str, name: str) -> str:
        return f"{server.url}/collab/{document}?ticket={server.ticket(document=document, right=right, name=name)}"

    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    meeting = server.ticket(meeting="demo-lesson", role="pupil", name="Eve")
    edits, noise = at(DOCUMENT, "write", "Mallory"), at(DOCUMENT, "write", "Trudy")
    return msgspec.json.encode(Orders(server.url, edits, noise, at(CALM, "read", "Eve"), meeting, seed)).decode()


@asynccontextmanager
async def flooding(orders: str) -> AsyncIterator[Poured]:
    """A process that floods the server until the end of the block; it must not have ended by itself."""
    command = (sys.executable, "-m", "tests.edge.flood", orders)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    poured = Poured()
    reading = asyncio.create_task(poured.read(process.stdout))
    try:
        yield poured
        assert process.returncode is None, "the flood ended by itself"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


@pytest.mark.timeout(SECONDS + 1200)
async def test_a_flood_from_people_who_are_let_in(tmp_path: Path) -> None:
    server = KreideServer(tmp_path / "data")
    server.start()
    tickets = [server.ticket(document=CALM, right="write", name=name) for name in ("Ada", "Ben")]
    orders = draw_up(server)
    try:
        async with (
            YClient(server.url, CALM, tickets[0], "ada") as ada,
            YClient(server.url, CALM, tickets[1], "ben") as ben,
            flooding(orders) as poured,
        ):
            await poured.begun.wait()  # the server has something to do from here on
            first, written, began = 0, 0, time.monotonic()
            while (passed := time.monotonic() - began) < SECONDS or poured.messages < 1000:
                async with asyncio.timeout(120):
                    key = await ada.write()
                    await ada.until_acked(key)
                    await ben.until({key})
                written += 1
                if passed > SECONDS / 4 and not first:
                    first = memory(server)
                await asyncio.sleep(0.01)
            last = memory(server)
            assert ada.close_code is None and ben.close_code is None
        print(f"{poured.messages} messages poured in, {written} edits of others acknowledged and seen meanwhile")
        print(f"memory {first >> 20} MiB after a quarter, {last >> 20} MiB at the end")
        assert last - first < GROWTH
    finally:
        assert server.stop() == 0
