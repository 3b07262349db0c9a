"""Strangers flood the media port while a call runs, and one person asks for more connections than a person has."""

from __future__ import annotations

import asyncio
import random
import re
import socket
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiortc import RTCPeerConnection

from tests.edge.test_whip import SDP, Client
from tests.server import KreideServer
from tests.sfu.peers import Bars, Tone, next_picture

pytestmark = pytest.mark.edge


def check_of(ufrag: str, chance: random.Random) -> bytes:
    """A STUN check for a name that exists, by somebody who does not know its password."""
    user = f"{ufrag}:evil".encode()
    attributes = struct.pack("!HH", 6, len(user)) + user + bytes(-len(user) % 4)
    attributes += struct.pack("!HH", 8, 20) + chance.randbytes(20)
    message = struct.pack("!HHI", 1, len(attributes) + 8, 0x2112A442) + chance.randbytes(12) + attributes
    return message + struct.pack("!HHI", 0x8028, 4, zlib.crc32(message) ^ 0x5354554E)


@contextmanager
def flood(port: int, ufrag: str) -> Iterator[list[int]]:
    """Send what a stranger can make up, as fast as a thread can; yields the count."""
    chance = random.Random(9)
    packets = [check_of(ufrag, chance) for _ in range(50)]
    packets += [b"\x16\xfe\xff" + chance.randbytes(300) for _ in range(50)]
    packets += [b"\x80\x60" + chance.randbytes(1000) for _ in range(50)]
    packets += [b"\x80\xc8" + chance.randbytes(60) for _ in range(20)]
    packets += [chance.randbytes(chance.randrange(1, 1400)) for _ in range(50)]
    sent, stop = [0], threading.Event()

    def run() -> None:
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(50)]
        while not stop.is_set():
            for packet in packets:
                sockets[sent[0] % 50].sendto(packet, ("127.0.0.1", port))
                sent[0] += 1
            time.sleep(0.01)  # 20,000 a second at most: the test has two cores like everybody else
        for one in sockets:
            one.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()


async def offer_of(connection: RTCPeerConnection) -> str:
    await connection.setLocalDescription(await connection.createOffer())
    sdp: str = connection.localDescription.sdp
    return sdp


async def test_a_call_goes_on_under_a_flood(server: KreideServer) -> None:
    camera = Client(server, server.ticket(meeting="demo-lesson", role="teacher", name="Camera"))
    camera.connection.addTrack(Tone())
    camera.connection.addTrack(Bars(60))
    for transceiver in camera.connection.getTransceivers():
        transceiver.direction = "sendonly"
    await camera.open("/whip/demo-lesson")
    viewer = Client(server, server.ticket(meeting="demo-lesson", role="pupil", name="Screen"))
    viewer.connection.addTransceiver("audio", "recvonly")
    viewer.connection.addTransceiver("video", "recvonly")
    await viewer.open("/whep/demo-lesson")
    try:
        async with asyncio.timeout(120):
            await next_picture(viewer.connection)
        found = re.search(r"ice-ufrag:(\S+)", viewer.connection.remoteDescription.sdp)
        assert found
        with flood(server.port, found[1]) as sent:
            pictures = 0
            async with asyncio.timeout(240):
                while sent[0] < 5000 or pictures < 30:
                    await next_picture(viewer.connection)
                    pictures += 1
        server.until_ready()
    finally:
        await viewer.close()
        await camera.close()


async def test_one_person_has_six_devices_at_most(server: KreideServer) -> None:
    eve = Client(server, server.ticket(meeting="demo-lesson", role="teacher", name="Eve"))
    eve.connection.addTransceiver("audio", "sendonly")
    offer = await offer_of(eve.connection)
    answers = [await eve.call("POST", "/whip/demo-lesson", offer, SDP) for _ in range(20)]
    assert [status for status, _, _ in answers] == [201] * 6 + [429] * 14
    for _, headers, _ in answers[:6]:
        assert (await eve.call("DELETE", headers["Location"]))[0] == 200
    status, headers, _ = await eve.call("POST", "/whip/demo-lesson", offer, SDP)
    assert status == 201, "who hung up has made room"
    await eve.call("DELETE", headers["Location"])
    await eve.close()
