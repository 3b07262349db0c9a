"""Memory of connections that do nothing: how much the server grows with each of a thousand.

A fresh server for each figure; 60 connections come before, so that what is made once is not counted; memory is the
proportional set size of all its processes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from benchmarks.measure import Row, settle
from benchmarks.servers import Server, build_server

IDLE = 990
_FIRST = 60


async def idle_row(what: str, kinds: list[str], enter: Callable[[Server, int, bool], Awaitable[object]]) -> Row:
    """`enter(server, number, deflate)` opens so many connections and leaves them open."""
    row = Row(name=f"idle {what} connection: KiB of the server's memory each, {IDLE} connections")
    for kind in kinds:
        row.figures[kind] = {}
        for deflate in (False, True):
            server = build_server(kind)
            server.start()
            try:
                first = await enter(server, _FIRST, deflate)
                await settle(server)
                before = server.memory()
                more = await enter(server, IDLE, deflate)
                await settle(server)
                grown = (server.memory() - before) / IDLE / 1024
                row.figures[kind]["deflate offered" if deflate else "plain"] = grown
                print(f"idle {what} {kind} deflate={deflate}: {grown:.1f} KiB", flush=True)
                del first, more
            finally:
                server.stop()
    return row
