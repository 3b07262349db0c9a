"""One person's media in a join storm: real ICE and DTLS, and the first packet that opens.

Laws: as little as a person must do, on one loop, so that two thousand fit on one core: one check that nominates,
OpenSSL's DTLS over memory. A packet counts once it was opened with the keys that were agreed. After that the socket is
read no more (the kernel drops what does not fit), and consent is kept up.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM
from OpenSSL import SSL
from pylibsrtp import Error, Policy, Session

from benchmarks import media_sdp
from benchmarks.joins_wire import STEP_SECONDS
from benchmarks.media_sdp import LEVEL, MID, Kind, Line, Local, Remote, build_offer, read_remote
from sfu.dtls import Identity
from tests.sfu.plane_peer import USE_CANDIDATE, attribute, binding_request

REPEAT_SECONDS = 0.25
CONSENT_SECONDS = 8.0
BUFFER = 16 * 1024
SOUND = frozenset({"stage-audio", "screen-audio", "voice-1", "voice-2", "voice-3"})


class Media:
    """A connection of media: offers, connects, waits for what comes first, sends what it is given."""

    def __init__(self, identity: Identity, context: SSL.Context, sources: Sequence[Line], slots: Sequence[str]) -> None:
        self._loop = asyncio.get_running_loop()
        self._ssl = SSL.Connection(context, None)
        self._ssl.set_connect_state()
        self._ssl.set_ciphertext_mtu(1200)
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(12)
        kinds: list[Kind] = ["audio" if slot in SOUND else "video" for slot in slots]
        lines = [*sources, *(Line(kind, str(place)) for place, kind in enumerate(kinds, len(sources)))]
        self._print = identity.fingerprints()[0]
        self._lines = lines
        self.offer = self._build_offer()
        self._socket = _new_socket()
        self._remote: Remote
        self._check: Callable[[], bytes]
        self._inward: Session | None = None
        self.outward: Session
        self._nominated = asyncio.Event()
        self._keyed = asyncio.Event()
        self.first: asyncio.Future[float] = self._loop.create_future()
        self.arrived: dict[int, float] = {}  # by SSRC
        self._wanted = 1
        self._consent: asyncio.TimerHandle | None = None

    @property
    def agreed(self) -> tuple[media_sdp.Media, ...]:
        return self._remote.media

    def _build_offer(self) -> str:
        print_ = f"{self._print.algorithm} {self._print.value}"
        return build_offer(Local(self._ufrag, self._password, print_, ()), self._lines)

    def reoffer(self) -> str:
        """The offer of an ICE restart."""
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(12)
        return self._build_offer()

    async def reconnect(self, answer: str) -> None:
        """Go on from a new address with the credentials of `reoffer`; `first` is then the first packet there."""
        self.close()
        self._socket = _new_socket()
        self.arrived.clear()
        self.first = self._loop.create_future()
        self._nominated.clear()
        self._begin(answer)
        await self._until(self._nominated, self._send_check)
        self._keep_consent()

    async def connect(self, answer: str, wanted: int) -> tuple[float, float]:
        """Check, nominate, shake hands; return when each was done. `wanted`: streams to wait for."""
        self._wanted = wanted
        self._begin(answer)
        await self._until(self._nominated, self._send_check)
        checked = monotonic()
        self._step()
        await self._until(self._keyed, self._retransmit)
        self._keep_consent()
        return checked, monotonic()

    def send(self, packet: bytes) -> None:
        self._write(self.outward.protect(packet))

    def close(self) -> None:
        if self._consent is not None:
            self._consent.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _begin(self, answer: str) -> None:
        self._remote = read_remote(answer)
        place = next(one for one in self._remote.candidates if one.protocol == "udp" and ":" not in one.ip)
        self._socket.connect((place.ip, place.port))
        self._loop.add_reader(self._socket, self._on_readable)

    async def _until(self, event: asyncio.Event, again: Callable[[], None]) -> None:
        async with asyncio.timeout(STEP_SECONDS):
            while not event.is_set():
                again()
                with suppress(TimeoutError):
                    async with asyncio.timeout(REPEAT_SECONDS):
                        await event.wait()

    def _send_check(self) -> None:
        username = f"{self._remote.ufrag}:{self._ufrag}"
        request = binding_request(
            username, self._remote.password, [attribute(USE_CANDIDATE, b"")], secrets.token_bytes(12)
        )
        self._write(request)

    def _keep_consent(self) -> None:
        self._send_check()
        self._consent = self._loop.call_later(CONSENT_SECONDS, self._keep_consent)

    def _write(self, datagram: bytes) -> None:
        with suppress(BlockingIOError, ConnectionError):  # as lost as on any network
            self._socket.send(datagram)

    def _retransmit(self) -> None:
        if self._ssl.DTLSv1_get_timeout() == 0.0:
            self._ssl.DTLSv1_handle_timeout()
            self._flush()

    def _step(self) -> None:
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            self._flush()
            return
        self._flush()
        material = self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (16 + 12))
        own, theirs = material[:16] + material[32:44], material[16:32] + material[44:]
        profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
        self.outward = Session(Policy(key=own, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
        self._inward = Session(Policy(key=theirs, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
        self._keyed.set()

    def _flush(self) -> None:
        try:
            flight = self._ssl.bio_read(65536)
        except SSL.Error:
            return
        while flight:
            length = 13 + int.from_bytes(flight[11:13])
            self._write(flight[:length])
            flight = flight[length:]

    def _on_readable(self) -> None:
        for _ in range(8):
            try:
                datagram = self._socket.recv(2048)
            except (BlockingIOError, ConnectionError):
                return
            first = datagram[0]
            if first < 4:
                if struct.unpack_from("!H", datagram)[0] == 0x0101:
                    self._nominated.set()
            elif 20 <= first < 64:
                if not self._keyed.is_set():
                    self._ssl.bio_write(datagram)
                    self._step()
            elif not 192 <= datagram[1] < 224 and self._inward is not None:
                self._take(datagram)

    def _take(self, datagram: bytes) -> None:
        ssrc = int.from_bytes(datagram[8:12])
        if ssrc in self.arrived:
            return
        try:
            assert self._inward is not None
            self._inward.unprotect(datagram)
        except Error:
            return
        self.arrived[ssrc] = monotonic()
        if not self.first.done():
            self.first.set_result(monotonic())
        if len(self.arrived) >= self._wanted:
            self._loop.remove_reader(self._socket)


def _new_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    return made


def build_context(identity: Identity) -> SSL.Context:
    """One DTLS context for all, with the profile that the server likes best."""
    return identity._create_ssl_context([SRTP_AEAD_AES_128_GCM])


class Sender:
    """A voice (50 packets a second) or a small picture (10) of a publisher."""

    def __init__(self, line: Line, media: media_sdp.Media) -> None:
        self.video = line.kind == "video"
        self._ssrc = line.ssrc
        self._payload_type = media.payloads["vp8" if self.video else "opus"]
        self._mid, self._level = media.extensions.get(MID, 0), media.extensions.get(LEVEL, 0)
        self._id = line.mid
        self._number = 1

    def packet(self, now: float) -> bytes:
        """The next one: a word that is never level, or a keyframe of its own."""
        self._number += 1
        clock = 90_000 if self.video else 48_000
        element = bytes([self._mid << 4]) + self._id.encode()
        if not self.video:
            element += bytes([self._level << 4, 0x80 | (20 + self._number // 5 % 16)])
        element += bytes(-len(element) % 4)
        marker = 0x80 if self.video else 0
        stamp = int(now * clock) & 0xFFFFFFFF
        head = struct.pack("!BBHII", 0x90, marker | self._payload_type, self._number & 0xFFFF, stamp, self._ssrc)
        extension = struct.pack("!HH", 0xBEDE, len(element) // 4) + element
        if not self.video:
            return head + extension + bytes([0x78]) + bytes(79)
        picture = struct.pack("!BBHBB", 0x90, 0xE0, 0x8000 | self._number & 0x7FFF, self._number & 255, 0)
        return head + extension + picture + bytes.fromhex("100200 9d012a 8002 6801") + bytes(480)
