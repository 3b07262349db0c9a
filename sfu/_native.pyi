from typing import final

from sfu.plane import Event, Kind, Profile

@final
class Plane:
    """One media thread with one UDP port. Raises OSError when an address cannot be bound."""

    def __new__(
        cls,
        addresses: list[str],
        port: int,
        *,
        consent: float = 30.0,
        stall: float = 2.0,
        segmenting: bool = True,
        tcp: bool = True,
        want: int = 1_000_000,
    ) -> Plane:
        """Bind and start. `consent` and `stall` are seconds, shorter in tests; `segmenting`: use UDP_SEGMENT;
        `tcp`: listen for ICE over TCP where the number is free; `want`: bits per second that one viewer is sent at the
        most."""

    @property
    def port(self) -> int:
        """The bound port."""

    @property
    def tcp(self) -> bool:
        """Whether every address takes ICE over TCP on that port."""

    def fileno(self) -> int:
        """An eventfd that is readable while events wait."""

    def drain(self) -> list[Event]:
        """Take all events that wait."""

    def counters(self) -> dict[str, int]:
        """All numbers by name: totals, `dropped_*` by reason, and gauges (sessions, fragments, addresses, streams,
        sources, slots, assignments)."""

    def forward_histogram(self) -> tuple[list[float], list[int], float]:
        """Upper bounds in seconds (the last is inf), counts, sum: from receiving a packet to having sent its copies."""

    def close(self) -> None:
        """Stop the thread and wait for it; keys are wiped."""

    def open_session(self, session: int, ufrag: str, password: str) -> None:
        """Answer STUN for these credentials. On an open session: an ICE restart."""

    def set_receive(
        self, session: int, payloads: list[tuple[int, str, int, int]], extensions: list[tuple[int, str]]
    ) -> None:
        """What the session sends us: (payload type, codec, clock rate, -1 or the type that it repairs); (id, URI)."""

    def set_srtp(
        self,
        session: int,
        profile: Profile,
        receive_key: bytes,
        receive_salt: bytes,
        send_key: bytes,
        send_salt: bytes,
    ) -> None:
        """Hand the keys down, once for each session. ValueError for a wrong length."""

    def send_dtls(self, session: int, datagram: bytes) -> None:
        """Send a handshake datagram to where the session's came from."""

    def close_session(self, session: int) -> None:
        """Forget the session with its sources, slots, addresses and keys."""

    def add_source(
        self, source: int, session: int, mid: str, kind: Kind, csrc: int, ssrcs: list[int], rids: list[str] = ...
    ) -> None:
        """Something the session publishes; without `ssrcs` its streams are learned by MID, its layers by `rids`."""

    def remove_source(self, source: int) -> None:
        """Forget the source; its slots go empty."""

    def mute_source(self, source: int, muted: bool) -> None:
        """A muted source is received and reported on, never forwarded."""

    def add_slot(
        self,
        session: int,
        slot: int,
        mid: str,
        kind: Kind,
        ssrc: int,
        rtx_ssrc: int,
        payloads: list[tuple[str, int, int]],
        extensions: list[tuple[int, str]],
        cname: str,
    ) -> None:
        """A stream towards the session: (codec, payload type, -1 or its retransmissions); `rtx_ssrc` 0: none."""

    def set_slot(self, session: int, slot: int, source: int, generation: int) -> None:
        """Show a source in a slot; 0: nothing."""

    def set_layer(self, session: int, slot: int, layer: int, halved: bool = False) -> None:
        """The highest layer (0 lowest, 2 unless told) and temporal layer that a slot shows, whatever source it is
        given."""

    def set_audience(self, source: int, viewers: list[int]) -> None:
        """Exactly these sessions may receive the source; nobody before the first call."""

    def request_keyframe(self, source: int) -> None:
        """Ask the publisher for a keyframe, with everybody else who waits for one."""

    def recorder(self, id: int, descriptor: int, capacity: int) -> Recorder:
        """Write what is tapped into a copy of this pipe; up to `capacity` bytes wait for it. OSError if it is none.

        A recorder's id is of the sessions' kind: it stands in audiences.
        """

def take_stream(plane: Plane, descriptor: int, first: bytes) -> None:
    """Let a plane serve a copy of this TCP connection, from which `first` was read. OSError if it is none or gone."""

@final
class Recorder:
    """One recording of one plane. A recorder whose plane is gone does nothing; one that is dropped is closed."""

    @property
    def id(self) -> int:
        """What audiences know it by."""

    def tap(self, source: int, file: int, track: int, layer: int) -> None:
        """Take a source, while the recorder is in its audience, as a track of a file; aim at this layer."""

    def end(self, file: int, forget: bool) -> None:
        """A file gets nothing more; `forget`: not even what waits."""

    def close(self) -> None:
        """Write what waits, within 5 s, and close the pipe."""

def send_all(descriptors: bytes, frame: bytes) -> list[tuple[int, int]]:
    """Send the same, without the GIL and without waiting, to connected sockets, which are given as C ints one after the
    other; returns the places of those that did not take all, each with how many bytes it took."""

@final
class Rehearsal:
    """One viewer's estimate and pacer, with a clock (microseconds) and a network of the caller's: for simulations."""

    def __new__(cls, want: int) -> Rehearsal:
        """A viewer that is sent up to `want` bits per second."""

    def offer(self, now: int, sizes: list[int], sound: bool) -> list[tuple[int, int]]:
        """Packets are there to be sent; (transport-wide number, size) of those that leave at once."""

    def poll(self, now: int) -> list[tuple[int, int]]:
        """What had to wait, and padding: (number, size) of what leaves now."""

    def tick(self, now: int) -> int | None:
        """Time passed; the estimate in bits per second if the plane would tell it."""

    def arrive(self, now: int, number: int) -> None:
        """This packet arrived at the remote."""

    def answer(self, now: int) -> bytes:
        """The remote's feedback if it is time for one, else empty."""

    def feedback(self, now: int, compound: bytes) -> None:
        """That feedback came back."""

    @property
    def dropped(self) -> int:
        """Packets that waited too long, or among too many."""
