"""Documents: the same Yjs load into Kreide and into the servers people know, in turns of one run.

Kreide works as it always does: tickets and rights are checked, every edit is on the disk (fdatasync) before it is
acknowledged and passed on. The peers keep documents in memory only. A delivery is one edit that reached one other
client; y-websocket also sends each edit back to its author, which is not counted. Rows of two processes have a Redis
between them, whose CPU is counted with theirs, and all share one core; of the peers only Hocuspocus knows such a thing.

    .venv/bin/python -m benchmarks.documents --rows fanout typists --peers y-websocket

All of it takes about 12 minutes on two cores; `--resume` goes on where it was ended.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from functools import partial

import uvloop

from benchmarks.goals import BOUND, BUSY, P99, RATIO, Goal
from benchmarks.idle import Column, idle_row
from benchmarks.measure import Kept, Row, settle
from benchmarks.opening import COLUMNS, ROWS, fill, folded, open_table, paste_table
from benchmarks.servers import Server, pin_load
from benchmarks.stored import measure_acks
from benchmarks.turns import play_rows, read_arguments
from benchmarks.typing_rounds import Load, fresh_names, open_clients, path, play_row
from benchmarks.yjs import Notes, page

PEERS = ("y-websocket", "hocuspocus", "pycrdt-websocket")
SPREAD = ("hocuspocus",)  # peers that join several processes by Redis
KEPT = {"kreide": "on disk (fdatasync)"} | dict.fromkeys(PEERS, "in memory")
ACKS, ACK_RATE, ACK_ROUND = 500, 10.0, 2.0
OPENINGS, COLD, PASTES = 4, 3, 5
IDLE, IDLE_DOCUMENTS, TOGETHER = 990, 300, 30
FAN_OUT = (Goal(RATIO, 0.65, "y-websocket"),)

LOADS = {
    "fanout": Load("20 documents x 30 clients, one types 20/s", 20, 30, 1, 20, goals=FAN_OUT),
    "cursors": Load(
        "20 documents x 30 clients, one types 20/s and the cursor moves with it", 20, 30, 1, 20, True, goals=FAN_OUT
    ),
    "typists": Load(
        "30 typists x 10/s in one document", 1, 30, 30, 10, goals=(Goal(RATIO, 0.4, "y-websocket"), Goal(P99, 25))
    ),
    "editors": Load(
        "30 documents x 33 editors, each types 0.5/s", 30, 33, 33, 0.5, goals=(Goal(BUSY, 60), Goal(P99, 60))
    ),
    "viewers": Load("1,000 silent viewers of one document, one types 5/s", 1, 1000, 1, 5, silent=True),
    "fanout-two": Load("20 documents x 30 clients, one types 20/s", 20, 30, 1, 20, workers=2),
    "editors-two": Load(
        "30 documents x 33 editors, each types 0.5/s", 30, 33, 33, 0.5, workers=2, goals=(Goal(P99, 100),)
    ),
}
OTHER_ROWS = ("acks", "opening", "pasting", "idle")


async def play_acks(server: Server, rounds: int, seconds: float, kept: Kept) -> None:
    """The row of the stored ack; the peers do not say when something is stored."""
    title = f"stored ack: {ACKS} documents x {ACK_RATE:g}/s, one connection each"
    if not kept.lacks(title, [server.kind]):
        return
    row = Row(name=title, unit="stored edit", goals=[Goal(BOUND, 1)])
    for turn in range(rounds):
        notes = Notes()
        groups = await open_clients(server, fresh_names(ACKS), 1, notes)
        await asyncio.sleep(1)
        row.rounds.append(await measure_acks(server, groups, notes, ACK_RATE, seconds, turn))
        for group in groups:
            group[0].socket.abort()
        await settle(server)
    kept.add(row)


async def play_opening(servers: list[Server], kept: Kept) -> None:
    """The row of the large table: opened while others have it in memory, and after a restart of the server."""
    title = f"opening a table of {ROWS * COLUMNS:,} cells, ms (median and longest of {OPENINGS} openings)"
    if not kept.lacks(title, [server.kind for server in servers]):
        return
    first, stall, cold, cold_stall = "first sync", "longest stall", "cold: first sync", "cold: longest stall"
    row = Row(name=title, goals=[Goal(first, 500), Goal(stall, 30), Goal(cold, 500), Goal(cold_stall, 150)])
    for server in servers:
        name = fresh_names(1)[0]
        writer = await fill(server, name, path)
        opened = [await open_table(server, name, path) for _ in range(OPENINGS)]
        writer.socket.abort()
        row.figures[server.kind] = {
            first: statistics.median(spent for spent, _ in opened) * 1e3,
            "longest first sync": max(spent for spent, _ in opened) * 1e3,
            stall: max(stalled for _, stalled in opened) * 1e3,
        }
        if server.kind == "kreide":
            server.restart()
            _, stalled = await open_table(server, name, path)
            row.figures[server.kind]["stall before its log is folded"] = stalled * 1e3
            await folded(server, name)
            again = []
            for _ in range(COLD):
                server.restart()
                again.append(await open_table(server, name, path))
            row.figures[server.kind][cold] = statistics.median(spent for spent, _ in again) * 1e3
            row.figures[server.kind][cold_stall] = max(stalled for _, stalled in again) * 1e3
    kept.add(row)


async def play_pasting(servers: list[Server], kept: Kept) -> None:
    """The row of a large table that somebody pastes while others are there."""
    title = f"pasting {ROWS * COLUMNS:,} cells, ms (median and longest of {PASTES} pastes)"
    if not kept.lacks(title, [server.kind for server in servers]):
        return
    seen, stall = "another client has them", "longest stall"
    row = Row(name=title, goals=[Goal(stall, 150)])
    for server in servers:
        pasted = [await paste_table(server, name, path) for name in fresh_names(PASTES)]
        row.figures[server.kind] = {
            seen: statistics.median(spent for spent, _ in pasted) * 1e3,
            "median stall": statistics.median(stalled for _, stalled in pasted) * 1e3,
            stall: max(stalled for _, stalled in pasted) * 1e3,
        }
    kept.add(row)


async def enter_together(server: Server, number: int, deflate: bool) -> object:
    """Open so many connections, 30 to a document."""
    return await open_clients(server, fresh_names(number // TOGETHER), TOGETHER, Notes(), deflate=deflate)


async def enter_alone(server: Server, number: int) -> object:
    """Open so many documents with a page of text, one connection each."""
    groups = await open_clients(server, fresh_names(number), 1, Notes())
    for group in groups:
        client = group[0]
        client.frame_times.append(time.perf_counter())
        client.socket.send(client.frame(page()))
    return groups


async def play_idle(kinds: list[str], kept: Kept) -> None:
    """The row of the memory of connections and of documents."""
    plain = Column("connection, 30 to a document", IDLE, partial(enter_together, deflate=False))
    deflate = Column("the same, deflate offered", IDLE, partial(enter_together, deflate=True))
    alone = Column("document of one page with its connection", IDLE_DOCUMENTS, enter_alone)
    title = f"idle: KiB of the server's memory each, {IDLE} connections, {IDLE_DOCUMENTS} documents"
    await idle_row(title, kinds, [plain, deflate, alone], [Goal(deflate.name, 20)], kept)


async def run(given: argparse.Namespace) -> None:
    """Measure the rows that were asked for; each is saved as soon as it is there."""
    kept = Kept(given.name, given.resume)

    async def play(servers: list[Server], load: Load) -> Row:
        return await play_row(servers, load, given.rounds, given.seconds, KEPT)

    async def play_others(servers: list[Server]) -> None:
        if "acks" in given.rows:
            await play_acks(servers[0], given.rounds, ACK_ROUND, kept)
        if "opening" in given.rows:
            await play_opening(servers, kept)
        if "pasting" in given.rows:
            await play_pasting(servers, kept)

    kinds = ["kreide", *given.peers]
    loads = [LOADS[name] for name in given.rows if name in LOADS]
    others = play_others if {"acks", "opening", "pasting"} & set(given.rows) else None
    await play_rows([load for load in loads if load.workers == 1], kinds, kept, play, others)
    spread = [kind for kind in kinds if kind == "kreide" or kind in SPREAD]
    await play_rows([load for load in loads if load.workers > 1], spread, kept, play)
    if "idle" in given.rows:
        await play_idle(kinds, kept)


def main() -> None:
    """Parse the arguments, measure, save."""
    given = read_arguments(__doc__, "documents", [*LOADS, *OTHER_ROWS], PEERS)
    pin_load()
    uvloop.run(run(given))


if __name__ == "__main__":
    main()
