"""The router's voices: who is heard, who speaks, and who takes whose seat."""

from __future__ import annotations

from msgspec.structs import replace

from sfu.events import Admitted, Connected, Levels, Staged
from sfu.model import SourceChanged, SpeakersChanged
from tests.sfu.room_model import PUPIL, TEACHER, Model


def test_without_a_stage_three_voices_are_heard_and_with_it_too() -> None:
    model = Model()
    model.join("a", "b", "c", "d", "e")
    model.speak("a", "b", "c", "d")
    assert len(model.heard("e")) == 3
    assert len(model.heard("a")) == 3 and "a" not in model.heard("a")
    model.tell(Staged("a"))
    assert len(model.heard("e")) == 3 and "a" in model.heard("e")


def test_a_moderator_is_always_heard() -> None:
    model = Model()
    model.join("t", rights=TEACHER)
    model.join("a", "b", "c", "d")
    model.speak("a", "b", "c", level=10, steps=20)
    for _ in range(3):
        model.now += 0.02
        loud = [(model.source_ids[name, "microphone"], 10) for name in "abc"]
        model.tell(Levels((*loud, (model.source_ids["t", "microphone"], 45))))
    assert "t" in model.heard("d")


def test_speakers_are_told_when_they_change_and_leave_by_time() -> None:
    model = Model()
    model.join("a", "b")
    model.speak("a", steps=10)
    assert [event for event in model.events if isinstance(event, SpeakersChanged)] == [SpeakersChanged(["a"])]
    model.wait(1.0)
    assert model.events[-1] == SpeakersChanged([])
    assert model.heard("b") == {"a"}
    model.wait(1.1)
    assert model.heard("b") == set()
    assert model.router.next_deadline(model.now) is None


def test_a_contested_seat_is_looked_at_with_every_report() -> None:
    model = Model()
    model.join("a", "b", "c", "d", "e")
    quiet = [(model.source_ids[name, "microphone"], 40) for name in "abc"]
    for number in range(40):
        model.now += 0.02
        loud = [(model.source_ids["d", "microphone"], 15)] if number > 5 else []
        model.tell(Levels((*quiet, *loud)))
    assert "d" in model.heard("e")


def test_unlevelled_microphones_are_heard_while_they_flow() -> None:
    model = Model()
    model.join("a", "b")
    model.attach("a", levelled=False)
    model.tell(Connected("a"))
    assert model.heard("b") == set()
    model.flow("a", "microphone")
    assert model.heard("b") == {"a"}
    assert model.events[-2] == SourceChanged("a", "microphone", True)
    model.flow("a", "microphone", flowing=False)
    assert model.heard("b") == set()


def test_who_becomes_a_moderator_takes_a_seat() -> None:
    model = Model()
    model.join("a", "b", "c", "d", "e")
    model.speak("a", "b", "c", level=10, steps=20)
    model.speak("a", "b", "c", "d", level=10, steps=3)
    assert "d" not in model.heard("e")
    model.tell(Admitted("d", replace(PUPIL, moderator=True)))
    assert "d" in model.heard("e")


def test_levels_that_are_told_late_count_when_they_were_measured() -> None:
    model = Model()
    model.join("a", "b")
    voice = model.source_ids["a", "microphone"]

    def hear(*agos: float) -> None:
        if model.router.hear(model.now, *(Levels(((voice, 20),), ago) for ago in agos)):
            model.take(model.router.tick(model.now))

    hear(0.18)
    assert model.heard("b") == set(), "one tick is not enough"
    model.now += 0.04
    hear(0.2, 0.0)
    assert model.heard("b") == {"a"} and model.events[-1] == SpeakersChanged(["a"])
    model.now += 0.3
    hear(0.28, 0.2)  # and then no more: it ended 0.2 s ago
    model.wait(0.55)
    assert model.events[-1] == SpeakersChanged(["a"])
    model.wait(0.1)
    assert model.events[-1] == SpeakersChanged([])
