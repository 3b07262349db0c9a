"""One worker: builds the application, serves the inherited socket, drains when it is told to stop.

Laws: SIGTERM ends new joins, gives the rooms to other workers without a gap, asks every client to come again (1012)
and leaves within 30 s. SIGINT says that all workers end: nobody could take the rooms, so people are told to come again.
A part that cannot start is a ConfigError, one line, before the first request.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from typing import Final

from web.app import build_app
from web.config import Config, ConfigError
from web.first_bytes import FrontDoor
from web.garbage import Garbage
from web.handover import Handover
from web.patience import build_runner
from web.services import SERVICES

BACKLOG: Final = 1024


async def run_worker(config: Config, index: int, listener: socket.socket) -> None:
    """Serve until a signal comes."""
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    app = await build_app(config, index)
    runner = build_runner(app)
    await runner.setup()

    def end_with_all() -> None:
        app[SERVICES].rooms.keep()
        stop.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, end_with_all)
    handover = Handover(app[SERVICES].media, config.runtime, index, config.media_threads)
    handover.start()
    garbage = Garbage()
    try:
        assert runner.server is not None
        door = FrontDoor(runner.server, _tls(config), handover.hand_over)
        garbage.start()
        server = await asyncio.get_running_loop().create_server(door, sock=listener, backlog=BACKLOG)
        await stop.wait()
        server.close()
        # From the runner's cleanup on nothing that clients say is read any more.
        await app[SERVICES].rooms.drain()
    finally:
        garbage.stop()
        await runner.cleanup()
        handover.close()  # what others hand over may belong to a room that is still leaving


def _tls(config: Config) -> ssl.SSLContext | None:
    if config.tls_cert is None or config.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(config.tls_cert, config.tls_key)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(f"The TLS certificate cannot be used: {error}.") from error
    return context
