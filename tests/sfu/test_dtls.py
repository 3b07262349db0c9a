"""DTLS against aiortc's own client: keys on both sides are the same, and each private seam of aiortc still holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import cast

import pytest
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, RTCIceTransport
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
    SRTPProtectionProfile,
)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from OpenSSL import SSL
from pylibsrtp import Policy
from pylibsrtp import Session as SrtpSession

from sfu.dtls import MAX_WAITING, MTU, DatagramPipe, DtlsLink, Identity, SrtpKeys, is_acceptable, pack_records, records
from sfu.errors import ProtocolError, StateError
from sfu.sdp import Fingerprint

ALL = [SRTP_AEAD_AES_256_GCM, SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80]


class Wire:
    """Two pipes back to back; every datagram on it is remembered, `lose` says which are lost."""

    def __init__(self, lose: Callable[[bytes], bool] = lambda _: False) -> None:
        self.from_server: list[bytes] = []
        self.server = DatagramPipe(self._to_client)
        self.client = DatagramPipe(self._to_server)
        self.lose = lose

    def _to_client(self, datagram: bytes) -> None:
        self.from_server.append(datagram)
        if not self.lose(datagram):
            self.client.deliver(datagram)

    def _to_server(self, datagram: bytes) -> None:
        if not self.lose(datagram):
            for record in records(datagram):
                self.server.deliver(record)


class Client(RTCDtlsTransport):
    """aiortc's DTLS client, which keeps what it exports."""

    def __init__(
        self, wire: Wire, profiles: list[SRTPProtectionProfile], certificate: RTCCertificate | None = None
    ) -> None:
        self.certificate = certificate or RTCCertificate.generateCertificate()
        super().__init__(cast(RTCIceTransport, wire.client), [self.certificate])
        self._set_role("client")
        self._srtp_profiles = profiles

    def fingerprints(self) -> tuple[Fingerprint, ...]:
        return tuple(Fingerprint(item.algorithm, item.value) for item in self.getLocalParameters().fingerprints)

    async def go(self, identity: Identity) -> None:
        mine = [RTCDtlsFingerprint(algorithm=f.algorithm, value=f.value) for f in identity.fingerprints()]
        await self.start(RTCDtlsParameters(fingerprints=mine))


async def _connect(
    wire: Wire, profiles: list[SRTPProtectionProfile], identity: Identity | None = None
) -> tuple[DtlsLink, Client, SrtpKeys]:
    identity = identity or Identity.generateCertificate()
    link, client = DtlsLink(wire.server, identity), Client(wire, profiles)
    _, keys = await asyncio.gather(client.go(identity), link.handshake(client.fingerprints()))
    return link, client, keys


@pytest.mark.parametrize(
    ("profiles", "chosen"),
    [
        (ALL, "AEAD_AES_128_GCM"),
        (ALL[::-1], "AEAD_AES_128_GCM"),
        ([SRTP_AES128_CM_SHA1_80], "AES128_CM_SHA1_80"),
    ],
)
async def test_both_sides_hold_the_same_keys_and_gcm_is_preferred(
    profiles: list[SRTPProtectionProfile], chosen: str
) -> None:
    link, client, keys = await _connect(Wire(), profiles)
    assert keys.profile == chosen
    assert (len(keys.receive_key), len(keys.send_key)) == (16, 16)
    assert len(keys.send_salt) == len(keys.receive_salt) == (12 if "GCM" in chosen else 14)
    profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM if "GCM" in chosen else Policy.SRTP_PROFILE_AES128_CM_SHA1_80
    packet = b"\x80\x60" + bytes(10) + b"hello"
    ours = SrtpSession(Policy(keys.send_key + keys.send_salt, Policy.SSRC_ANY_OUTBOUND, 0, profile))
    assert client._rx_srtp.unprotect(ours.protect(packet)) == packet
    theirs = SrtpSession(Policy(keys.receive_key + keys.receive_salt, Policy.SSRC_ANY_INBOUND, 0, profile))
    assert theirs.unprotect(client._tx_srtp.protect(packet)) == packet
    link.close()
    await client.stop()


async def test_this_side_keeps_no_srtp_session_and_gives_its_keys_away_once() -> None:
    link, client, _ = await _connect(Wire(), ALL)
    assert link._tx_srtp is None and link._rx_srtp is None
    assert link._keys is None
    link.close()
    await client.stop()


async def test_version_is_dtls_1_2_and_flights_stay_within_the_mtu() -> None:
    wire = Wire()
    link, client, _ = await _connect(wire, ALL)
    assert link._ssl is not None and link._ssl.get_protocol_version_name() == "DTLSv1.2"
    assert max(map(len, wire.from_server)) <= MTU
    assert all(b"".join(records(datagram)) == datagram for datagram in wire.from_server)
    link.close()
    await client.stop()


async def test_a_long_certificate_is_split_at_record_borders() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    short = Identity.generateCertificate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kreide")])
    names = x509.SubjectAlternativeName([x509.DNSName(f"{number:03}.school.example") for number in range(120)])
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(short._cert.not_valid_before_utc)
        .not_valid_after(short._cert.not_valid_after_utc)
        .add_extension(names, critical=False)
        .sign(key, SHA256())
    )
    wire = Wire()
    link, client, _ = await _connect(wire, ALL, Identity(key, cert))
    assert sum(map(len, wire.from_server)) > 2 * MTU
    assert max(map(len, wire.from_server)) <= MTU
    link.close()
    await client.stop()


async def test_one_ssl_context_serves_all_connections() -> None:
    identity = Identity.generateCertificate()
    context = identity._create_ssl_context([SRTP_AEAD_AES_128_GCM])
    for _ in range(2):
        link, client, _ = await _connect(Wire(), ALL, identity)
        assert link._ssl is not None and link._ssl.get_context() is context
        link.close()
        await client.stop()


async def test_a_foreign_certificate_gets_no_keys() -> None:
    wire, identity = Wire(), Identity.generateCertificate()
    link, client = DtlsLink(wire.server, identity), Client(wire, ALL)
    stranger = Client(Wire(), ALL)

    async def serve() -> None:
        with pytest.raises(ProtocolError) as caught:
            await link.handshake(stranger.fingerprints())
        assert caught.value.code == "dtls_failed"

    await asyncio.gather(client.go(identity), serve())
    assert link._keys is None
    link.close()
    await client.stop()


async def test_without_a_common_profile_there_is_no_connection() -> None:
    wire, identity = Wire(), Identity.generateCertificate()
    link, client = DtlsLink(wire.server, identity), Client(wire, [SRTP_AEAD_AES_256_GCM])
    _, result = await asyncio.gather(client.go(identity), link.handshake(client.fingerprints()), return_exceptions=True)
    assert isinstance(result, ProtocolError) and result.code == "dtls_failed"
    link.close()
    await client.stop()


async def test_a_silent_remote_times_out() -> None:
    link = DtlsLink(Wire().server, Identity.generateCertificate())
    with pytest.raises(ProtocolError) as caught:
        await link.handshake((Fingerprint("sha-256", "AB"),), seconds=0.01)
    assert caught.value.code == "dtls_timeout"
    link.close()


async def test_a_lost_flight_is_repeated() -> None:
    lost: list[bytes] = []

    def lose(datagram: bytes) -> bool:
        if not lost:
            lost.append(datagram)
            return True
        return False

    link, client, keys = await _connect(Wire(lose), ALL)
    assert lost and keys.profile == "AEAD_AES_128_GCM"
    link.close()
    await client.stop()


async def test_our_goodbye_reaches_the_remote_at_once_and_theirs_us() -> None:
    wire = Wire()
    link, client, _ = await _connect(wire, ALL)
    sent = len(wire.from_server)
    link.close()
    assert len(wire.from_server) == sent + 1
    assert client._task is not None
    await asyncio.wait([client._task])
    assert client.state == "closed"

    link, client, _ = await _connect(Wire(), ALL)
    await client.stop()
    await asyncio.wait_for(link.closed(), 30)
    link.close()


async def test_closing_before_anything_happened_is_harmless() -> None:
    link = DtlsLink(Wire().server, Identity.generateCertificate())
    await link.closed()
    link.close()
    link.close()
    with pytest.raises(StateError):
        link._connection()


async def test_the_pipe_is_bounded_and_ends() -> None:
    pipe = DatagramPipe(lambda _: None)
    datagram = b"\x16\xfe\xfd" + bytes(8) + b"\x00\x01" + b"x"
    assert [pipe.deliver(datagram) for _ in range(MAX_WAITING + 2)] == [True] * MAX_WAITING + [False] * 2
    assert await pipe._recv() == datagram
    pipe.close()
    pipe.close()
    assert not pipe.deliver(datagram)
    for _ in range(MAX_WAITING - 1):
        await pipe._recv()
    with pytest.raises(ConnectionError):
        await pipe._recv()


def _record(length: int, kind: int = 22, epoch: int = 0, message: int = 0) -> bytes:
    body = (b"\x01" + message.to_bytes(3) + bytes(length))[:length]
    return bytes([kind, 0xFE, 0xFD]) + epoch.to_bytes(2) + bytes(6) + length.to_bytes(2) + body


def test_only_whole_records_with_short_messages_are_acceptable() -> None:
    assert is_acceptable(_record(100, message=200))
    assert is_acceptable(_record(100, message=8192) + _record(50))
    assert not is_acceptable(_record(100, message=8193))
    assert is_acceptable(_record(100, epoch=1, message=0xFFFFFF))
    assert is_acceptable(_record(100, kind=20, message=0xFFFFFF))
    assert not is_acceptable(b"")
    assert not is_acceptable(_record(100)[:-1])
    assert not is_acceptable(_record(10) + b"\x16")


def test_records_are_packed_whole() -> None:
    flight = b"".join(_record(length) for length in (500, 500, 500, 2000, 10))
    packed = list(pack_records(flight, 1200))
    assert [len(datagram) for datagram in packed] == [1026, 513, 2013, 23]
    assert b"".join(packed) == flight
    assert list(pack_records(b"", 1200)) == []


def test_a_datagram_of_noise_never_raises() -> None:
    seed = 20240501
    random = Random(seed)
    for _ in range(2000):
        noise = random.randbytes(random.randrange(60))
        assert is_acceptable(noise) in (True, False), f"seed {seed}"


def test_sessions_are_not_kept_for_resumption() -> None:
    context = Identity.generateCertificate()._create_ssl_context([SRTP_AEAD_AES_128_GCM])
    assert context.get_session_cache_mode() == SSL.SESS_CACHE_OFF
