"""One room: what its callers say, its peers' connections one by one, and who is refused."""

from __future__ import annotations

import asyncio
import re

import pytest
from msgspec.structs import replace

from sfu.errors import AccessDenied, ProtocolError, StateError
from sfu.events import Capped, Event, Output
from sfu.fragment import parse_fragment
from sfu.model import PeerConnected, PeerLost, SlotOffer, SourceOffer
from sfu.router import Router
from sfu.server import MediaConfig
from tests.sfu.offers import line_of, recorded
from tests.sfu.peers import PUPIL, TEACHER, Log, publisher, running

SOURCES = [SourceOffer("0", "microphone"), SourceOffer("1", "camera")]


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


async def test_disconnect_ends_the_connection_and_keeps_the_peer() -> None:
    async with running() as server:
        log = Log()
        room = server.room("lesson", log)
        room.admit("a", PUPIL)
        async with publisher(room, "a", 100, audio=False) as connection:
            await log.until(PeerConnected("a"))
            changed = asyncio.Event()
            connection.on("connectionstatechange", changed.set)
            room.disconnect("a")
            async with asyncio.timeout(30):
                while connection.connectionState != "closed":
                    await changed.wait()
                    changed.clear()
        assert room.counts() == {"peers": 1, "sources": 0, "slots": 0, "sessions": 0}
        assert not [event for event in log.events if isinstance(event, PeerLost)]
        async with publisher(room, "a", 100, audio=False):
            assert room.counts()["sessions"] == 1


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_connection_that_is_over_does_not_come_back_by_a_restart(replaced: bool) -> None:
    """Its browser would not shake hands again, and go on sending by keys that nobody has any more."""
    async with running() as server:
        log = Log()
        room = server.room("lesson", log)
        room.admit("a", PUPIL)
        async with publisher(room, "a", 100, audio=False) as connection:
            await log.until(PeerConnected("a"))
            if replaced:
                await room.publish("a", recorded("chromium-whip"))
            else:
                room.disconnect("a")
            restart = re.sub("a=ice-ufrag:.*", "a=ice-ufrag:fresh", connection.localDescription.sdp)
            before = room.counts()
            with pytest.raises(StateError) as caught:
                await room.publish("a", restart)
            assert caught.value.code == "over"
            assert room.counts() == before
        room.leave("a")
        room.admit("a", PUPIL)
        await room.publish("a", restart)


async def test_a_connection_whose_handshake_never_began_may_try_again() -> None:
    async with running() as server:
        room = server.room("lesson", Log())
        room.admit("a", PUPIL)
        await room.publish("a", recorded("chromium-whip"))
        room.disconnect("a")
        await room.publish("a", recorded("chromium-whip"))
        assert room.counts()["sessions"] == 1


async def test_a_new_connection_replaces_the_old_and_a_second_offer_does_not() -> None:
    async with running() as server:
        log = Log()
        room = server.room("lesson", log)
        room.admit("a", PUPIL)
        text = recorded("chromium-whip")
        first = await room.publish("a", text)
        again = await room.publish("a", text)
        assert line_of(first, "a=ice-ufrag") == line_of(again, "a=ice-ufrag")
        assert line_of(first, "o=").replace(" 1 IN", " 2 IN") == line_of(again, "o=")
        restarted = await room.publish("a", text.replace("a=ice-ufrag:", "a=ice-ufrag:new"))
        assert line_of(restarted, "a=ice-ufrag") != line_of(first, "a=ice-ufrag")
        replaced = await room.publish("a", recorded("aiortc-whip"))
        assert line_of(replaced, "o=").split()[1] != line_of(first, "o=").split()[1]
        assert room.counts() == {"peers": 1, "sources": 2, "slots": 0, "sessions": 1}
        assert server.counts()["sources"] == 2


async def test_later_offers_add_and_drop_sources_but_never_change_a_purpose() -> None:
    async with running() as server:
        room = server.room("lesson", Log())
        room.admit("a", TEACHER)
        text = recorded("chromium-room")
        slots = [SlotOffer("5", "stage"), SlotOffer("4", "stage-audio")]
        await room.offer("a", text, SOURCES, slots)
        assert room.counts()["sources"] == 2
        await room.offer("a", text, [*SOURCES[:1], SourceOffer("2", "screen")], slots)
        assert room.counts() == {"peers": 1, "sources": 2, "slots": 2, "sessions": 1}
        with pytest.raises(ProtocolError) as caught:
            await room.offer("a", text, [SourceOffer("2", "camera")], slots)
        assert caught.value.code == "sdp_purpose"
        with pytest.raises(ProtocolError):
            await room.offer("a", text, SOURCES, [SlotOffer("5", "screen")])
        assert room.counts()["sources"] == 2


@pytest.mark.parametrize(
    ("sources", "slots", "code"),
    [
        ([SourceOffer("99", "camera")], [], "sdp_mid"),
        ([SourceOffer("0", "camera")], [], "sdp_purpose"),
        ([SourceOffer("1", "camera"), SourceOffer("2", "camera")], [], "sdp_purpose"),
        ([SourceOffer("1", "camera"), SourceOffer("1", "screen")], [], "sdp_purpose"),
        ([SourceOffer("1", "camera")], [SlotOffer("1", "stage")], "sdp_purpose"),
        ([], [SlotOffer("5", "stage"), SlotOffer("5", "screen")], "sdp_purpose"),
        ([], [SlotOffer("5", "stage"), SlotOffer("7", "stage")], "sdp_purpose"),
        ([], [SlotOffer("5", "throne")], "sdp_purpose"),
        ([SourceOffer("5", "camera")], [], "sdp_no_codec"),
        ([], [], "sdp_no_codec"),
    ],
)
async def test_contradictory_offers_are_refused_and_leave_nothing(
    sources: list[SourceOffer], slots: list[SlotOffer], code: str
) -> None:
    async with running() as server:
        room = server.room("lesson", Log())
        room.admit("a", PUPIL)
        with pytest.raises(ProtocolError) as caught:
            await room.offer("a", recorded("chromium-room"), sources, slots)
        assert caught.value.code == code
        assert room.counts() == {"peers": 1, "sources": 0, "slots": 0, "sessions": 0}


async def test_a_restart_by_fragment_answers_new_credentials() -> None:
    async with running() as server:
        room = server.room("lesson", Log())
        room.admit("a", PUPIL)
        with pytest.raises(AccessDenied):
            room.restart("a", "a=candidate:x\r\n")
        answer = await room.publish("a", recorded("chromium-whip"))
        assert room.restart("a", "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n") == ""
        fragment = room.restart("a", "a=ice-ufrag:fresh\r\na=ice-pwd:0123456789012345678901\r\n")
        fresh = parse_fragment(fragment)
        assert fresh is not None and fresh[0] not in answer
        assert room.restart("a", "a=ice-ufrag:fresh\r\na=ice-pwd:0123456789012345678901\r\n") == ""


async def test_strangers_and_those_without_rights_are_refused() -> None:
    async with running() as server:
        room = server.room("lesson", Log())
        with pytest.raises(AccessDenied) as caught:
            await room.publish("nobody", recorded("chromium-whip"))
        assert caught.value.code == "not_found"
        room.admit("a", replace(PUPIL, publish=False, receive=False))
        with pytest.raises(AccessDenied) as caught:
            await room.publish("a", recorded("chromium-whip"))
        assert caught.value.code == "not_allowed"
        with pytest.raises(AccessDenied):
            await room.play("a", recorded("chromium-whep"), None)
        with pytest.raises(AccessDenied):
            room.set_rights("nobody", PUPIL)
        room.disconnect("nobody")
        room.leave("nobody")
        room.mute("nobody", True)
        room.set_page("nobody", [])
