"""Writing one edit into a document on the server's side, through the same door as everybody.

Laws: the edit is judged, budgeted, logged under its account, acknowledged and fanned out like any other; it is done
when it is stored, or an error is raised. The scribe is seen by nobody and gets nothing of the document.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from .awareness import Editor
from .connection import EditRights
from .entries import NOTHING, Brought
from .errors import AccessDenied, CollabError, Overloaded, ProtocolError, StateError
from .lib0 import Reader
from .sync import build_update

if TYPE_CHECKING:
    from .hub import Hub

_ACK: Final = 100
_PATIENCE: Final = 20.0


async def write_edit(
    hub: Hub, document: str, epoch: int, editor: Editor, update: bytes, brought: Brought = NOTHING
) -> None:
    """Write an update as `editor`; returns once it is stored. Raises StateError(source_rebuilt) for what was erased."""
    desk = _Desk()
    connection = await hub.connect(document, desk, editor, EditRights(read=True, write=True), ack=True, epoch=epoch)
    connection.brought = brought
    try:
        connection.receive(build_update(update))
        async with asyncio.timeout(_PATIENCE):
            await desk.done
    except TimeoutError:
        raise StateError("not_written", "the edit could not be stored now") from None
    finally:
        connection.closed()


class _Desk:
    """A transport that only listens for the ack."""

    def __init__(self) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def write(self, frame: bytes) -> None:
        if not self.done.done() and any(payload[:1] == bytes((_ACK,)) for payload in _payloads(frame)):
            self.done.set_result(None)

    def buffered(self) -> int:
        return 0

    def close(self, code: int, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(_error(code, reason))


def _error(code: int, reason: str) -> CollabError:
    if code in (4403, 4404):
        return AccessDenied(reason, "the document does not take this edit")
    if code == 4413:
        return ProtocolError("too_large", "the document would become too large")
    return Overloaded(reason, "the document cannot keep up") if code == 4529 else StateError(reason, "try again")


def _payloads(data: bytes) -> list[bytes]:
    """Split what is written to a transport into messages (see `codec.frame_binary`)."""
    reader, found = Reader(data), []
    while not reader.at_end():
        reader.byte()
        length = reader.byte()
        if length >= 126:
            length = int.from_bytes(reader.take(2 if length == 126 else 8), "big")
        found.append(reader.take(length))
    return found
