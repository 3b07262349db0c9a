"""The messages of the raw WebSocket: the y-websocket protocol, and our ack.

    [0, 0, state vector]   sync step 1: what I have; answered by step 2
    [0, 1, update]         sync step 2: what you lack
    [0, 2, update]         an update
    [1, entries]           awareness: who is here, cursors
    [2, ...]               auth: ignored
    [3]                    query awareness
    [100, n]               ours, only to clients that asked for it: the first n of your step 2 and update frames are
                           durable or were known

Laws: one message a WebSocket frame; parsing is total, other kinds are `Other` and ignored, bytes after the message
are refused.
"""

from __future__ import annotations

from msgspec import Struct

from .codec import frame_binary, parse_state_vector
from .errors import ProtocolError
from .lib0 import Reader, build_buffer, build_uint

_SYNC, _AWARENESS, _AUTH, _QUERY_AWARENESS, _ACK = 0, 1, 2, 3, 100
_STEP_1, _STEP_2, _UPDATE = 0, 1, 2
_SHORT_UPDATE = bytes((_SYNC, _UPDATE))  # what most messages begin with, before a length of one byte

MAX_STATE_CLIENTS = 100_000
MAX_ENTRIES = 1000


class Step1(Struct, frozen=True, gc=False):
    """The remote says what it has (a checked state vector) and wants the rest."""

    state_vector: bytes


class Changes(Struct, frozen=True, gc=False):
    """The remote sends an update; `answer` if it is its step 2."""

    update: bytes
    answer: bool


class Entry(Struct, frozen=True, gc=False):
    """One awareness entry as it is on the wire; `state` is JSON, "null" when the client has gone."""

    client: int
    clock: int
    state: bytes


class Awareness(Struct, frozen=True, gc=False):
    """Awareness entries."""

    entries: tuple[Entry, ...]


class QueryAwareness(Struct, frozen=True, gc=False):
    """The remote wants all awareness entries."""


class Other(Struct, frozen=True, gc=False):
    """Something this side has no use for."""


Message = Step1 | Changes | Awareness | QueryAwareness | Other


def parse_message(data: bytes) -> Message:
    """Parse one received message; raises ProtocolError (frame_*). Updates inside are not parsed yet."""
    if data[:2] == _SHORT_UPDATE and len(data) > 2 and data[2] == len(data) - 3 < 0x80:
        return Changes(data[3:], False)
    reader = Reader(data)
    kind = reader.uint()
    message: Message
    if kind == _SYNC:
        message = _parse_sync(reader)
    elif kind == _AWARENESS:
        message = Awareness(parse_entries(reader.buffer()))
    elif kind == _QUERY_AWARENESS:
        message = QueryAwareness()
    else:
        return Other()
    if not reader.at_end():
        raise ProtocolError("frame_malformed", "the message goes on after its end")
    return message


def _parse_sync(reader: Reader) -> Message:
    step = reader.uint()
    payload = reader.buffer()
    if step == _STEP_1:
        if len(parse_state_vector(payload)) > MAX_STATE_CLIENTS:
            raise ProtocolError("frame_malformed", "the state vector names too many clients")
        return Step1(payload)
    if step in (_STEP_2, _UPDATE):
        return Changes(payload, step == _STEP_2)
    raise ProtocolError("frame_malformed", f"there is no sync step {step}")


def parse_entries(data: bytes) -> tuple[Entry, ...]:
    """Parse an awareness payload; the states are UTF-8 but not yet known to be JSON."""
    reader = Reader(data)
    count = reader.uint()
    if count > MAX_ENTRIES:
        raise ProtocolError("frame_malformed", "too many awareness entries")
    entries = tuple(Entry(reader.uint(), reader.uint(), reader.string().encode()) for _ in range(count))
    if not reader.at_end():
        raise ProtocolError("frame_malformed", "the awareness message goes on after its end")
    return entries


def build_step1(state_vector: bytes) -> bytes:
    """Build a sync step 1."""
    return b"\x00\x00" + build_buffer(state_vector)


def build_step2(update: bytes) -> bytes:
    """Build a sync step 2."""
    return b"\x00\x01" + build_buffer(update)


def build_update(update: bytes) -> bytes:
    """Build an update message."""
    return b"\x00\x02" + build_buffer(update)


def build_ack(count: int) -> bytes:
    """Build our ack."""
    return bytes((_ACK,)) + build_uint(count)


def frame_update(update: bytes) -> bytes:
    """Build the WebSocket frame of an update message."""
    length = len(update)
    if length < 0x78:  # both lengths are one byte
        return bytes((0x82, length + 3, _SYNC, _UPDATE, length)) + update
    return frame_binary(build_update(update))


def frame_ack(count: int) -> bytes:
    """Build the WebSocket frame of our ack."""
    if count < 0x4000:
        return bytes((0x82, 2, _ACK, count) if count < 0x80 else (0x82, 3, _ACK, count & 0x7F | 0x80, count >> 7))
    return frame_binary(build_ack(count))


def build_entry(entry: Entry) -> bytes:
    """Encode one awareness entry."""
    return build_uint(entry.client) + build_uint(entry.clock) + build_buffer(entry.state)


def build_awareness(entries: list[bytes]) -> bytes:
    """Build an awareness message from encoded entries; none makes the empty message that keeps stock clients from
    reconnecting.
    """
    return bytes((_AWARENESS,)) + build_buffer(build_uint(len(entries)) + b"".join(entries))
