"""How much of each picture: layers, what is asked of clients, narrow ways."""

from __future__ import annotations

from sfu.events import (
    Attached,
    Capped,
    Connected,
    Estimates,
    Left,
    Paged,
    Rates,
    Source,
    Staged,
)
from sfu.model import (
    VideoPaused,
)
from tests.sfu.room_model import TEACHER, Model


def test_the_stage_is_large_and_tiles_are_small() -> None:
    model = Model()
    model.join("a", "b", "c", layered=True)
    for name in "ab":
        model.flow(name, "camera")
    model.tell(Staged("a"))
    assert model.who("c", "stage", "tile-2") == ["a/camera", "b/camera"]
    assert (model.layer("c", "stage"), model.layer("c", "tile-2")) == (2, 0)


def test_clients_are_asked_for_what_is_watched_and_for_no_more() -> None:
    model = Model()
    model.join("a", "b", "c", layered=True)
    for name in "ab":
        model.flow(name, "camera")
    model.tell(Staged("a"))
    model.wait(2)
    assert model.asked("a") == {"camera": ["q", "f"], "screen": ["l"]}
    assert model.asked("b") == {"camera": ["q"], "screen": ["l"]}
    model.tell(Staged("b"))
    assert model.asked("b") == {"camera": ["q", "f"], "screen": ["l"]}, "at once"
    assert model.asked("a") == {"camera": ["q", "f"], "screen": ["l"]}, "not yet"
    model.wait(2)
    assert model.asked("a") == {"camera": ["q"], "screen": ["l"]}
    model.tell(Left("c"))
    model.wait(2)
    assert model.asked("b") == {"camera": ["q", "f"], "screen": ["l"]}, "a still watches"


def test_who_publishes_by_whip_is_never_asked_to_pause() -> None:
    model = Model()
    model.join("a", layered=True)
    model.admit("w")
    session = model.sessions["w"] = model.next()
    camera = model.source_ids["w", "camera"] = model.next()
    model.tell(Attached("w", session, (Source(camera, "camera", False, ("q", "h", "f")),), ()))
    model.tell(Connected("w"))
    model.flow("w", "camera")
    model.wait(5)
    assert model.who("a", "tile-1") == ["w/camera"]
    assert model.asked("w") is None


def test_a_shared_screen_leaves_four_small_tiles_until_it_has_been_silent_for_a_while() -> None:
    model = Model()
    names = [f"p{number}" for number in range(8)]
    model.join("t", "v", *names, rights=TEACHER, layered=True)
    for name in names:
        model.flow(name, "camera")
    assert None not in model.tiles("v")
    model.flow("t", "screen")
    model.measure("t", "screen", 100, 300)
    model.wait(6)
    assert model.tiles("v") == [*names[:4], None, None, None, None]
    assert [model.layer("v", f"tile-{number}") for number in (1, 2, 3, 4)] == [0] * 4
    model.flow("t", "screen", flowing=False)
    assert model.tiles("v")[4:] == [None] * 4, "a still screen sends nothing"
    model.wait(6)
    assert model.tiles("v")[4:] == names[4:]
    assert model.who("v", "screen") == ["t/screen"]
    model.flow("t", "screen")
    assert model.tiles("v")[4:] == [None] * 4


def test_what_does_not_fit_is_left_out_and_comes_back_when_it_does() -> None:
    model = Model()
    model.join("v", "a", "b", "c")
    for name in "abc":
        model.flow(name, "camera")
    assert model.tiles("v")[:3] == ["a", "b", "c"]
    for name in "abc":
        model.measure(name, "camera", 400)
    model.wait(2)
    assert model.tiles("v")[:3] == ["a", "b", None]
    model.measure("a", "camera", 100)
    model.measure("b", "camera", 100)
    model.wait(20)
    assert sorted(filter(None, model.tiles("v"))) == ["a", "b", "c"]


def test_half_of_the_frames_is_told_to_the_plane_and_taken_back_when_there_is_room() -> None:
    model = Model()
    model.join("teacher", "v", layered=True)
    model.tell(Staged("teacher"))
    model.flow("teacher", "camera")
    model.measure("teacher", "camera", 55, 130, 310, halves=(33, 78, 186))
    model.wait(2)
    assert model.layer("v", "stage") == 2 and ("v", "stage") not in model.halved
    model.tell(Estimates((("v", 330.0, True),)))
    assert model.layer("v", "stage") == 2 and ("v", "stage") in model.halved
    model.tell(Estimates((("v", 5_000.0, True),)))
    model.wait(8)
    assert model.layer("v", "stage") == 2 and ("v", "stage") not in model.halved


def test_a_school_sends_each_no_more_than_it_says() -> None:
    model = Model()
    model.join("teacher", "v", layered=True)
    model.tell(Staged("teacher"))
    model.flow("teacher", "camera")
    model.measure("teacher", "camera", 55, 130, 310)
    model.wait(2)
    assert model.layer("v", "stage") == 2
    model.tell(Capped(300))
    assert model.layer("v", "stage") == 1, "at once"
    model.join("late", layered=True)
    assert model.layer("late", "stage") == 1, "who comes later, too"
    model.tell(Capped(1000))
    model.wait(5)
    assert model.layer("v", "stage") == model.layer("late", "stage") == 2


def test_rates_of_strangers_and_of_other_layers_change_nothing() -> None:
    model = Model()
    model.join("v", "a")
    model.flow("a", "camera")
    assert model.tell(Rates(((4711, (5000,)), (model.source_ids["a", "camera"], (5000, 5000))))) == []
    model.wait(2)
    assert model.tiles("v")[0] == "a"


def test_a_camera_that_is_off_waits_small_in_a_tile_and_large_on_stage() -> None:
    model = Model()
    model.join("a", "b", "v", layered=True)
    model.tell(Staged("a"))
    model.tell(Paged("v", ("b",)))
    assert model.who("v", "stage", "tile-1") == ["a/camera", "b/camera"]
    assert (model.layer("v", "stage"), model.layer("v", "tile-1")) == (2, 0)


def test_who_has_a_narrow_way_is_sent_less_and_told_and_nobody_else_is_touched() -> None:
    model = Model()
    model.join("teacher", "slow", "fast", layered=True)
    model.tell(Staged("teacher"))
    model.flow("teacher", "camera")
    model.measure("teacher", "camera", 55, 130, 310)
    model.wait(2)
    assert model.layer("slow", "stage") == model.layer("fast", "stage") == 2
    outputs = model.tell(Estimates((("slow", 350.0, True), ("nobody", 1.0, True))))
    assert model.layer("slow", "stage") == 1 and model.layer("fast", "stage") == 2
    assert all(getattr(output, "session", model.sessions["slow"]) == model.sessions["slow"] for output in outputs)
    model.tell(Estimates((("slow", 120.0, True),)))
    assert VideoPaused("slow", True) in model.events and model.who("slow", "stage") == [None]
    model.tell(Estimates((("slow", 800.0, True),)))
    model.wait(5)
    assert model.layer("slow", "stage") == 2 and model.who("slow", "stage") == ["teacher/camera"]
    told = [event for event in model.events if isinstance(event, VideoPaused)]
    assert told == [VideoPaused("slow", True), VideoPaused("slow", False)]
