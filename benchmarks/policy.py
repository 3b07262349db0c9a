"""What the policy of a large conference costs: CPU of the router alone, without the plane and without sockets.

A staff conference: everyone listens, all look at the same page of nine cameras, three people speak, the cameras'
rates change twice a second. `python -m benchmarks.policy [people]`, a few seconds, no peers: nobody else's policy can
be driven without its media.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from sfu.events import Left, Levels, Paged, Rates, Staged
from tests.sfu.room_model import PUPIL, TEACHER, Model

SHOWN = 9
SECONDS = 20


def main(people: int) -> None:
    model = Model()
    names = [f"p{number}" for number in range(people)]
    shown = names[:SHOWN]

    def join(name: str) -> None:
        model.join(name, rights=TEACHER if name == names[0] else PUPIL, layered=True)
        model.tell(Paged(name, tuple(other for other in shown if other != name)[:8]))

    def join_all() -> None:
        for name in names:
            join(name)

    def flow() -> None:
        for name in shown:
            model.flow(name, "camera", "microphone")

    def lesson() -> None:
        for step in range(SECONDS * 50):
            model.now += 0.02
            model.tell(Levels(tuple((model.source_ids[name, "microphone"], 20 + step % 9) for name in names[1:4])))
            if step % 25 == 0:
                rates = tuple(
                    (model.source_ids[name, "camera"], (50, 120 + step % 40, 280 + step % 90)) for name in shown
                )
                model.tell(Rates(rates))

    def come_and_go() -> None:
        for name in names[20:40]:
            model.tell(Left(name))
            model.forget(name)
            join(name)

    rows = {
        f"{people} people join one by one": (join_all, 1),
        "a camera and a microphone start, each": (flow, 2 * SHOWN),
        "somebody goes on stage (everybody's view changes)": (lambda: model.tell(Staged(names[0])), 1),
        "a page is turned": (lambda: [model.tell(Paged(name, tuple(names[40:48]))) for name in names[20:40]], 20),
        "somebody leaves and joins again": (come_and_go, 20),
        "a second of three voices, nine cameras": (lesson, SECONDS),
    }
    for text, (act, times) in rows.items():
        print(f"{text:<52}{_milliseconds(act) / times:9.3f} ms")


def _milliseconds(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
