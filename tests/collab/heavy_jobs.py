"""Jobs for the tests of the heavy pool: honest ones, and such as should be stopped."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from collab.errors import ProtocolError


def turn(data: bytes) -> bytes:
    return data[::-1]


def pid(_: bytes) -> bytes:
    return str(os.getpid()).encode()


def environment(_: bytes) -> bytes:
    return "\n".join(sorted(os.environ)).encode()


def eat(_: bytes) -> bytes:
    held = []
    while True:
        held.append(bytearray(8 << 20))


def burn(_: bytes) -> bytes:
    while True:
        pass


def wait(data: bytes) -> bytes:
    Path(data.decode()).write_text(str(os.getpid()))
    time.sleep(600)
    return b""


def crash(_: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def refuse(_: bytes) -> bytes:
    raise ProtocolError("file_unreadable", "this is no table")


def fail(data: bytes) -> bytes:
    raise ValueError(data.decode())


def chatter(data: bytes) -> bytes:
    print("a library prints")
    return data
