"""DTLS by aiortc over datagrams that the native plane hands up: certificates, handshake, SRTP keys.

Laws:
- We are always the server (`setup:passive`) and agree on one of exactly two SRTP profiles, GCM first.
- One certificate and one SSL context serve every connection of a process.
- **One owner per SRTP direction**: keys are exported and handed down; this side never makes an SRTP session.
- A flight leaves in datagrams of at most 1200 bytes, cut at record borders.
- What has not proved its fingerprint is worth nothing: no keys before the certificate matched the offer.

aiortc's private parts we lean on, each covered by a test: `RTCCertificate._create_ssl_context`, and of
RTCDtlsTransport `_set_role`, `_srtp_profiles`, `_ssl`, `_do_handshake`, `_setup_srtp`, `_write_ssl`, `_task`, and
the transport's `role`, `_recv`, `_send`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, cast

import msgspec
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, RTCIceTransport
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80, SRTPProtectionProfile
from OpenSSL import SSL

from sfu.errors import ProtocolError, StateError
from sfu.plane import Profile
from sfu.sdp import Fingerprint

MTU: Final = 1200
MAX_WAITING: Final = 32
MAX_MESSAGE: Final = 8 * 1024
"""Longest handshake message we let OpenSSL reassemble; a browser's certificate is below 1 KB."""
HANDSHAKE_SECONDS: Final = 15.0

_PROFILES: Final[dict[Profile, SRTPProtectionProfile]] = {
    "AEAD_AES_128_GCM": SRTP_AEAD_AES_128_GCM,
    "AES128_CM_SHA1_80": SRTP_AES128_CM_SHA1_80,
}
_DTLS_1_2: Final = 0xFEFD
_RECORD_HEADER: Final = 13
_HANDSHAKE: Final = 22


class SrtpKeys(msgspec.Struct, frozen=True):
    """Master keys and salts of both directions, seen from us."""

    profile: Profile
    receive_key: bytes
    receive_salt: bytes
    send_key: bytes
    send_salt: bytes


class Identity(RTCCertificate):
    """Our certificate with the one SSL context that every handshake of this process uses."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            context = super()._create_ssl_context(srtp_profiles)
            context.set_min_proto_version(_DTLS_1_2)
            context.set_options(SSL.OP_NO_QUERY_MTU)
            context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            self._context = context
        return self._context

    def fingerprints(self) -> tuple[Fingerprint, ...]:
        """What the answer states; one digest is enough, and every client knows SHA-256."""
        return tuple(
            Fingerprint(item.algorithm, item.value) for item in self.getFingerprints() if item.algorithm == "sha-256"
        )


class DatagramPipe:
    """What RTCDtlsTransport asks of an ICE transport: a role, datagrams in, datagrams out.

    At most `MAX_WAITING` datagrams wait; when full, DROP the newest (the remote repeats its flight).
    """

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.send = send
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._closed = False

    def deliver(self, datagram: bytes) -> bool:
        """Give a datagram to DTLS; False if it was dropped."""
        if self._closed or self._waiting.qsize() >= MAX_WAITING or not is_acceptable(datagram):
            return False
        self._waiting.put_nowait(datagram)
        return True

    def close(self) -> None:
        """Let the reader end with ConnectionError."""
        if not self._closed:
            self._closed = True
            self._waiting.put_nowait(None)

    async def _recv(self) -> bytes:
        datagram = await self._waiting.get()
        if datagram is None:
            raise ConnectionError
        return datagram

    async def _send(self, data: bytes) -> None:
        self.send(data)


class DtlsLink(RTCDtlsTransport):
    """The DTLS side of one connection."""

    def __init__(self, pipe: DatagramPipe, identity: Identity) -> None:
        super().__init__(cast(RTCIceTransport, pipe), [identity])
        self._set_role("server")
        self._srtp_profiles = list(_PROFILES.values())
        self._keys: SrtpKeys | None = None
        self._pipe = pipe

    async def handshake(self, fingerprints: Iterable[Fingerprint], seconds: float = HANDSHAKE_SECONDS) -> SrtpKeys:
        """Complete the handshake and verify the certificate; ProtocolError `dtls_timeout` or `dtls_failed`."""
        remote = [RTCDtlsFingerprint(algorithm=item.algorithm, value=item.value) for item in fingerprints]
        try:
            async with asyncio.timeout(seconds):
                await self.start(RTCDtlsParameters(fingerprints=remote))
        except TimeoutError:
            raise ProtocolError("dtls_timeout", "the DTLS handshake took too long") from None
        if self._keys is None or self.state != "connected":
            raise ProtocolError("dtls_failed", "the DTLS handshake failed or the certificate is not the offer's")
        keys, self._keys = self._keys, None
        return keys

    async def closed(self) -> None:
        """Return when the remote has closed, or we have."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def close(self) -> None:
        """Send close_notify and end. At once: media stops within the call that says so."""
        if self._ssl is not None and self.state in ("connecting", "connected"):
            with suppress(SSL.Error):
                self._ssl.shutdown()
            self._flush()
        if self._task is not None:
            self._task.cancel()
        self._pipe.close()

    def _connection(self) -> SSL.Connection:
        if self._ssl is None:
            raise StateError("not_connected", "DTLS was not started")
        return self._ssl

    async def _do_handshake(self) -> None:
        self._connection().set_ciphertext_mtu(MTU)
        await super()._do_handshake()

    def _setup_srtp(self) -> None:
        # In place of aiortc's: the same export (RFC 5764 section 4.2), but nobody up here gets an SRTP session.
        selected = self._connection().get_selected_srtp_profile()
        for name, profile in _PROFILES.items():
            if profile.openssl_profile == selected:
                self._keys = self._export(name, profile)

    def _export(self, name: Profile, profile: SRTPProtectionProfile) -> SrtpKeys:
        length = profile.key_length
        material = self._connection().export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (length + profile.salt_length))
        client, server = (profile.get_key_and_salt(material, index) for index in (0, 1))
        return SrtpKeys(
            profile=name,
            receive_key=client[:length],
            receive_salt=client[length:],
            send_key=server[:length],
            send_salt=server[length:],
        )

    async def _write_ssl(self) -> None:
        # In place of aiortc's, which reads 1500 bytes once: a flight may be longer, and its records must not be cut.
        self._flush()

    def _flush(self) -> None:
        flight = b""
        with suppress(SSL.Error):
            while True:
                flight += self._connection().bio_read(65536)
        for datagram in pack_records(flight, MTU):
            self._pipe.send(datagram)


def records(data: bytes) -> Iterator[bytes]:
    """Split at DTLS record borders (RFC 6347 section 4.1); what is cut short at the end is left out."""
    offset = 0
    while offset + _RECORD_HEADER <= len(data):
        end = offset + _RECORD_HEADER + int.from_bytes(data[offset + 11 : offset + 13])
        if end > len(data):
            return
        yield data[offset:end]
        offset = end


def pack_records(flight: bytes, mtu: int) -> Iterator[bytes]:
    """Group whole records into datagrams of at most `mtu` bytes (a longer record travels alone)."""
    datagram = b""
    for record in records(flight):
        if datagram and len(datagram) + len(record) > mtu:
            yield datagram
            datagram = b""
        datagram += record
    if datagram:
        yield datagram


def is_acceptable(datagram: bytes) -> bool:
    """Whether OpenSSL may see it: whole records, and no plain handshake message longer than `MAX_MESSAGE`.

    Fragments pass: Chromium's ClientHello comes in two datagrams.
    """
    seen = 0
    for record in records(datagram):
        seen += len(record)
        plain = record[3:5] == b"\x00\x00"
        if plain and record[0] == _HANDSHAKE and int.from_bytes(record[14:17]) > MAX_MESSAGE:
            return False
    return 0 < seen == len(datagram)
