"""What an event costs in a large room, counted in bytecodes of the engine: no clock, the same on every machine."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from sfu.events import Admitted, Flow, Levels, Paged, Rates, Staged
from tests.sfu.room_model import PUPIL, TEACHER, Model

ENGINE = str(Path(__file__).resolve().parents[2] / "sfu")
SHOWN = 9


class Work:
    """Counts the bytecodes that the engine runs for an event, and how often each of its functions is called."""

    def __init__(self) -> None:
        self.count = 0
        self.calls: Counter[str] = Counter()

    def of(self, act: Callable[[], object]) -> int:
        self.count = 0
        self.calls.clear()
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            act()
        finally:
            sys.settrace(before)
        return self.count

    def _enter(self, frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith(ENGINE):
            return None
        self.calls[frame.f_code.co_name] += 1
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, frame: FrameType, event: str, _: object) -> Any:
        self.count += event == "opcode"
        return self._step


def conference(people: int) -> Model:
    """A staff conference: everyone has joined and looks at the same nine, of whom the first leads."""
    model = Model()
    names = [f"p{number}" for number in range(people)]
    for name in names:
        model.join(name, rights=TEACHER if name == "p0" else PUPIL, layered=True)
        model.tell(Paged(name, tuple(other for other in names[:SHOWN] if other != name)[:8]))
    for name in names[:SHOWN]:
        model.flow(name, "camera", "microphone")
    return model


def works(people: int) -> dict[str, int]:
    """The cost of each kind of event in such a room."""
    model, work = conference(people), Work()
    last = f"p{people - 1}"
    elsewhere = model.source_ids[last, "camera"]
    pages = tuple(f"p{number}" for number in range(20, 28))
    model.tell(Flow(elsewhere, True))  # once each, everybody's right to it is told to the plane
    model.tell(Flow(elsewhere, False))
    return {
        "a page is turned": work.of(lambda: model.tell(Paged(last, pages))),
        "a camera nobody looks at": work.of(lambda: model.tell(Flow(elsewhere, True))),
        "its rates": work.of(lambda: model.tell(Rates(((elsewhere, (60, 130, 300)),)))),
        "rights that are the same": work.of(lambda: model.tell(Admitted(last, PUPIL))),
        "a voice that goes on": work.of(lambda: model.tell(Levels(((elsewhere, 20),)))),
        "one more joins": work.of(lambda: model.join("new", layered=True)),
        "the stage": work.of(lambda: model.tell(Staged("p1"))),
    }


def test_what_concerns_one_person_costs_the_same_in_every_room() -> None:
    small, large = works(40), works(160)
    for event in ("a page is turned", "a camera nobody looks at", "its rates", "a voice that goes on"):
        assert large[event] < 1.2 * small[event], (event, small[event], large[event])
    assert large["rights that are the same"] < 1.2 * small["rights that are the same"]
    # Whoever joins is told to the plane once for each source that flows, however many people there are.
    assert large["one more joins"] < 1.2 * small["one more joins"], (small, large)


def test_what_concerns_everybody_costs_each_the_same() -> None:
    small, large = works(40)["the stage"], works(160)["the stage"]
    assert large < 4.4 * small, (small, large)


def test_a_voice_costs_a_decision_for_each_speaker_and_not_for_each_listener() -> None:
    model, work = conference(120), Work()
    levels = Levels(tuple((model.source_ids[f"p{number}", "microphone"], 20) for number in range(5)))
    model.tell(levels)
    model.now += 0.02
    assert work.of(lambda: model.tell(levels)), "five speak"
    assert model.heard("p100") and work.calls["seat"] == 6, "each of them hears others, and all who listen the same"


def test_a_contest_that_nobody_wins_is_looked_at_once_for_all() -> None:
    model, work = conference(120), Work()
    voices = [model.source_ids[f"p{number}", "microphone"] for number in range(6)]
    levels = Levels(tuple((voice, 20) for voice in voices))

    def speak(report: Levels) -> None:
        model.now += 0.02
        model.tell(report)

    for _ in range(8):
        speak(levels)
    model.now += 0.06
    work.of(lambda: speak(levels))
    assert work.calls["stirred"] == 1 and work.calls["place"] == 0
    assert 0 < work.calls["moves"] <= 7, "the six hear others, and all who listen the same"
    unheard = max({f"p{number}" for number in range(1, 6)} - model.heard("p100"))
    louder = Levels(tuple((voice, 5 if voice == model.source_ids[unheard, "microphone"] else 40) for voice in voices))
    for _ in range(40):
        speak(louder)
    assert unheard in model.heard("p100")


def test_voices_that_go_on_are_looked_at_nowhere() -> None:
    model, work = conference(40), Work()
    levels = Levels(tuple((model.source_ids[f"p{number}", "microphone"], 20) for number in range(3)))
    for _ in range(5):
        model.now += 0.02
        model.tell(levels)
    model.now += 0.02

    def looked(report: Levels) -> int:
        work.of(lambda: model.tell(report))
        assert work.calls["hear"] == 1
        return work.calls["_settle"]

    assert looked(levels) == 0
    model.now += 0.9  # they pause, and are told as quiet
    assert looked(Levels(())) == 1
    assert looked(levels) == 1, "and speak again"
    assert looked(levels) == 0


def test_two_hundred_who_join_one_by_one_cost_each_the_same() -> None:
    model, work = Model(), Work()
    costs = []
    for number in range(120):
        name = f"p{number}"

        def join(name: str = name) -> None:
            model.join(name, layered=True)
            model.tell(Paged(name, tuple(f"p{other}" for other in range(SHOWN) if f"p{other}" != name)[:8]))

        costs.append(work.of(join))
    assert max(costs[100:]) < 1.2 * max(costs[20:40]), costs
