"""Documents: the same Yjs load into Kreide and into the servers people know, in turns of one run.

Kreide works as it always does: tickets and rights are checked, every edit is on the disk (fdatasync) before it is
acknowledged and passed on. The peers keep documents in memory only. A delivery is one edit that reached one other
client; y-websocket also sends each edit back to its author, which is not counted.

    .venv/bin/python -m benchmarks.documents --rows fanout typists --peers y-websocket
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import time
from dataclasses import dataclass

import uvloop

from benchmarks.idle import idle_row
from benchmarks.measure import Lateness, Round, Row, load_rows, percentile, save, settle
from benchmarks.opening import COLUMNS, ROWS, fill, open_table
from benchmarks.servers import Server, build_server, document_tickets, pin_load
from benchmarks.stored import measure_acks
from benchmarks.yjs import EDITS, Client, Notes, awareness, updates

PEERS = ("y-websocket", "hocuspocus", "pycrdt-websocket")
WARM = 1.0
ACKS, ACK_RATE = 500, 10.0
COLD = 3
OTHER_ROWS = ("acks", "idle", "opening")
DRAIN = 10.0


@dataclass(frozen=True)
class Load:
    """So many documents with so many clients, of whom `typists` type `rate` times a second."""

    name: str
    documents: int
    clients: int
    typists: int
    rate: float
    cursors: bool = False


LOADS = {
    "fanout": Load("20 documents x 30 clients, one types 20/s", 20, 30, 1, 20),
    "cursors": Load("20 documents x 30 clients, one types 20/s and the cursor moves with it", 20, 30, 1, 20, True),
    "typists": Load("30 typists x 10/s in one document", 1, 30, 30, 10),
    "editors": Load("30 documents x 33 editors, each types 0.5/s", 30, 33, 33, 0.5),
    "viewers": Load("1,000 viewers of one document, one types 5/s", 1, 1000, 1, 5),
}


def path(server: Server, document: str, ticket: str) -> str:
    """Return where a document is at this server."""
    if server.kind == "kreide":
        return f"/collab/{document}?ticket={ticket}&ack=1"
    return "/" if server.kind == "hocuspocus" else f"/{document}"


async def open_clients(
    server: Server, names: list[str], clients: int, notes: Notes, deflate: bool = False
) -> list[list[Client]]:
    """Return synchronised clients for each document."""
    tickets = iter(await document_tickets(server, [name for name in names for _ in range(clients)]))
    gate = asyncio.Semaphore(30)

    async def enter(client: Client, name: str, ticket: str) -> None:
        async with gate:
            await client.open(server.port, path(server, name, ticket), deflate)

    opened, first, others = [], [], []
    for name in names:
        sent: dict[int, float] = {}
        group = [Client(place, name, sent, notes, server.kind == "hocuspocus") for place in range(clients)]
        entering = [enter(client, name, next(tickets)) for client in group]
        first.append(entering[0])
        others += entering[1:]
        opened.append(group)
    await asyncio.gather(*first)  # pycrdt-websocket fails where two come at once into a new document
    await asyncio.gather(*others)
    return opened


async def play(server: Server, load: Load, seconds: float, turn: int) -> Round:
    """One round: fresh documents, all typists at it for `seconds` after a second of warming."""
    notes = Notes()
    names = fresh_names(load.documents)
    groups = await open_clients(server, names, load.clients, notes)
    await asyncio.sleep(0.5)
    edits = min(EDITS, int((WARM + seconds) * load.rate))
    typing = []
    for group_number, group in enumerate(groups):
        for client in group[: load.typists]:
            shift = (client.place * load.documents + group_number) / (load.documents * load.typists * load.rate)
            for edit, message in enumerate(updates(client.place, edits)):
                cursor = [awareness(client.place, edit + 2)] if load.cursors else []
                call = client.typing(client.place * EDITS + edit, client.frame(message, *cursor))
                typing.append((edit / load.rate + shift, call))
    typing.sort(key=lambda one: one[0])
    warm = sum(due < WARM for due, _ in typing)
    lateness = Lateness()
    await lateness.send_all(typing[:warm])
    await asyncio.sleep(0.1)
    notes.start()
    lateness = Lateness()
    cpu, began = server.cpu(), time.monotonic()
    await lateness.send_all([(due - WARM, call) for due, call in typing[warm:]])
    expected = (len(typing) - warm) * (load.clients - 1)
    notes.expect(expected)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(notes.complete.wait(), DRAIN)
    cpu, spent = server.cpu() - cpu, time.monotonic() - began
    closed = [client.socket.close_code for group in groups for client in group if client.socket.closed]
    if closed:
        print(f"{server.kind} closed {len(closed)} connections, {sorted(map(str, set(closed)))}")
    for number, client in enumerate(client for group in groups for client in group):
        client.socket.abort()
        if number % 50 == 49:  # y-websocket's stack overflows where a thousand go at once
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    return Round(
        server=server.kind,
        turn=turn,
        cpu=cpu,
        seconds=spent,
        units=notes.received,
        lost=expected - notes.received,
        p50=percentile(notes.latencies, 50),
        p99=percentile(notes.latencies, 99),
        lag=lateness.p99,
        extra={"stored ack p99 ms": percentile(notes.acks, 99) * 1e3} if notes.acks else {},
    )


async def play_row(servers: list[Server], load: Load, rounds: int, seconds: float) -> Row:
    """All rounds of one row; one before them warms the servers and is not counted."""
    row = Row(name=load.name, unit="delivery", rounds=[])
    for turn in range(-1, rounds):
        for server in servers:
            one = await play(server, load, seconds if turn >= 0 else 2.0, turn)
            if turn >= 0:
                row.rounds.append(one)
                print(
                    f"{load.name[:24]} {turn} {one.server}: {one.micro:.1f} us, p50 {one.p50 * 1e3:.1f} ms, "
                    f"p99 {one.p99 * 1e3:.1f} ms, lost {one.lost}, lag {one.lag * 1e3:.1f} ms"
                )
    return row


def fresh_names(number: int) -> list[str]:
    """Return names of documents that nobody has opened."""
    return [f"scratch-{time.time_ns()}-{place}" for place in range(number)]


async def play_acks(server: Server, rounds: int, seconds: float) -> Row:
    """The row of the stored ack; the peers do not say when something is stored."""
    row = Row(name=f"stored ack: {ACKS} documents x {ACK_RATE:g}/s, one connection each", unit="stored edit")
    for turn in range(rounds):
        notes = Notes()
        groups = await open_clients(server, fresh_names(ACKS), 1, notes)
        await asyncio.sleep(1)
        row.rounds.append(await measure_acks(server, groups, notes, ACK_RATE, seconds, turn))
        for group in groups:
            group[0].socket.abort()
        await settle(server)
    return row


async def play_opening(servers: list[Server], rounds: int) -> Row:
    """The row of the large table: opened while others have it in memory, and after a restart of the server."""
    row = Row(name=f"opening a table of {ROWS * COLUMNS:,} cells, ms (median and longest of {rounds} openings)")
    for server in servers:
        name = fresh_names(1)[0]
        await fill(server, name, path)
        opened = [await open_table(server, name, path) for _ in range(rounds)]
        row.figures[server.kind] = {
            "first sync": statistics.median(spent for spent, _ in opened) * 1e3,
            "longest first sync": max(spent for spent, _ in opened) * 1e3,
            "longest stall": max(stall for _, stall in opened) * 1e3,
        }
        if server.kind == "kreide":
            cold = []
            for _ in range(COLD):
                server.restart()
                cold.append(await open_table(server, name, path))
            row.figures[server.kind]["cold: first sync"] = statistics.median(spent for spent, _ in cold) * 1e3
            row.figures[server.kind]["cold: longest stall"] = max(stall for _, stall in cold) * 1e3
    return row


async def enter_idle(server: Server, number: int, deflate: bool) -> object:
    """Open so many connections for the idle row, 30 to a document."""
    return await open_clients(server, fresh_names(number // 30), 30, Notes(), deflate)


async def run(arguments: argparse.Namespace) -> None:
    """Measure the rows that were asked for; each is saved as soon as it is there."""
    rows = load_rows(arguments.name) if arguments.resume else []
    done = {row.name for row in rows}
    servers = [build_server(kind) for kind in ("kreide", *arguments.peers)]

    def keep(row: Row) -> None:
        rows.append(row)
        save(arguments.name, rows)

    try:
        for server in servers:
            server.start()
        for name in arguments.rows:
            if name in LOADS and LOADS[name].name not in done:
                keep(await play_row(servers, LOADS[name], arguments.rounds, arguments.seconds))
        if "acks" in arguments.rows and not any(name.startswith("stored ack") for name in done):
            keep(await play_acks(servers[0], arguments.rounds, arguments.seconds))
        if "opening" in arguments.rows and not any(name.startswith("opening") for name in done):
            keep(await play_opening(servers, arguments.rounds))
    finally:
        for server in servers:
            server.stop()
    if "idle" in arguments.rows and not any(name.startswith("idle") for name in done):
        keep(await idle_row("document", [server.kind for server in servers], enter_idle))


def main() -> None:
    """Parse the arguments, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=[*LOADS, *OTHER_ROWS], default=[*LOADS, *OTHER_ROWS])
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--name", default="documents", help="of the files in results/")
    parser.add_argument("--resume", action="store_true", help="keep the rows that the results hold already")
    arguments = parser.parse_args()
    pin_load()
    uvloop.run(run(arguments))


if __name__ == "__main__":
    main()
