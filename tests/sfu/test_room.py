"""What a room's callers say, as its router hears it."""

from __future__ import annotations

import pytest

from sfu.events import Capped, Event, Output
from sfu.router import Router
from sfu.server import MediaConfig
from tests.sfu.peers import Log, running


async def test_a_school_takes_from_the_servers_cap_and_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Event] = []
    receive = Router.receive

    def listen(router: Router, now: float, event: Event) -> list[Output]:
        heard.append(event)
        return receive(router, now, event)

    monkeypatch.setattr(Router, "receive", listen)
    async with running(MediaConfig(downlink_cap_kbit=800)) as server:
        room = server.room("lesson", Log())
        for kbit in (300, 20_000, None):
            room.set_cap(kbit)
    assert [event for event in heard if isinstance(event, Capped)] == [Capped(300), Capped(800), Capped(800)]
