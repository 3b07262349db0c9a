"""One server plays while the others stand still: their processes and their loads are stopped until it has played.

Without that, hundreds of connections of servers that wait keep the core of the one that plays, tens of milliseconds at
a time, and its slowest packets tell of them.

Laws: nobody is stopped but while somebody else plays, a few seconds, which consent (RFC 7675: 30 s) and every server's
own patience outlast; before each play all have a moment to make up for what they missed. A load is stopped before its
server and goes on after it, so that nothing waits at a socket that nobody reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

MOMENT, LAST = 0.3, 0.02
"""Seconds in which all go on before one plays; in which a server passes on the last of its load."""


class Standing(Protocol):
    """Somebody who can be made to stand still."""

    def load_processes(self) -> Iterable[int]:
        """The ids of its load's processes."""

    def server_processes(self) -> Iterable[int]:
        """The ids of its server's processes."""


class Stage:
    """All who are there; the list is its owner's, who adds and removes."""

    def __init__(self, players: Sequence[Standing] = ()) -> None:
        self._players = players

    @asynccontextmanager
    async def alone(self, one: Standing) -> AsyncIterator[None]:
        """Let nobody else run."""
        others = [other for other in self._players if other is not one]
        if others:
            await asyncio.sleep(MOMENT)
        try:
            for other in others:
                _send(other.load_processes(), signal.SIGSTOP)
            if others:
                await asyncio.sleep(LAST)
            for other in others:
                _send(other.server_processes(), signal.SIGSTOP)
            yield
        finally:
            for other in others:
                _send(other.server_processes(), signal.SIGCONT)
            for other in others:
                _send(other.load_processes(), signal.SIGCONT)


def _send(processes: Iterable[int], what: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):  # it has ended; its next turn finds out
            os.kill(process, what)
