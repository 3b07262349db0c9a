"""Media over the port of the pages: whichever worker takes the connection, the one that owns the session answers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from sfu.ice import Credentials
from tests.edge.test_whip import SDP, Client
from tests.server import KreideServer
from tests.services import RedisServer
from tests.sfu.peers import Tone
from tests.web.test_first_bytes import answered, check_for

pytestmark = pytest.mark.edge
CONNECTIONS = 24


@pytest.fixture
def server(_redis_process: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KreideServer]:
    flags = ["--workers", "2", "--redis", _redis_process.url]
    kreide = KreideServer(tmp_path_factory.mktemp("shared") / "data", *flags)
    kreide.start()
    yield kreide
    assert kreide.stop() == 0


async def test_every_connection_reaches_its_session(server: KreideServer) -> None:
    client = Client(server, server.ticket(meeting="demo-lesson", role="teacher", name="Camera"))
    client.connection.addTrack(Tone())
    await client.connection.setLocalDescription(await client.connection.createOffer())
    status, _, answer = await client.call("POST", "/whip/demo-lesson", client.connection.localDescription.sdp, SDP)
    assert status == 201, answer
    told = dict(line[2:].split(":", 1) for line in answer.splitlines() if line.startswith(("a=ice-ufrag", "a=ice-pwd")))
    session = Credentials(told["ice-ufrag"], told["ice-pwd"])
    assert f" 127.0.0.1 {server.port} typ host tcptype passive" in answer
    async with asyncio.timeout(30):
        for _ in range(CONNECTIONS):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            transaction = os.urandom(12)
            writer.write(check_for(session, transaction))
            assert (await answered(reader, session)).transaction == transaction
            writer.close()
    await client.close()
