"""What shows that no pickle is written or read: processes in which pickle fails, and an ear for all that Redis carries.

A pickle is a program: whoever can write to Redis could run theirs in a worker that reads one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from redis.asyncio import Redis

PREFIX = "kreide:"

# Python runs a `sitecustomize` before anything else.
_TRAP = """
import os, pickle, traceback

def note(text):
    with open(os.environ["KREIDE_TEST_TRAP"] + text[0], "a") as file:
        file.write(text[1:])

def trap(*_, **__):
    note("!" + "".join(traceback.format_stack()))
    raise RuntimeError("this is a pickle")

class Trapped:
    __init__ = trap

for name in ("load", "loads", "dump", "dumps"):
    setattr(pickle, name, trap)
for name in ("Pickler", "Unpickler"):
    setattr(pickle, name, Trapped)
note(f"#{os.getpid()} ")
"""


class Trap:
    """Processes in which every use of pickle is noted, and what would be noted if one were read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._notes = folder / "notes"
        self._ran = folder / "ran"
        (folder / "sitecustomize.py").write_text(_TRAP)

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Whatever Python is started meanwhile, with all its children, is such a process."""
        os.environ |= {"PYTHONPATH": str(self._folder), "KREIDE_TEST_TRAP": str(self._notes)}
        yield
        del os.environ["PYTHONPATH"], os.environ["KREIDE_TEST_TRAP"]

    def processes(self) -> set[int]:
        """Return the ids of all of them so far."""
        return {int(pid) for pid in Path(f"{self._notes}#").read_text().split()}

    def caught(self) -> str:
        """Return who called pickle, and what a pickle has run."""
        files = [Path(f"{self._notes}!"), self._ran]
        return "".join(file.read_text() for file in files if file.exists())

    async def throw(self, url: str, topics: Iterable[str]) -> None:
        """Publish pickles that say so when they are read to all these topics, in every protocol that there is."""
        bombs = [pickle.dumps(Bomb(str(self._ran)), protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
        async with Redis.from_url(url) as redis:
            heard = [await redis.publish(PREFIX + topic, bomb) for topic in list(topics) for bomb in bombs]
        assert any(heard), "nobody listens there"


class Bomb:
    def __init__(self, file: str) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"echo run >> {self._file}",)


@asynccontextmanager
async def everything_on(url: str) -> AsyncIterator[dict[str, list[bytes]]]:
    """What is published from now on, by topic."""
    heard: dict[str, list[bytes]] = {}
    async with Redis.from_url(url) as redis, redis.pubsub() as ear:
        await ear.psubscribe("*")

        async def listen() -> None:
            async for message in ear.listen():
                if message["type"] == "pmessage":
                    heard.setdefault(message["channel"].decode().removeprefix(PREFIX), []).append(message["data"])

        task = asyncio.create_task(listen())
        yield heard
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def is_plain(payload: bytes) -> bool:
    """Whether it is one whole value of MessagePack, or the name of a worker. A pickle is neither."""
    with contextlib.suppress(msgspec.DecodeError):
        msgspec.msgpack.decode(payload)
        return True
    return payload.isascii() and (payload.decode().replace("-", "").isalnum() or payload == b"")
