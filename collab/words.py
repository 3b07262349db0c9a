"""What some client ids wrote into a document and still stands there: texts and values, in the order of writing.

Laws: pure, a job of the heavy pool, MessagePack in and out. Letters that were written one after the other are one text.
What is deleted is not there any more; what gives only shape (positions, sizes, colours) says nothing and is left out.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec
from msgspec import Struct

from .lib0 import Reader
from .redact import Said, said_by

WORDS: Final = "collab.words:words"
Value = str | float | bool | None


class Asked(Struct, frozen=True, array_like=True):
    """A whole state and whose words are wanted."""

    state: bytes
    clients: list[int]


def words(data: bytes) -> bytes:
    """Asked -> texts and values."""
    task = msgspec.msgpack.decode(data, type=Asked)
    found: list[Value] = []
    last: Said | None = None
    for said in said_by(task.state, task.clients):
        if not said.text:
            found += _values(Reader(said.content))
        elif last is not None and last.text and said.follows == (last.client, last.clock + last.length - 1):
            found[-1] = f"{found[-1]}{_text(said)}"
        else:
            found.append(_text(said))
        last = said
    return msgspec.msgpack.encode([one for one in found if one not in ("", None)])


def _text(said: Said) -> str:
    return Reader(said.content).string()


def _values(reader: Reader) -> list[Value]:
    found: list[Value] = []
    for _ in range(reader.uint()):
        _value(reader, found)
    return found


def _value(reader: Reader, found: list[Value]) -> None:
    kind = reader.data[reader.position]
    start = reader.position + 1
    if kind == 119:
        reader.byte()
        found.append(reader.string())
    elif kind == 117:
        reader.byte()
        for _ in range(reader.uint()):
            _value(reader, found)
    elif kind == 118:
        reader.byte()
        for _ in range(reader.uint()):
            reader.string()
            _value(reader, found)
    else:
        reader.any()
        found.append(_number(kind, reader.data[start : reader.position]))


def _number(kind: int, data: bytes) -> Value:
    if kind in (120, 121):
        return kind == 120
    if kind in (122, 123, 124):
        (number,) = struct.unpack({122: ">q", 123: ">d", 124: ">f"}[kind], data)
        return float(number)
    if kind != 125:
        return None
    value, shift = data[0] & 0x3F, 6
    for part in data[1:]:
        value |= (part & 0x7F) << shift
        shift += 7
    return -value if data[0] & 0x40 else value
