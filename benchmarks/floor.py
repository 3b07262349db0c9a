"""The floor: what the kernel takes for sending one frame to one connected socket, whoever asks it to.

A child on the server's core holds the sockets and sends in a loop, the sums of its thread's clock are the figure; this
process reads on the load's core, as the benchmarks' clients do. Played beside a row of `documents` or `rooms` on the
same machine it says how much of a delivery nobody can save.

    .venv/bin/python -m benchmarks.floor --sockets 600 --burst 29 --every 0.0025 --size 60
"""

from __future__ import annotations

import argparse
import os
import select
import socket
import statistics
import time

from benchmarks.servers import LOAD_CORE, SERVER_CORE, pin_load

ROUNDS = 7


def send_bursts(out: list[socket.socket], given: argparse.Namespace) -> list[float]:
    """Return the us of CPU a send of each round; every burst goes to the next sockets in their order."""
    frame, place, figures = b"\x82" + b"x" * (given.size - 1), 0, []
    for _ in range(ROUNDS):
        spent, sends = 0.0, 0
        due = time.perf_counter()
        end = due + given.seconds
        while due < end:
            due += given.every
            time.sleep(max(0.0, due - time.perf_counter()))
            some = [out[(place + one) % len(out)].send for one in range(given.burst)]
            place += given.burst
            began = time.thread_time()
            for send in some:
                send(frame)
            spent += time.thread_time() - began
            sends += given.burst
        figures.append(spent / sends * 1e6)
    return figures


def serve(listener: socket.socket, given: argparse.Namespace) -> None:
    """Be the child: take all sockets, send, say what it took."""
    os.sched_setaffinity(0, {SERVER_CORE})
    out = []
    for _ in range(given.sockets):
        one, _ = listener.accept()
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        out.append(one)
    figures = send_bursts(out, given)
    low, high = min(figures), max(figures)
    load = os.getloadavg()[0]
    print(
        f"{statistics.median(figures):.1f} us a send ({low:.1f} to {high:.1f}, {ROUNDS} rounds), load {load:.1f}",
        flush=True,
    )


def read_all(sockets: list[socket.socket]) -> None:
    """Read until the child has closed them."""
    poll = select.epoll()
    by_number = {one.fileno(): one for one in sockets}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    while by_number:
        for number, _ in poll.poll():
            if not by_number[number].recv(65536):
                poll.unregister(number)
                by_number.pop(number).close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=600)
    parser.add_argument("--burst", type=int, default=29, help="sends at once")
    parser.add_argument("--every", type=float, default=0.0025, help="seconds")
    parser.add_argument("--size", type=int, default=60, help="bytes of a frame")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round")
    given = parser.parse_args()
    pin_load()
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        address = listener.getsockname()
        child = os.fork()
        if not child:
            serve(listener, given)
            os._exit(0)
    os.sched_setaffinity(0, {LOAD_CORE})
    read_all([socket.create_connection(address) for _ in range(given.sockets)])
    os.waitpid(child, 0)


if __name__ == "__main__":
    main()
