"""What a server did, seen from outside: its system calls (strace), and what they carried.

Laws: the kernel is asked, not the program. A call has two moments, the lines of the trace on which it began and ended;
what arrived did so when the call ended, what is told is told when the call begins.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from msgspec import Struct

from tests.server import KreideServer

STRACE: Final = shutil.which("strace")
HEARD: Final = ("read", "recvfrom", "recvmsg")
SAID: Final = ("write", "writev", "sendto", "sendmsg")
WRITTEN: Final = ("pwrite64",)
SYNCED: Final = ("fdatasync", "fsync")
MOVED: Final = ("rename", "renameat", "renameat2")
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)")
_TARGET = re.compile(r"\d+<([^>]*)>")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
_UNFINISHED = "<unfinished ...>"


class Call(Struct, frozen=True):
    """A finished call: on which file or socket, with which bytes."""

    name: str
    target: str
    strings: tuple[bytes, ...]
    result: int
    began: int
    ended: int

    @property
    def data(self) -> bytes:
        """The bytes that it brought or took."""
        return b"".join(self.strings)[: max(self.result, 0)]


class Message(Struct, frozen=True):
    """What a WebSocket's frame carried, from its first byte to its last."""

    payload: bytes
    began: int
    ended: int


@asynccontextmanager
async def looking_on(server: KreideServer, *options: str) -> AsyncIterator[None]:
    """Let strace look at the server (one process) with these options until the block is left."""
    command = ("strace", "-f", *options, "-p", str(server.pid))
    strace = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert strace.stderr is not None
    try:
        async with asyncio.timeout(120):
            if b"attached" not in await strace.stderr.readline():
                pytest.skip("this machine lets nobody look on")
        yield
    finally:
        strace.terminate()
        await strace.communicate()


@asynccontextmanager
async def tracing(server: KreideServer, file: Path) -> AsyncIterator[None]:
    """Write down what the server does until the block is left."""
    calls = ",".join((*HEARD, *SAID, *WRITTEN, *SYNCED, *MOVED))
    async with looking_on(server, "-y", "-xx", "-s", "70000", "-e", f"trace={calls}", "-o", str(file)):
        yield


def read_trace(lines: Sequence[str]) -> list[Call]:
    """Return the calls in the order in which they ended."""
    calls, under_way = [], dict[str, tuple[int, str]]()
    for number, line in enumerate(lines):
        thread, _, text = line.partition(" ")
        text, began = text.lstrip(), number
        if text.endswith(_UNFINISHED):
            under_way[thread] = number, text.removesuffix(_UNFINISHED)
            continue
        if resumed := _RESUMED.match(text):
            began, head = under_way.pop(thread, (number, ""))
            text = head + text[resumed.end() :]
        if call := _CALL.match(text):
            name, arguments, result = call.groups()
            target = _TARGET.match(arguments)
            strings = tuple(map(_plain, _STRING.findall(arguments)))
            where = "" if target is None else _plain(target[1]).decode()
            calls.append(Call(name, where, strings, int(result), began, number))
    return calls


def _plain(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


class Socket:
    """Both directions of one connection."""

    def __init__(self) -> None:
        self.heard: list[Call] = []
        self.said: list[Call] = []

    @property
    def request(self) -> bytes:
        """The first line of HTTP, if it begins with one."""
        return self.heard[0].data.partition(b"\r\n")[0] if self.heard else b""

    def came(self) -> list[Message]:
        """What a WebSocket's client sent."""
        return _messages(self.heard)

    def left(self) -> list[Message]:
        """What the server sent over a WebSocket."""
        return _messages(self.said)


def sockets_in(calls: Sequence[Call]) -> list[Socket]:
    """Return the connections; each has a number of its own for ever."""
    found: dict[str, Socket] = {}
    for call in calls:
        if call.target.startswith("socket:") and call.result > 0:
            socket = found.setdefault(call.target, Socket())
            if call.name in HEARD:
                socket.heard.append(call)
            elif call.name in SAID:
                socket.said.append(call)
    return list(found.values())


def _messages(calls: Sequence[Call]) -> list[Message]:
    """Split one direction of a WebSocket, from its handshake on, into frames."""
    data, starts = b"", []
    for call in calls:
        starts.append(len(data))
        data += call.data
    found, position = [], data.index(b"\r\n\r\n") + 4
    while position + 2 <= len(data):
        begin, length, masked = position, data[position + 1] & 0x7F, data[position + 1] & 0x80
        position += 2
        if length >= 126:
            more = 2 if length == 126 else 8
            length = int.from_bytes(data[position : position + more], "big")
            position += more
        mask = data[position : position + 4] if masked else bytes(4)
        position += 4 if masked else 0
        payload = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data[position : position + length]))
        position += length
        if position <= len(data):
            first, last = (calls[bisect_right(starts, place) - 1] for place in (begin, position - 1))
            found.append(Message(payload, first.began, last.ended))
    return found
