"""One peer's connection: ICE credentials, DTLS, SRTP keys, its sources and slots on the plane.

Laws:
- A connection lives on one plane under one number and never moves; every number it takes is given back by `close`.
- An m-line keeps its purpose for the life of the connection; a later offer may add m-lines, drop sources, or
  bring new ICE credentials (a restart).
- What is sent down is in order: credentials, payloads, sources, slots, keys. Nothing of the router happens here.
- `close` is not async: media is over when it returns.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from sfu.answer import AUDIO_LEVEL, Carried, Local, Receiving, Sending, build_answer, carried
from sfu.codecs import VIDEO, VideoCodec
from sfu.dtls import DatagramPipe, DtlsLink, Identity
from sfu.errors import ProtocolError, StateError
from sfu.events import Slot, Source
from sfu.fragment import build_fragment, parse_fragment
from sfu.ice import CREDENTIAL_ENTROPY, Candidate, credentials
from sfu.model import KIND_OF_PURPOSE, KIND_OF_SLOT, STREAM_OF_SLOT, Purpose
from sfu.plane import Plane
from sfu.sdp import Offer, Remote, Section

CONNECT_SECONDS: Final = 30.0
"""From the answer to the first DTLS datagram; ICE of a browser takes less than a second on a network that works."""


class Port(msgspec.Struct, frozen=True):
    """What the connections on one plane share."""

    plane: Plane
    identity: Callable[[], Identity]
    candidates: tuple[Candidate, ...]
    numbers: Iterator[int]
    handshakes: asyncio.Semaphore
    place: int = 0


class Session:
    """The connection of one peer."""

    def __init__(self, port: Port, csrc: int, codecs: tuple[VideoCodec, ...] = VIDEO) -> None:
        self.id = next(port.numbers)
        self._port = port
        self._codecs = codecs
        self._csrc = csrc
        self._offer: Offer | None = None
        self._sources: dict[str, Source] = {}
        self._slots: dict[str, Slot] = {}
        self._sending: dict[str, Sending] = {}
        self._cname = secrets.token_hex(8)
        self._pipe = DatagramPipe(lambda datagram: port.plane.send_dtls(self.id, datagram))
        self._identity = port.identity()
        self._link = DtlsLink(self._pipe, self._identity)
        self._asked = asyncio.Event()
        self._closed = False
        self._local = self._new_local(session_id=secrets.randbits(62), version=1)

    @property
    def sources(self) -> tuple[Source, ...]:
        """What the remote may send."""
        return tuple(self._sources.values())

    @property
    def slots(self) -> tuple[Slot, ...]:
        """What we may send."""
        return tuple(self._slots.values())

    def continues(self, offer: Offer) -> bool:
        """Whether this offer comes from the same RTCPeerConnection as the one before."""
        return self._offer is not None and self._offer.remote == offer.remote

    @property
    def shaken(self) -> Remote | None:
        """The remote that has begun to shake hands with us: it never does so anew with another session."""
        return self._offer.remote if self._offer is not None and self._asked.is_set() else None

    def negotiate(self, offer: Offer, sources: Mapping[int, Purpose], slots: Mapping[int, str]) -> str:
        """Take an offer; the maps say what its m-lines (by index) are for. Returns the answer.

        ProtocolError `sdp_purpose` or `sdp_no_codec`; then nothing has changed.
        """
        if self._closed:
            raise StateError("closed", "the connection is closed")
        taken = self._choose(offer, sources, slots)
        old, self._offer = self._offer, offer
        if old is not None:
            self._local = self._renew(restart=old.ufrag != offer.ufrag)
        if old is None or old.ufrag != offer.ufrag:
            mine = self._local.credentials
            self._port.plane.open_session(self.id, mine.ufrag, mine.password)
        received = {index: choice for index, choice in taken.items() if index in sources}
        self._tell_payloads(list(received.values()))
        self._tell_sources({self._key(index): (offer.sections[index], sources[index]) for index in received}, received)
        for index in taken.keys() - received.keys():
            self._tell_slot(index, offer.sections[index], slots[index], taken[index])
        return build_answer(offer, self._local, taken, self._roles(taken, sources))

    def restart(self, text: str) -> str:
        """Take a WHIP fragment: the answer to an ICE restart, or nothing if it brought candidates only."""
        remote = parse_fragment(text)
        if self._offer is None or self._closed:
            raise StateError("closed", "the connection is closed")
        if remote is None or remote[0] == self._offer.ufrag:
            return ""
        self._offer = msgspec.structs.replace(self._offer, ufrag=remote[0], password=remote[1])
        self._local = self._renew(restart=True)
        mine = self._local.credentials
        self._port.plane.open_session(self.id, mine.ufrag, mine.password)
        used = {*self._sources, *self._slots}
        return build_fragment(
            self._offer, self._local, [index for index in range(len(self._offer.sections)) if self._key(index) in used]
        )

    def receive_dtls(self, datagram: bytes) -> None:
        """A DTLS datagram from an address that ICE has verified."""
        if self._pipe.deliver(datagram):
            self._asked.set()

    async def connect(self) -> None:
        """Wait for the remote's handshake and hand the keys down; ProtocolError `dtls_*`."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._asked.wait()
        except TimeoutError:
            raise ProtocolError("dtls_timeout", "nobody came") from None
        if self._offer is None:
            raise StateError("closed", "there was no offer")
        async with self._port.handshakes:
            keys = await self._link.handshake(self._offer.fingerprints)
        self._port.plane.set_srtp(
            self.id, keys.profile, keys.receive_key, keys.receive_salt, keys.send_key, keys.send_salt
        )

    async def closed(self) -> None:
        """Return when the remote has said goodbye."""
        await self._link.closed()

    def close(self) -> None:
        """Say goodbye and forget everything, here and in the plane."""
        if self._closed:
            return
        self._closed = True
        self._link.close()
        for source in self._sources.values():
            self._port.plane.remove_source(source.id)
        self._sources, self._slots = {}, {}
        self._port.plane.close_session(self.id)

    def _new_local(self, session_id: int, version: int) -> Local:
        return Local(
            session_id=session_id,
            version=version,
            credentials=credentials(secrets.token_bytes(CREDENTIAL_ENTROPY), self._port.place),
            fingerprints=self._identity.fingerprints(),
            candidates=self._port.candidates,
        )

    def _renew(self, *, restart: bool) -> Local:
        fresh = self._new_local(self._local.session_id, self._local.version + 1)
        return fresh if restart else msgspec.structs.replace(fresh, credentials=self._local.credentials)

    def _key(self, index: int) -> str:
        if self._offer is None:
            raise StateError("closed", "there was no offer")
        return self._offer.sections[index].mid or f"#{index}"

    def _choose(self, offer: Offer, sources: Mapping[int, Purpose], slots: Mapping[int, str]) -> dict[int, Carried]:
        """What is carried, by m-line; refuses what contradicts itself or an earlier offer."""
        names: list[str] = [*sources.values(), *(f"slot {name}" for name in slots.values())]
        if len(set(names)) != len(names) or sources.keys() & slots.keys():
            raise ProtocolError("sdp_purpose", "each m-line has one purpose and each purpose one m-line")
        taken: dict[int, Carried] = {}
        for index, section in enumerate(offer.sections):
            purpose, name = sources.get(index), slots.get(index)
            if purpose is None and name is None:
                continue
            kind = KIND_OF_PURPOSE[purpose] if purpose is not None else KIND_OF_SLOT.get(name or "")
            key = section.mid or f"#{index}"
            known_source, known_slot = self._sources.get(key), self._slots.get(key)
            if (
                kind != section.kind
                or (known_source is not None and known_source.purpose != purpose)
                or (known_slot is not None and known_slot.name != name)
            ):
                raise ProtocolError("sdp_purpose", f"m-line {section.mid!r} cannot be {purpose or name}")
            choice = carried(section, sending=purpose is None, music=purpose == "screen-audio", wanted=self._codecs)
            if choice is not None:
                taken[index] = choice
        if not taken:
            raise ProtocolError("sdp_no_codec", "nothing to carry: no codec that we know, or no one direction")
        return taken

    def _tell_payloads(self, received: list[Carried]) -> None:
        payloads: dict[int, tuple[int, str, int, int]] = {}
        extensions: dict[int, str] = {}
        for choice in received:
            for payload in choice.payloads:
                codec = payload.codec
                payloads[codec.payload_type] = (codec.payload_type, codec.name, codec.clock_rate, -1)
                if payload.rtx is not None:
                    number = payload.rtx.payload_type
                    payloads[number] = (number, "rtx", payload.rtx.clock_rate, codec.payload_type)
            extensions |= {extension.id: extension.uri for extension in choice.extensions}
        self._port.plane.set_receive(self.id, list(payloads.values()), list(extensions.items()))

    def _tell_sources(self, wanted: dict[str, tuple[Section, Purpose]], received: Mapping[int, Carried]) -> None:
        levelled = {
            self._key(index): any(extension.uri == AUDIO_LEVEL for extension in choice.extensions)
            for index, choice in received.items()
        }
        chosen = {self._key(index): choice for index, choice in received.items()}
        for key in self._sources.keys() - wanted.keys():
            self._port.plane.remove_source(self._sources.pop(key).id)
        for key, (section, purpose) in wanted.items():
            if key in self._sources:
                continue
            choice = chosen[key]
            codec = choice.payloads[0].codec.name
            source = Source(next(self._port.numbers), purpose, levelled[key], choice.rids, codec)
            self._sources[key] = source
            kind = KIND_OF_PURPOSE[purpose]
            # The layers' streams are learned by RID: Firefox lists SSRCs without saying whose they are.
            ssrcs = [] if source.rids else list(section.ssrcs)
            self._port.plane.add_source(source.id, self.id, section.mid, kind, self._csrc, ssrcs, list(source.rids))

    def _tell_slot(self, index: int, section: Section, name: str, choice: Carried) -> None:
        key = self._key(index)
        if key in self._slots:
            return
        codecs = frozenset(payload.codec.name for payload in choice.payloads)
        slot = Slot(next(self._port.numbers), name, section.mid, codecs)
        ssrc, rtx_ssrc = self._new_ssrcs()
        sending = Sending(STREAM_OF_SLOT.get(name, name), name, self._cname, ssrc, rtx_ssrc)
        self._slots[key], self._sending[key] = slot, sending
        self._port.plane.add_slot(
            self.id,
            slot.id,
            section.mid,
            KIND_OF_SLOT[name],
            ssrc,
            rtx_ssrc if choice.repaired else 0,
            [
                (payload.codec.name, payload.codec.payload_type, payload.rtx.payload_type if payload.rtx else -1)
                for payload in choice.payloads
            ],
            [(extension.id, extension.uri) for extension in choice.extensions],
            self._cname,
        )

    def _new_ssrcs(self) -> tuple[int, int]:
        used = {ssrc for sending in self._sending.values() for ssrc in (sending.ssrc, sending.rtx_ssrc)}
        while True:
            pair = (1 + secrets.randbelow(0xFFFFFFFE), 1 + secrets.randbelow(0xFFFFFFFE))
            if pair[0] != pair[1] and used.isdisjoint(pair):
                return pair

    def _roles(self, taken: Mapping[int, Carried], sources: Mapping[int, Purpose]) -> dict[int, Receiving | Sending]:
        return {index: Receiving() if index in sources else self._sending[self._key(index)] for index in taken}
