"""CPU of the media thread for each forwarded packet: few publishers, many viewers, over loopback, beside a plain loop.

Frames of `--packets` packets of `--bytes` bytes come in one message (UDP_SEGMENT), as from a browser's burst; the
sinks are another process that reads with or without UDP_GRO. What is measured is the CPU time of the media thread
alone (/proc/self/task/*/schedstat), in which the kernel's delivery to the sinks is included, because loopback delivers
in the sender's context.

The plain loop (`peers/plain_loop.c`: recvfrom, libsrtp's unprotect, and for each viewer protect and sendto) is measured
in the same run, in turns, by its own CPU clock; the ratio is the median over the rounds. `--publishers` send one frame
each at the same time: with `--packets 1` that is what a tick can merge for one viewer.

    .venv/bin/python -m benchmarks.forward --viewers 30 --packets 1 --publishers 8
    .venv/bin/python -m benchmarks.forward --write

`--write` plays the three loads of `forward_record.py` one after the other and records them in results/forward.md.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import select
import socket
import statistics
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import cast

from pylibsrtp import Policy, Session

from benchmarks.forward_record import RECORDED, Ours, Turn, write_record
from benchmarks.peers.plain import Person, Stream, build_plain, describe
from sfu.plane import Plane, Profile
from tests.sfu.plane_peer import MID_URI, VP8, Peer, Rtp, vp8

UDP_SEGMENT, UDP_GRO = 103, 104
SOURCE = 1


def sink(sockets: list[socket.socket], gro: bool, stop: Event) -> None:
    """Read everything and forget it."""
    poll = select.epoll()
    for sock in sockets:
        sock.setblocking(False)
        if gro:
            sock.setsockopt(socket.SOL_UDP, UDP_GRO, 1)
        poll.register(sock.fileno(), select.EPOLLIN)
    by_descriptor = {sock.fileno(): sock for sock in sockets}
    buffer = bytearray(65_536)
    while not stop.is_set():
        for descriptor, _ in poll.poll(0.1):
            with contextlib.suppress(BlockingIOError):
                while True:
                    by_descriptor[descriptor].recv_into(buffer)


def media_thread_seconds(port: int) -> float:
    """CPU time of the media thread so far."""
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text().strip() == f"media-{port}":
            return int((task / "schedstat").read_text().split()[0]) / 1e9
    raise SystemExit("no media thread")


def add_viewers(plane: Plane, number: int, publishers: int, profile: Profile) -> list[Peer]:
    """Viewers with one slot for each source."""
    viewers = [Peer(plane, profile) for _ in range(number)]
    sources = range(SOURCE, SOURCE + publishers)
    for viewer in viewers:
        for source in sources:
            streams = 1000 + 2 * source, 1001 + 2 * source
            plane.add_slot(viewer.id, source, str(source), "video", *streams, [("vp8", 96, 97)], [(4, MID_URI)], "c")
        viewer.connect()
    for source in sources:
        plane.set_audience(source, [viewer.id for viewer in viewers])
        for viewer in viewers:
            plane.set_slot(viewer.id, source, source, 1)
    return viewers


Seal = Callable[[Rtp], bytes]


def frame(seal: Seal, ssrc: int, first: int, packets: int, size: int) -> list[bytes]:
    """The sealed packets of a frame."""
    body = vp8(bytes(size - 12 - 8 - 6 - 16), keyframe=first == 0, picture=first // packets & 0x7FFF)
    timestamp = int(time.monotonic() * 90_000) & 0xFFFFFFFF
    packet = Rtp(VP8, first, timestamp, ssrc, body, elements={4: b"v"})
    return [seal(replace(packet, sequence=(first + number) & 0xFFFF)) for number in range(packets)]


def send(sock: socket.socket, sealed: list[bytes]) -> None:
    """All in one message, as from a browser's burst."""
    if len(sealed) == 1:
        sock.send(sealed[0])
    else:
        sock.sendmsg([b"".join(sealed)], [(socket.SOL_UDP, UDP_SEGMENT, struct.pack("=H", len(sealed[0])))])


@contextlib.contextmanager
def reading(sockets: list[socket.socket], arguments: argparse.Namespace) -> Iterator[None]:
    """Let another process read these sockets."""
    stop = multiprocessing.Event()
    reader = multiprocessing.Process(target=sink, args=(sockets, not arguments.plain_sinks, stop))
    reader.start()
    yield
    stop.set()
    reader.join()


def load(arguments: argparse.Namespace, ways: list[tuple[socket.socket, Seal, int]]) -> None:
    """Frames of all publishers at the same time, and a pause."""
    began = time.monotonic()
    for number in range(1, arguments.frames + 1):
        first = number * arguments.packets
        burst = [(sock, frame(seal, ssrc, first, arguments.packets, arguments.bytes)) for sock, seal, ssrc in ways]
        for sock, sealed in burst:
            send(sock, sealed)
        time.sleep(max(0.0, began + number * arguments.interval / 1000 - time.monotonic()))
    time.sleep(0.3)


def measure(arguments: argparse.Namespace) -> Ours:
    """One round of ours; prints a line."""
    profile = cast(Profile, arguments.profile)
    plane = Plane(["127.0.0.1"], 0, segmenting=not arguments.no_gso)
    publishers = [Peer(plane, profile) for _ in range(arguments.publishers)]
    for source, publisher in enumerate(publishers, SOURCE):
        plane.add_source(source, publisher.id, "v", "video", source, [])
        publisher.connect()
    viewers = add_viewers(plane, arguments.viewers, len(publishers), profile)
    ways: list[tuple[socket.socket, Seal, int]] = [(one.socket, one.seal, 5) for one in publishers]
    with reading([viewer.socket for viewer in viewers], arguments):
        for sock, seal, ssrc in ways:
            send(sock, frame(seal, ssrc, 0, arguments.packets, arguments.bytes))
        time.sleep(0.3)
        before, cpu = plane.counters(), media_thread_seconds(plane.port)
        load(arguments, ways)
        after, spent = plane.counters(), media_thread_seconds(plane.port) - cpu
    forwarded = after["forwarded"] - before["forwarded"]
    messages = after["messages_out"] - before["messages_out"]
    bounds, counts, seconds = plane.forward_histogram()
    wanted = arguments.frames * arguments.packets * arguments.viewers * len(publishers)
    each = spent / max(1, forwarded) * 1e6
    lost = {name: value for name, value in after.items() if name.startswith(("dropped", "withheld")) and value}
    print(
        f"ours: {each:.2f} us of CPU a packet, {forwarded} of {wanted} forwarded, "
        f"{forwarded / max(1, messages):.1f} packets a message, mean {seconds / sum(counts) * 1e6:.0f} us in the plane,"
        f" worst bucket {max(bound for bound, count in zip(bounds, counts, strict=True) if count) * 1e6:.0f} us, {lost}"
    )
    for peer in (*publishers, *viewers):
        peer.close()
    plane.close()
    return Ours(each, forwarded, wanted, forwarded / max(1, messages))


def measure_plain(arguments: argparse.Namespace, program: Path) -> float:
    """One round of the plain loop: microseconds of CPU for each copy; prints a line."""
    key = os.urandom(28)
    sealer = Session(
        Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    )
    out, *sinks = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(1 + arguments.viewers))
    people = []
    for sock in (out, *sinks):
        sock.bind(("127.0.0.1", 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        people.append(Person(key, os.urandom(28), sock.getsockname()[1]))
    streams = [Stream(0, 5 + number, range(1, len(people))) for number in range(arguments.publishers)]
    loop = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert loop.stdin and loop.stdout
    loop.stdin.write(describe(people, streams))
    loop.stdin.flush()
    out.connect(("127.0.0.1", int(loop.stdout.readline())))

    def seal(packet: Rtp) -> bytes:
        sealed: bytes = sealer.protect(packet.build())
        return sealed

    def seconds() -> float:
        return int(Path(f"/proc/{loop.pid}/schedstat").read_text().split()[0]) / 1e9

    with reading(sinks, arguments):
        before = seconds()
        load(arguments, [(out, seal, 5 + number) for number in range(arguments.publishers)])
        spent = seconds() - before
    loop.kill()
    loop.wait()
    for sock in (out, *sinks):
        sock.close()
    copies: int = arguments.frames * arguments.packets * arguments.viewers * arguments.publishers
    each = spent / copies * 1e6
    print(f"plain loop: {each:.2f} us of CPU a packet")
    return each


def take_turns(arguments: argparse.Namespace, program: Path | None) -> list[Turn]:
    """All rounds, ours and the plain loop in turns."""
    turns = []
    for _ in range(arguments.rounds):
        ours = measure(arguments)
        turns.append(Turn(ours, measure_plain(arguments, program) if program is not None else None))
    ratios = [turn.ratio for turn in turns if turn.ratio is not None]
    if ratios:
        print(
            f"ours / plain loop: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})", flush=True
        )
    return turns


def main() -> None:
    """Parse the arguments and measure, in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=30)
    parser.add_argument("--publishers", type=int, default=1)
    parser.add_argument("--packets", type=int, default=10)
    parser.add_argument("--bytes", type=int, default=1200)
    parser.add_argument("--frames", type=int, default=500)
    parser.add_argument("--interval", type=float, default=4.0, help="milliseconds between frames")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--profile", default="AEAD_AES_128_GCM")
    parser.add_argument("--plain-sinks", action="store_true")
    parser.add_argument("--no-gso", action="store_true")
    parser.add_argument("--no-peer", action="store_true", help="without the plain loop")
    parser.add_argument("--write", action="store_true", help="the recorded loads, into results/forward.md")
    arguments = parser.parse_args()
    program = None if arguments.no_peer else build_plain()
    if arguments.write:
        load = os.getloadavg()[0]
        played = []
        for one in RECORDED:
            arguments.packets, arguments.publishers = one.packets, one.publishers
            played.append((one, take_turns(arguments, program)))
        write_record(arguments, played, load)
        return
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {arguments.profile}, "
        f"{arguments.publishers} publishers, {arguments.viewers} viewers, "
        f"{arguments.packets} x {arguments.bytes} B each {arguments.interval} ms, "
        f"{'plain' if arguments.plain_sinks else 'GRO'} sinks"
    )
    take_turns(arguments, program)


if __name__ == "__main__":
    main()
