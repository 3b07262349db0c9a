"""Looking through a file for viruses, by clamd: its INSTREAM command over a Unix socket or TCP.

Laws: a file is kept, or read for what is to be made of it, only after clamd has said that it is clean, whichever way
it came in (a test knows all ways); until then nobody but the server has it. Where clamd is away, answers too late or
has a fault of its own, nothing is kept (`scan_away`): who asked for a look gets no file without one. What was found is
told to the log by its name alone; people are told only that the file is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from pathlib import Path
from typing import BinaryIO, Final

from web.errors import ProtocolError, Unavailable
from web.machines import parse_address

SCAN_SECONDS: Final = 60.0
_PIECE: Final = 1 << 17
_LONGEST: Final = 4096  # of an answer
_log = logging.getLogger("web.scan")


class Scanner:
    """One clamd, asked anew for each file; it bounds itself how many it looks through at a time."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def require_clean(self, file: Path | bytes) -> None:
        """Return once clamd has found nothing; raises ProtocolError(upload_infected), Unavailable(scan_away)."""
        try:
            async with asyncio.timeout(SCAN_SECONDS):
                answer = await self._ask(file)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            _log.error("clamd at %s is away: %s", self._address, type(error).__name__)
            raise _away() from error
        said = answer.removeprefix("stream: ")
        if said == "OK":
            return
        if said.endswith(" FOUND"):
            _log.warning("a file was refused: %s", said.removesuffix(" FOUND"))
            raise ProtocolError("upload_infected", "the file holds what the virus scanner refuses")
        _log.error("clamd at %s could not look: %s", self._address, said)
        raise _away()

    async def _ask(self, file: Path | bytes) -> str:
        reader, writer = await self._connect()
        try:
            with io.BytesIO(file) if isinstance(file, bytes) else await asyncio.to_thread(file.open, "rb") as source:
                await _send(writer, source)
            return (await reader.readuntil(b"\0"))[:-1].decode(errors="replace")
        finally:
            writer.transport.abort()  # all has been said
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._address.startswith("/"):
            return await asyncio.open_unix_connection(self._address, limit=_LONGEST)
        address = parse_address(self._address)
        return await asyncio.open_connection(address.host, address.port, limit=_LONGEST)


async def _send(writer: asyncio.StreamWriter, source: BinaryIO) -> None:
    """Each piece with its length before it, nothing at the end. Who breaks off has answered before."""
    try:
        writer.write(b"zINSTREAM\0")
        while piece := await asyncio.to_thread(source.read, _PIECE):
            writer.write(len(piece).to_bytes(4, "big") + piece)
            await writer.drain()
        writer.write(bytes(4))
        await writer.drain()
    except ConnectionError:
        return


def _away() -> Unavailable:
    return Unavailable("scan_away", "files cannot be looked through for viruses now: try again later")
