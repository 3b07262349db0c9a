"""The inside of a heavy process: read an order, bound oneself, run the job, answer; again until the pipe ends.

Wire: 8 bytes of size, then MessagePack: `[job, allowance, data]` in, `Answer` out.
Laws: limits are set anew for each job, as what the process has plus the allowance, after the job's module has been
imported, so that a job is charged for itself alone. A process that ran out of memory says so and ends. It dies with its
parent. Nothing is read but the pipe, standard output belongs to the wire.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from msgspec import Struct

from .errors import CollabError

MEBIBYTE: Final = 1 << 20
_SIZE: Final = 8
_PR_SET_PDEATHSIG: Final = 1


class Allowance(Struct, frozen=True, array_like=True):
    """What a job may take: `seconds` of the clock, `cpu` seconds, `memory` and `answer` bytes."""

    seconds: float = 60.0
    cpu: int = 30
    memory: int = 512 * MEBIBYTE
    answer: int = 256 * MEBIBYTE


class Order(Struct, frozen=True, array_like=True):
    """What to do."""

    job: str
    allowance: Allowance


class Answer(Struct, frozen=True, array_like=True):
    """What came of it; `error` is the class of what was raised, `spent`: this process should not go on."""

    data: bytes = b""
    error: str | None = None
    code: str = ""
    text: str = ""
    spent: bool = False


class _Message(Struct, frozen=True, array_like=True):
    order: Order
    data: bytes


def encode_order(order: Order, data: bytes) -> bytes:
    """Build what the parent writes."""
    return _framed(msgspec.msgpack.encode(_Message(order, data)))


def decode_answer(data: bytes) -> Answer:
    """Parse what the child has written."""
    return msgspec.msgpack.decode(data, type=Answer)


def read_size(data: bytes) -> int:
    """Parse the size that comes first."""
    return int.from_bytes(data, "big")


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(_SIZE, "big") + data


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Do what comes until the pipe ends."""
    decoder = msgspec.msgpack.Decoder(_Message)
    while len(head := stdin.read(_SIZE)) == _SIZE:
        message = decoder.decode(stdin.read(read_size(head)))
        answer = _run(message.order, message.data)
        del message
        stdout.write(_framed(msgspec.msgpack.encode(answer)))
        stdout.flush()
        if answer.spent:
            return
        gc.collect()


def _run(order: Order, data: bytes) -> Answer:
    try:
        job = _find(order.job)
        _bound(order.allowance)
        result = job(data)
        if len(result) > order.allowance.answer:
            return Answer(error="StateError", code="heavy_answer", text="the work has too large a result")
        return Answer(result)
    except CollabError as error:
        return Answer(error=type(error).__name__, code=error.code, text=error.text)
    except MemoryError:
        _unbound()
        return Answer(error="StateError", code="heavy_memory", text="the work needs too much memory", spent=True)
    except Exception as error:  # whatever a job may raise: the parent logs it, of the data it says nothing
        return Answer(error=type(error).__name__, text=_where(error))
    finally:
        _unbound()


def _find(name: str) -> Callable[[bytes], bytes]:
    module, _, function = name.partition(":")
    found: Callable[[bytes], bytes] = getattr(importlib.import_module(module), function)
    return found


def _bound(allowance: Allowance) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _soft(resource.RLIMIT_AS, pages * resource.getpagesize() + allowance.memory)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _soft(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + max(1, allowance.cpu))


def _unbound() -> None:
    for limit in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
        _soft(limit, resource.RLIM_INFINITY)


def _soft(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    resource.setrlimit(limit, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def main(parent: int) -> None:
    """Run as a process of its own."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return  # it died before we asked to die with it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)
    wire = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes where errors go
    serve(sys.stdin.buffer, wire)


if __name__ == "__main__":
    main(int(sys.argv[1]))
