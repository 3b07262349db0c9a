"""CPU of the media thread for each forwarded packet: one publisher, many viewers, over loopback.

Frames of `--packets` packets of `--bytes` bytes come in one message (UDP_SEGMENT), as from a browser's burst; the
sinks are another process that reads with or without UDP_GRO. What is measured is the CPU time of the media thread
alone (/proc/self/task/*/schedstat), in which the kernel's delivery to the sinks is included, because loopback delivers
in the sender's context.

    .venv/bin/python -m benchmarks.forward --viewers 30
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import select
import socket
import struct
import time
from dataclasses import replace
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import cast

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


def add_viewers(plane: Plane, number: int, profile: Profile) -> list[Peer]:
    """Viewers with one slot each, which shows the source."""
    viewers = [Peer(plane, profile) for _ in range(number)]
    for viewer in viewers:
        plane.add_slot(viewer.id, 1, "0", "video", 77, 78, [("vp8", 96, 97)], [(4, MID_URI)], "c")
        viewer.connect()
    plane.set_audience(SOURCE, [viewer.id for viewer in viewers])
    for viewer in viewers:
        plane.set_slot(viewer.id, 1, SOURCE, 1)
    return viewers


def send_frame(publisher: Peer, first: int, packets: int, size: int, *, keyframe: bool) -> None:
    """Seal a frame and send it in one message."""
    body = vp8(bytes(size - 12 - 8 - 6 - 16), keyframe=keyframe, picture=first // packets & 0x7FFF)
    timestamp = int(time.monotonic() * 90_000) & 0xFFFFFFFF
    packet = Rtp(VP8, first, timestamp, 5, body, elements={4: b"v"})
    sealed = [publisher.seal(replace(packet, sequence=(first + number) & 0xFFFF)) for number in range(packets)]
    segment = struct.pack("=H", len(sealed[0]))
    publisher.socket.sendmsg([b"".join(sealed)], [(socket.SOL_UDP, UDP_SEGMENT, segment)])


def measure(arguments: argparse.Namespace) -> None:
    """One run; prints one line."""
    profile = cast(Profile, arguments.profile)
    plane = Plane(["127.0.0.1"], 0, segmenting=not arguments.no_gso)
    publisher = Peer(plane, profile)
    plane.add_source(SOURCE, publisher.id, "v", "video", 1, [])
    publisher.connect()
    viewers = add_viewers(plane, arguments.viewers, profile)
    stop = multiprocessing.Event()
    sockets = [viewer.socket for viewer in viewers]
    reader = multiprocessing.Process(target=sink, args=(sockets, not arguments.plain_sinks, stop))
    reader.start()
    send_frame(publisher, 0, arguments.packets, arguments.bytes, keyframe=True)
    time.sleep(0.3)
    before, cpu = plane.counters(), media_thread_seconds(plane.port)
    began = time.monotonic()
    for number in range(1, arguments.frames + 1):
        send_frame(publisher, number * arguments.packets, arguments.packets, arguments.bytes, keyframe=False)
        time.sleep(max(0.0, began + number * arguments.interval / 1000 - time.monotonic()))
    time.sleep(0.3)
    after, spent = plane.counters(), media_thread_seconds(plane.port) - cpu
    stop.set()
    reader.join()
    forwarded = after["forwarded"] - before["forwarded"]
    messages = after["messages_out"] - before["messages_out"]
    bounds, counts, seconds = plane.forward_histogram()
    wanted = arguments.frames * arguments.packets * arguments.viewers
    print(
        f"{profile}, {arguments.viewers} viewers, {arguments.packets} x {arguments.bytes} B, "
        f"{'plain' if arguments.plain_sinks else 'GRO'} sinks: {spent / forwarded * 1e6:.2f} us of CPU a packet, "
        f"{forwarded} of {wanted} forwarded, {messages} messages, {after['dropped_send']} dropped, "
        f"mean {seconds / sum(counts) * 1e6:.0f} us in the plane, worst bucket "
        f"{max(bound for bound, count in zip(bounds, counts, strict=True) if count) * 1e6:.0f} us"
    )
    lost = {name: value for name, value in after.items() if name.startswith(("dropped", "withheld")) and value}
    print(f"{after['datagrams_in'] - before['datagrams_in']} datagrams in, {lost}")
    for peer in (publisher, *viewers):
        peer.close()
    plane.close()


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=30)
    parser.add_argument("--packets", type=int, default=10)
    parser.add_argument("--bytes", type=int, default=1200)
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--interval", type=float, default=2.0, help="milliseconds between frames")
    parser.add_argument("--profile", default="AEAD_AES_128_GCM")
    parser.add_argument("--plain-sinks", action="store_true")
    parser.add_argument("--no-gso", action="store_true")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    measure(arguments)


if __name__ == "__main__":
    main()
