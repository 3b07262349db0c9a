"""Somebody writes under a client id that they have only seen in awareness: they are refused, and its owner is not.

Over the public wire and a kill -9, with clients that keep their id as every Yjs client does.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import aiohttp
import pytest
from pycrdt import Awareness, Doc, Map, create_awareness_message, create_update_message, read_message

from tests.server import KreideServer
from tests.wire import YClient

pytestmark = pytest.mark.edge
DOCUMENT = "scratch-ids"


async def hear_of_somebody(socket: aiohttp.ClientWebSocketResponse) -> int:
    """Return the first client id that awareness tells."""
    seen = Awareness(Doc())
    own = seen.client_id
    while True:
        message = await socket.receive_bytes()
        if message[0] == 1:
            seen.apply_awareness_update(read_message(message[1:]), "server")
            if others := set(seen.states) - {own}:
                return others.pop()


async def forge(url: str, ticket: str, client: int) -> int | None:
    """Write under somebody's client id; return how the server closes."""
    doc: Doc[Map[str]] = Doc(client_id=client)
    doc.get("keys", type=Map)["forged"] = "yes"
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{url}/collab/{DOCUMENT}?ticket={ticket}") as socket:
        await socket.send_bytes(create_update_message(doc.get_update()))
        async for _ in socket:
            pass
        return socket.close_code


def stored(data: Path) -> int:
    with sqlite3.connect(f"file:{data / 'collab.db'}?mode=ro", uri=True) as database:
        return int(database.execute("SELECT count(*) FROM document_claim").fetchone()[0])


async def test_the_claimer_is_refused_and_the_victims_offline_work_is_kept(tmp_path: Path) -> None:
    server = KreideServer(tmp_path / "data")
    server.start()
    try:
        tickets = {name: server.ticket(document=DOCUMENT, right="write", name=name) for name in ("Ada", "Eve")}
        ada = YClient(server.url, DOCUMENT, tickets["Ada"], "ada")
        async with asyncio.timeout(120):
            await ada.connect()
            await ada.until_synced()
            assert ada._socket is not None
            shown = Awareness(ada.doc).encode_awareness_update([ada.doc.client_id])
            await ada._socket.send_bytes(create_awareness_message(shown))
            query = f"{server.url}/collab/{DOCUMENT}?ticket={tickets['Eve']}"
            async with aiohttp.ClientSession() as http, http.ws_connect(query) as eve:
                client = await hear_of_somebody(eve)
            assert client == ada.doc.client_id
            assert await forge(server.url, tickets["Eve"], client) == 4403
            while not stored(tmp_path / "data"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            server.kill()
            await ada.disconnect()
            ada.keys["offline"] = 1
            server.start()
            assert await forge(server.url, tickets["Eve"], client) == 4403
            await ada.connect()
            await ada.until_synced()
            await ada.until_acked(await ada.write())
            async with YClient(server.url, DOCUMENT, tickets["Eve"], "eve") as honest:
                await honest.until({"offline", "ada-0"})
                assert "forged" not in honest.known()
                await honest.until_acked(await honest.write())
            await ada.disconnect()
    finally:
        server.kill()
