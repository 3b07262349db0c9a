"""What documents and chat share: servers in turns, rows by the number of processes, the arguments of the command.

Laws: the servers of a row take turns, and a first turn warms them and is not counted; while the rows of servers with so
many processes are measured, all of those servers run; each row is saved as soon as it is there.
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from benchmarks.measure import Kept, Round, Row
from benchmarks.servers import Server, build_server


class Player(Protocol):
    """One server with everybody in."""

    async def enter(self) -> None:
        """Bring everybody in."""

    async def play(self, turn: int) -> Round:
        """One round."""

    async def leave(self) -> None:
        """Drop all connections."""


class Load(Protocol):
    """One row: its name, and the processes of each server."""

    @property
    def name(self) -> str: ...

    @property
    def workers(self) -> int: ...


L = TypeVar("L", bound=Load)
Play = Callable[[list[Server], L], Awaitable[Row]]
After = Callable[[list[Server]], Awaitable[None]]


async def take_turns(row: Row, rounds: int, players: Sequence[Player]) -> Row:
    """Bring everybody in, play all rounds of a row, let everybody go."""
    for one in players:
        await one.enter()
    for turn in range(-1, rounds):
        for one in players:
            played = await one.play(turn)
            if turn >= 0:
                row.rounds.append(played)
                print(_tell(row.name, played), flush=True)
    for one in players:
        await one.leave()
    return row


def _tell(name: str, one: Round) -> str:
    return (
        f"{name[:32]} {one.turn} {one.server}: {one.micro:.1f} us, p50 {one.p50 * 1e3:.1f} ms, "
        f"p99 {one.p99 * 1e3:.1f} ms, lost {one.lost}, lag {one.lag * 1e3:.1f} ms"
    )


async def play_rows(
    loads: Iterable[L], kinds: Sequence[str], kept: Kept, play: Play[L], after: After | None = None
) -> None:
    """Measure the rows of servers with as many processes as these loads say, and what comes after on the same ones."""
    missing = [load for load in loads if kept.lacks(load.name, kinds)]
    if not missing and after is None:
        return
    servers = [build_server(kind, missing[0].workers if missing else 1) for kind in kinds]
    try:
        for server in servers:
            server.start()
        for load in missing:
            kept.add(await play(servers, load))
        if after is not None:
            await after(servers)
    finally:
        for server in servers:
            server.stop()


def read_arguments(about: str | None, name: str, rows: Sequence[str], peers: Sequence[str]) -> argparse.Namespace:
    """The arguments of the command."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=rows, default=rows)
    parser.add_argument("--peers", nargs="*", choices=peers, default=peers)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round")
    parser.add_argument("--name", default=name, help="of the files in results/")
    parser.add_argument("--resume", action="store_true", help="keep the rows that the results hold already")
    return parser.parse_args()
