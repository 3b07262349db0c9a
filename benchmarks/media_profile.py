"""Where the server's time goes under a media load: CPU of each thread, and the media thread's by what it was doing.

Laws: samples of the CPU clock by `perf` (Debian: linux-perf; needs root or a low perf_event_paranoid); a sample counts
for the system call it was in, and outside of the kernel for the kind of work that its function does.

    .venv/bin/python -m benchmarks.media_profile --load school
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.media_generator import build
from benchmarks.media_loads import LOADS
from benchmarks.media_playing import Playing
from benchmarks.media_servers import make_driver
from benchmarks.media_stage import Stage
from benchmarks.servers import pin_load

KERNEL = {
    "sys_sendmmsg": "kernel: sendmmsg, with delivery to the viewers' sockets",
    "sys_sendmsg": "kernel: sendmmsg, with delivery to the viewers' sockets",
    "sys_sendto": "kernel: sendmmsg, with delivery to the viewers' sockets",
    "sys_recvmmsg": "kernel: recvmmsg",
    "sys_recvmsg": "kernel: recvmmsg",
    "sys_epoll_": "kernel: waiting, timers",
    "sys_ppoll": "kernel: waiting, timers",
    "sys_timerfd": "kernel: waiting, timers",
    "sys_clock": "kernel: waiting, timers",
    "sys_futex": "kernel: locks",
}
"""By a part of the system call's name."""


OURS = {
    "open SRTP": ("decrypt", "_open", "open_rtp", "open_rtcp", "Inbound::"),
    "seal SRTP": ("encrypt", "seal", "gcm", "ghash", "skip_iv", "Outbound::", "CRYPTO_"),
    "estimate, pacer, feedback": ("way::", "estimate", "pacer", "pace::", "twcc", "rtcp", "feedback"),
    "what time brings (tick)": ("tick",),
    "take in, find the source": ("ingest", "demux", "session::", "source::", "receive", "rtp::", "streams::"),
    "dress for a slot, queue": ("slot", "forward", "outbox", "outgoing", "socket::", "mem", "vp8", "history", "window"),
}
"""Outside of the kernel, by a part of the function's name; the first that fits."""


def threads(process: int) -> dict[int, str]:
    """The threads of a process by id, with their names."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return {int(task.name): (task / "comm").read_text().strip() for task in tasks}


def seconds(process: int, thread: int) -> float:
    """CPU time of a thread so far."""
    return int(Path(f"/proc/{process}/task/{thread}/schedstat").read_text().split()[0]) / 1e9


def read_samples(data: Path) -> Iterator[list[str]]:
    """The stack of each sample, innermost first."""
    command = ["perf", "script", "-i", str(data), "-F", "ip,sym"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for block in text.split("\n\n"):
        stack = [line.split(maxsplit=1)[1] for line in block.splitlines() if len(line.split(maxsplit=1)) > 1]
        if stack:
            yield stack


def doing(stack: list[str], functions: bool) -> str:
    """What a sample was doing; outside of the kernel the function's name, if that is wanted."""
    for part, name in KERNEL.items():
        if any(part in frame for frame in stack):
            return name
    if any("asm_sysvec" in frame or "do_syscall" in frame or "entry_SYSCALL" in frame for frame in stack):
        return "kernel: other"
    if functions:
        return stack[0].partition("+")[0]
    for name, parts in OURS.items():
        if any(part in stack[0] for part in parts):
            return name
    return "other"


def count(stacks: Iterable[list[str]], functions: bool) -> Counter[str]:
    """How many samples did what."""
    return Counter(doing(stack, functions) for stack in stacks)


async def run(arguments: argparse.Namespace) -> None:
    """Play the load once, and look."""
    load = LOADS[arguments.load]
    playing = Playing(make_driver("kreide", load), Stage())
    try:
        await playing.open(load, gro=True)
        server = playing.driver.server.process
        assert server is not None
        await playing.play(-1, 2.0)
        names = threads(server.pid)
        media = next(thread for thread, name in names.items() if name.startswith("media-"))
        before = {thread: seconds(server.pid, thread) for thread in names}
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "perf.data"
            options = ["-q", "-e", "cpu-clock", "-F", "4999", "-g", "-t", str(media), "-o", str(data)]
            recorder = await asyncio.create_subprocess_exec("perf", "record", *options, stderr=subprocess.DEVNULL)
            played = await playing.play(0, arguments.seconds)
            recorder.terminate()
            await recorder.wait()
            found = count(read_samples(data), arguments.functions)
        used = dict.fromkeys(names.values(), 0.0)
        for thread, name in names.items():
            used[name] += seconds(server.pid, thread) - before[thread]
    finally:
        await playing.close()
    times = f"p50 {played.p50 * 1e3:.2f} ms, p99 {played.p99 * 1e3:.2f} ms"
    print(f"{played.units} packets, {played.micro:.2f} us each, {times}")
    for name, spent in sorted(used.items(), key=lambda item: -item[1]):
        if spent > 0.001:
            print(f"{name:20} {spent / sum(used.values()):6.1%} of the server's CPU")
    print(f"{found.total()} samples of the media thread")
    for name, number in found.most_common(arguments.lines):
        print(f"{number / found.total():6.1%}  {name}")


def main() -> None:
    """Parse the arguments and look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--load", choices=list(LOADS), default="school")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--functions", action="store_true", help="name functions, not kinds of work")
    parser.add_argument("--lines", type=int, default=30)
    arguments = parser.parse_args()
    build()
    pin_load()
    asyncio.run(run(arguments))


if __name__ == "__main__":
    main()
