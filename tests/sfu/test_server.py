"""The whole engine with real peers: WHIP in, WHEP out, rights, losses, a loop that stands still, maps that empty."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from msgspec.structs import replace

from sfu.errors import AccessDenied, Overloaded, StateError
from sfu.model import MediaEvent, PeerConnected, PeerLost, SlotsChanged, SourceChanged
from sfu.room import MAX_PEERS
from sfu.server import MAX_SESSIONS, MediaConfig, MediaServer
from tests.sfu.offers import line_of, recorded
from tests.sfu.peers import PUPIL, TEACHER, Log, next_loudness, next_picture, player, publisher, running

NATIVE_MAPS = ("sessions", "sources", "slots", "streams", "addresses", "fragments", "assignments")


async def _sees(connection: RTCPeerConnection, brightness: int) -> None:
    async with asyncio.timeout(30):
        while abs(await next_picture(connection) - brightness) > 12:
            pass


async def _hears(connection: RTCPeerConnection) -> None:
    async with asyncio.timeout(30):
        while await next_loudness(connection) < 300:
            pass


async def test_what_is_published_by_whip_is_played_by_whep() -> None:
    async with running() as server:
        log = Log()
        room = server.room("lesson", log)
        room.admit("a", PUPIL)
        room.admit("w", PUPIL)
        async with publisher(room, "a", 190), player(room, "w") as watching:
            await log.until(PeerConnected("w"))
            await log.until(SourceChanged("a", "camera", True))
            await _sees(watching, 190)
            await _hears(watching)
            assert server.counters()["forwarded"] > 0
            shown = await log.until(lambda event: isinstance(event, SlotsChanged) and event.peer == "w")
            assert isinstance(shown, SlotsChanged)
            assert {slot.slot for slot in shown.slots} == {"voice-1", "stage"}
        for peer in "aw":
            await log.until(PeerLost(peer, "closed"))
            room.leave(peer)
        assert set(room.counts().values()) == {0}
        assert (server.counts()["sessions"], server.counts()["sources"]) == (0, 0)
        async with asyncio.timeout(30):
            while any(server.counters()[name] for name in NATIVE_MAPS):  # noqa: ASYNC110
                await asyncio.sleep(0)  # the plane takes commands each 10 ms
        bounds, counts, seconds = server.forward_histogram()
        assert len(counts) >= len(bounds) > 0 and sum(counts) > 0 and seconds > 0


@pytest.mark.parametrize("without", ["sdes:mid", "a=ssrc", "ssrc-audio-level", "rtx", "nack"])
async def test_clients_that_do_without_are_understood(without: str) -> None:
    async with running() as server, AsyncExitStack() as stack:
        room = server.room("lesson", Log())
        room.admit("a", PUPIL)
        room.admit("w", PUPIL)
        await stack.enter_async_context(publisher(room, "a", 150, without=without))
        watcher = await stack.enter_async_context(player(room, "w"))
        await _sees(watcher, 150)
        await _hears(watcher)


async def test_who_says_nothing_for_too_long_is_gone() -> None:
    async with running(MediaConfig(consent_seconds=3.0)) as server:
        log = Log()
        room = server.room("lesson", log)
        room.admit("a", PUPIL)
        async with publisher(room, "a", 100, audio=False):  # aiortc asks for consent each 5 s
            await log.until(PeerConnected("a"))
            await log.until(PeerLost("a", "expired"))
            assert room.counts() == {"peers": 1, "sources": 0, "slots": 0, "sessions": 0}
            assert set(server.counts().values()) <= {0, 1}


async def test_a_foreign_certificate_ends_the_connection() -> None:
    async with running() as server:
        log = Log()
        room = server.room("lesson", log)
        room.admit("a", PUPIL)
        connection = RTCPeerConnection()
        connection.addTransceiver("audio", "sendonly")
        await connection.setLocalDescription(await connection.createOffer())
        lines = connection.localDescription.sdp.split("\r\n")
        forged = [
            f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}" if "a=fingerprint" in line else line for line in lines
        ]
        answer = await room.publish("a", "\r\n".join(forged))
        await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await log.until(PeerLost("a", "failed"))
        await connection.close()
        assert PeerConnected("a") not in log.events


async def test_a_callback_that_fails_harms_nobody_else() -> None:
    async with running() as server, AsyncExitStack() as stack:
        log = Log()

        failed = asyncio.Event()

        def fail(event: MediaEvent) -> None:
            if isinstance(event, SourceChanged):
                failed.set()
                raise RuntimeError("a bug of the room")

        broken, sound = server.room("broken", fail), server.room("sound", log)
        broken.admit("a", PUPIL)
        for peer in ("a", "w"):
            sound.admit(peer, PUPIL)
        await stack.enter_async_context(publisher(broken, "a", 30))
        await stack.enter_async_context(publisher(sound, "a", 200))
        watcher = await stack.enter_async_context(player(sound, "w"))
        await asyncio.wait_for(failed.wait(), 30)
        await _sees(watcher, 200)


async def test_a_certificate_about_to_expire_is_replaced_for_newcomers(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as server:
        room = server.room("lesson", Log())
        stated = []
        for peer, days in (("a", 10), ("b", 10), ("c", 40)):
            monkeypatch.setattr("sfu.server.RENEW_BEFORE", timedelta(days=days))
            room.admit(peer, PUPIL)
            stated.append(line_of(await room.publish(peer, recorded("chromium-whip")), "a=fingerprint"))
        assert stated[0] == stated[1] != stated[2]


async def test_a_player_follows_whom_it_asked_for_and_the_stage_otherwise() -> None:
    async with running() as server, AsyncExitStack() as stack:
        log = Log()
        room = server.room("lesson", log)
        for peer in ("dark", "light", "follower", "watcher"):
            room.admit(peer, PUPIL)
        await stack.enter_async_context(publisher(room, "dark", 40, audio=False))
        await stack.enter_async_context(publisher(room, "light", 220, audio=False))
        follower = await stack.enter_async_context(player(room, "follower", of="light"))
        watcher = await stack.enter_async_context(player(room, "watcher"))
        room.set_stage("dark")
        await asyncio.gather(_sees(follower, 220), _sees(watcher, 40))
        room.set_stage("light")
        await _sees(watcher, 220)


async def test_a_picture_withdrawn_stops_and_returns_with_the_right() -> None:
    async with running() as server, AsyncExitStack() as stack:
        log = Log()
        room = server.room("lesson", log)
        for peer in ("a", "b", "w"):
            room.admit(peer, PUPIL)
        await stack.enter_async_context(publisher(room, "a", 40, audio=False))
        await stack.enter_async_context(publisher(room, "b", 220, audio=False))
        watcher = await stack.enter_async_context(player(room, "w"))
        room.set_stage("a")
        await _sees(watcher, 40)
        room.set_rights("a", replace(PUPIL, publish=False))
        room.set_stage("b")
        await _sees(watcher, 220)
        room.set_stage("a")
        room.set_rights("a", PUPIL)
        await _sees(watcher, 40)


async def test_a_loop_that_stands_still_costs_nobody_the_call() -> None:
    async with running() as server, AsyncExitStack() as stack:
        log = Log()
        room = server.room("lesson", log)
        room.admit("a", PUPIL)
        room.admit("w", PUPIL)
        await stack.enter_async_context(publisher(room, "a", 120))
        watcher = await stack.enter_async_context(player(room, "w"))
        await _sees(watcher, 120)
        # Both peers live on this loop too, so they stand still with it; the plane must not mind either.
        time.sleep(3)  # noqa: ASYNC251
        answered = server.counters()["stun_answered"]
        await _sees(watcher, 120)
        async with asyncio.timeout(30):
            while server.counters()["stun_answered"] <= answered:
                await next_picture(watcher)
        assert not [event for event in log.events if isinstance(event, PeerLost)]


async def test_rooms_and_servers_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as server:
        room = server.room("lesson", Log())
        for number in range(MAX_PEERS):
            room.admit(f"p{number}", PUPIL)
        with pytest.raises(Overloaded) as caught:
            room.admit("one more", PUPIL)
        assert caught.value.code == "room_full"
        room.admit("p0", TEACHER)
        monkeypatch.setattr("sfu.server.MAX_SESSIONS", 1)
        await room.publish("p0", recorded("chromium-whip"))
        with pytest.raises(Overloaded) as caught:
            await room.publish("p1", recorded("chromium-whip"))
        assert caught.value.code == "server_full"
        assert server.counts()["sessions"] == room.counts()["sessions"] == 1
    assert MAX_SESSIONS > 2000


async def test_nobody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sfu.session.CONNECT_SECONDS", 0.01)
    async with running() as server:
        log = Log()
        room = server.room("lesson", log)
        room.admit("a", PUPIL)
        await room.publish("a", recorded("chromium-whip"))
        await log.until(PeerLost("a", "timeout"))
        assert room.counts() == {"peers": 1, "sources": 0, "slots": 0, "sessions": 0}


async def test_a_closed_room_is_empty_and_of_no_use() -> None:
    async with running() as server:
        log = Log()
        room = server.room("lesson", log)
        assert server.room("lesson", Log()) is room
        room.admit("a", PUPIL)
        await room.publish("a", recorded("chromium-whip"))
        server.close_room("lesson")
        server.close_room("lesson")
        with pytest.raises(StateError):
            room.admit("b", PUPIL)
        with pytest.raises(AccessDenied):
            await room.publish("a", recorded("chromium-whip"))
        room.leave("a")
        assert server.room("lesson", log) is not room


async def test_rooms_spread_over_threads_and_each_has_a_port() -> None:
    async with running(MediaConfig(threads=2)) as server:
        ports = set()
        for name in ("one", "two"):
            room = server.room(name, Log())
            room.admit("a", PUPIL)
            answer = await room.publish("a", recorded("chromium-whip"))
            ports.add(line_of(answer, "a=candidate").split()[5])
        assert len(ports) == 2


async def test_public_addresses_are_offered_and_the_end_is_said() -> None:
    async with running(MediaConfig(public_ips=("203.0.113.9",))) as server:
        room = server.room("lesson", Log())
        room.admit("a", PUPIL)
        answer = await room.publish("a", recorded("chromium-whip"))
        offered = [line.split()[4] for line in answer.split("\r\n") if line.startswith("a=candidate")]
        assert offered == ["203.0.113.9", "127.0.0.1"] * 2, "by UDP, then by TCP"
        assert "a=end-of-candidates" in answer and "a=ice-lite" in answer and "a=setup:passive" in answer


async def test_a_server_that_was_not_started_has_no_rooms() -> None:
    server = MediaServer(MediaConfig())
    with pytest.raises(StateError):
        server.room("lesson", Log())
    assert server.forward_histogram() == ([], [], 0.0)
    await server.close()


async def test_a_port_that_is_taken_is_an_os_error(unused_port: int) -> None:
    async with running(MediaConfig(udp_port=unused_port)):
        with pytest.raises(OSError, match=r"."):
            await MediaServer(MediaConfig(udp_port=unused_port)).start()
