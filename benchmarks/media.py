"""Media: the same load into Kreide and into the servers people know, in turns of one run.

Every connection is made by real ICE and DTLS through the server's own way in (WHIP, WHEP, its signalling); then a
native program owns the sockets (`media_load/`): it sends what the publishers send, keeps consent, reports and gives
transport-wide feedback as browsers do, and opens, compares and times each frame at each viewer. The server has core 0,
the load core 1.

    .venv/bin/python -m benchmarks.media --loads 30 --peers mediamtx

`--resume` leaves out the loads that were measured at this commit beside all servers asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import time

from benchmarks.media_generator import build
from benchmarks.media_loads import LOADS
from benchmarks.media_report import is_measured, save
from benchmarks.media_servers import PEERS, label
from benchmarks.media_turns import Options, Turns
from benchmarks.servers import pin_load

PRIORITY = -10
"""Of this process, where it may: it reads the clocks, and is late with that where others keep it from its core."""


async def run(given: argparse.Namespace) -> None:
    """Measure the loads that were asked for; each is saved when it is done."""
    build()
    options = Options(given.peers, given.rounds, given.seconds, not given.plain)
    servers = list(map(label, ("kreide", *given.peers)))
    for load in given.loads:
        saved = load + ("-plain" if given.plain else "")
        if given.resume and is_measured(given.name, saved, servers, given.rounds):
            print(f"{saved} was measured at this commit")
            continue
        began, turns = time.monotonic(), Turns(LOADS[load], options)
        await turns.play()
        save(given.name, saved, turns.row, turns.facts)
        print(f"{saved} took {time.monotonic() - began:.0f} s", flush=True)


def main() -> None:
    """Parse the arguments, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", nargs="+", choices=list(LOADS), default=list(LOADS))
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each round")
    parser.add_argument("--plain", action="store_true", help="viewers without UDP_GRO")
    parser.add_argument("--name", default="media", help="of the files in results/")
    parser.add_argument("--resume", action="store_true", help="leave out what was measured at this commit")
    given = parser.parse_args()
    pin_load()
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    asyncio.run(run(given))


if __name__ == "__main__":
    main()
