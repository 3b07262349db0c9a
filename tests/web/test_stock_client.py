"""The JavaScript client that everybody has, with each of its transports."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import web
from tests.web.house import House

CLIENT = Path(web.__file__).parent / "client"
SCRIPT = Path(__file__).parent / "stock_client.cjs"
pytestmark = pytest.mark.skipif(not (CLIENT / "node_modules").is_dir(), reason="npm ci was not run in web/client")


async def run(house: House, ticket: str, transport: str) -> Any:
    process = await asyncio.create_subprocess_exec(
        "node", SCRIPT, CLIENT, house.url, ticket, transport, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        output, _ = await process.communicate()
    return json.loads(output)


@pytest.mark.parametrize("transport", ["default", "websocket", "polling"])
async def test_join_and_chat(house: House, transport: str) -> None:
    ticket = (await house.services.auth.issue_role_ticket("demo-lesson", "pupil", "P")).ticket
    seen = await run(house, ticket, transport)
    assert seen["state"] == "joined"
    assert seen["transport"] == ("websocket" if transport == "default" else transport)
    assert seen["acked"] == seen["heard"] == list(range(1, 201))


async def test_a_refusal_has_a_code(house: House) -> None:
    assert await run(house, "nonsense", "websocket") == {"refused": {"code": "bad_ticket"}}
