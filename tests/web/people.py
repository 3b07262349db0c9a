"""People with accounts of their own at a house's door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import socketio

from tests.web.house import Caller, House, Json, eventually

CLASS = "demo-class"


class Guests:
    """Lets accounts in, on whatever worker; closes what it opened."""

    def __init__(self) -> None:
        self._https: dict[str, aiohttp.ClientSession] = {}
        self._callers: list[Caller] = []

    async def enter(self, house: House, account: str) -> Caller:
        """One more device of this account."""
        http = await self.login(house, account)
        caller = Caller(account, socketio.AsyncClient(http_session=http, reconnection=False))
        await caller.sio.connect(house.url, transports=["websocket"], headers={"Origin": house.url}, wait_timeout=30)
        self._callers.append(caller)
        await caller.until("session:hello")
        return caller

    async def login(self, house: House, account: str) -> aiohttp.ClientSession:
        http = self._https.get(account)
        if http is None:
            http = self._https[account] = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
            body = {"account": account, "password": "kreide"}
            async with http.post(f"{house.url}/api/v1/login", json=body, headers={"Origin": house.url}) as answer:
                assert answer.status == 200
        return http

    async def set(self, house: House, account: str, path: str, **change: Json) -> int:
        """Change settings over HTTP; return the status."""
        http = await self.login(house, account)
        async with http.patch(f"{house.url}/api/v1/{path}", json=change, headers={"Origin": house.url}) as answer:
            return answer.status

    async def close(self) -> None:
        for caller in self._callers:
            if caller.sio.connected:
                await caller.sio.disconnect()
        for http in self._https.values():
            await http.close()


@asynccontextmanager
async def guests() -> AsyncIterator[Guests]:
    people = Guests()
    try:
        yield people
    finally:
        await people.close()


def channel_in(told: Json, channel: str) -> Json:
    """One channel of `session:hello` or `rights:changed`."""
    return next((one for one in told["channels"] if one["channel"] == channel), None)


async def status_of(caller: Caller, channel: str, person: str, status: str) -> Json:
    """Wait until somebody is said to be so, at first or as a change; return what was said last."""

    def found() -> Json:
        told = [news for name, news in caller.told if name in ("presence:state", "presence:changed")]
        people = [one for news in told if news["channel"] == channel for one in news["people"]]
        return next((one for one in reversed(people) if (one["person"], one["status"]) == (person, status)), None)

    await eventually(lambda: found() is not None)
    return found()
