"""One connection of the media load: real ICE and DTLS by aioice and aiortc, then its socket and keys are handed on.

Laws: `connect` proves addresses and certificate; `hand_over` stops everything that would still read, write or say
goodbye on this side, so that the native load owns the socket and both SRTP directions alone.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass

import aioice
from aioice.candidate import Candidate
from pylibsrtp import Policy, Session

from benchmarks.media_sdp import Local, Remote
from sfu.dtls import DatagramPipe, DtlsLink, Identity, SrtpKeys
from sfu.sdp import Fingerprint

PATIENCE = 20.0
_PROFILES = {
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}


@dataclass(frozen=True)
class Handed:
    """What the native load needs of a connection."""

    descriptor: int
    address: tuple[str, int]
    local_password: str
    remote_password: str
    username: str
    controlling: bool
    gcm: bool
    send: tuple[bytes, bytes]
    receive: tuple[bytes, bytes]


class _Link(DtlsLink):
    """DTLS in either role; `keys` are named as the server sees them."""

    def __init__(self, pipe: DatagramPipe, identity: Identity, *, server: bool) -> None:
        super().__init__(pipe, identity)
        if not server:
            self._set_role("client")

    def stop_reading(self) -> None:
        """End without a goodbye."""
        if self._task is not None:
            self._task.cancel()


def forget(_: bytes) -> None:
    """What came before anybody wanted it."""


class Leg:
    """One connection."""

    def __init__(self, identity: Identity, *, controlling: bool = True, patience: float = PATIENCE) -> None:
        self._identity = identity
        self._controlling = controlling
        self._patience = patience
        self._ice = aioice.Connection(ice_controlling=controlling, stun_server=None, use_ipv6=False)
        self._keys: SrtpKeys
        self._server = False
        self._reader: asyncio.Task[None] | None = None
        self._link: _Link | None = None
        self.handed = False
        self.on_media: Callable[[bytes], None] = forget
        """Gets what comes and is neither STUN nor DTLS."""

    async def gather(self) -> Local:
        """Our side, with all candidates."""
        await self._ice.gather_candidates()
        print_ = self._identity.fingerprints()[0]
        lines = tuple(candidate.to_sdp() for candidate in self._ice.local_candidates)
        return Local(self._ice.local_username, self._ice.local_password, f"{print_.algorithm} {print_.value}", lines)

    async def connect(self, remote: Remote) -> None:
        """Check, nominate, shake hands."""
        self._ice.remote_username, self._ice.remote_password = remote.ufrag, remote.password
        self._ice.remote_is_lite = remote.lite
        for one in remote.candidates:
            if one.protocol.lower() == "udp" and ":" not in one.ip:
                found = Candidate(one.foundation, one.component, one.protocol, one.priority, one.ip, one.port, one.type)
                await self._ice.add_remote_candidate(found)
        await self._ice.add_remote_candidate(None)
        async with asyncio.timeout(self._patience):
            await self._ice.connect()
        await self._shake_hands(remote)

    async def _shake_hands(self, remote: Remote) -> None:
        pair = self._ice._nominated[1]
        transport = pair.protocol.transport
        pipe = DatagramPipe(lambda datagram: transport.sendto(datagram, pair.remote_addr))

        async def read() -> None:
            while True:
                datagram = await self._ice.recv()
                if 128 <= datagram[0] < 192:
                    self.on_media(datagram)
                else:
                    pipe.deliver(datagram)

        self._reader = asyncio.create_task(read())
        self._server = remote.active
        self._link = _Link(pipe, self._identity, server=self._server)
        prints = [Fingerprint(item.algorithm, item.value) for item in remote.fingerprints]
        self._keys = await self._link.handshake(prints, self._patience)

    def send(self, datagram: bytes) -> None:
        """Send a datagram as it is."""
        pair = self._ice._nominated[1]
        pair.protocol.transport.sendto(datagram, pair.remote_addr)

    def outward(self) -> Session:
        """A session that seals what we send, until `hand_over`."""
        return self._session(self._server, Policy.SSRC_ANY_OUTBOUND)

    def inward(self) -> Session:
        """A session that opens what we get."""
        return self._session(not self._server, Policy.SSRC_ANY_INBOUND)

    def _session(self, servers: bool, ssrcs: int) -> Session:
        keys = self._keys
        own = (keys.send_key, keys.send_salt) if servers else (keys.receive_key, keys.receive_salt)
        return Session(Policy(key=b"".join(own), ssrc_type=ssrcs, srtp_profile=_PROFILES[keys.profile]))

    async def close(self) -> None:
        """End what was never handed over."""
        if self._link is not None and self._reader is not None:
            self._link.stop_reading()
            self._reader.cancel()
        await self._ice.close()

    def hand_over(self) -> Handed:
        """Give socket and keys away; this side falls silent."""
        assert self._link is not None and self._reader is not None
        self.handed = True
        self._link.stop_reading()
        self._reader.cancel()
        if self._ice._query_consent_task is not None:
            self._ice._query_consent_task.cancel()
        pair = self._ice._nominated[1]
        descriptor = os.dup(pair.protocol.transport.get_extra_info("socket").fileno())
        for protocol in self._ice._protocols:
            protocol.transport.abort()
        keys = self._keys
        theirs, ours = (keys.send_key, keys.send_salt), (keys.receive_key, keys.receive_salt)
        if self._server:
            theirs, ours = ours, theirs
        return Handed(
            descriptor,
            pair.remote_addr,
            self._ice.local_password,
            str(self._ice.remote_password),
            f"{self._ice.remote_username}:{self._ice.local_username}",
            self._controlling,
            keys.profile == "AEAD_AES_128_GCM",
            ours,
            theirs,
        )
