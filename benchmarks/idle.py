"""Memory of what does nothing: how much the server grows with each of many connections, or documents.

A fresh server for each figure; some come before, so that what is made once is not counted; memory is the proportional
set size of all its processes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from benchmarks.goals import Goal
from benchmarks.measure import Kept, Row, settle
from benchmarks.servers import Server, build_server

FIRST = 60
ENDING = 2.0  # seconds: some wait for a minute for connections that stay


@dataclass(frozen=True)
class Column:
    """One figure: `enter(server, number)` brings so many in, and they stay while what it returns is held."""

    name: str
    number: int
    enter: Callable[[Server, int], Awaitable[object]]


async def idle_row(title: str, kinds: Sequence[str], columns: Sequence[Column], goals: list[Goal], kept: Kept) -> None:
    """Measure and save the row, unless it is kept already."""
    if not kept.lacks(title, kinds):
        return
    row = Row(name=title, goals=goals)
    for kind in kinds:
        row.figures[kind] = {column.name: await _grow(kind, column) for column in columns}
    kept.add(row)


async def _grow(kind: str, column: Column) -> float:
    """Return the KiB by which a fresh server grows with each."""
    server = build_server(kind)
    server.ending = ENDING
    server.start()
    try:
        first = await column.enter(server, FIRST)
        await settle(server)
        before = server.memory()
        more = await column.enter(server, column.number)
        await settle(server)
        grown = (server.memory() - before) / column.number / 1024
        print(f"{kind}, {column.name}: {grown:.1f} KiB", flush=True)
        del first, more
    finally:
        server.stop()
    return grown
