"""Whose picture is in which slot: the screen, pages of tiles, players, frozen pictures."""

from __future__ import annotations

import pytest

from sfu.events import (
    AskKeyframe,
    Assign,
    Connected,
    Detached,
    Frozen,
    Left,
    Paged,
    SetAudience,
    Staged,
)
from sfu.model import (
    SlotState,
)
from tests.sfu.room_model import ROOM_SLOTS, TEACHER, Model


def test_the_newest_screen_that_flows_is_shown_with_its_sound() -> None:
    model = Model()
    model.join("a", "b", rights=TEACHER)
    model.join("c")
    assert model.who("c", "screen") == [None]
    model.flow("a", "screen")
    assert model.who("c", "screen", "screen-audio") == ["a/screen", "a/screen-audio"]
    model.flow("b", "screen")
    assert model.who("c", "screen", "screen-audio") == ["b/screen", "b/screen-audio"]
    assert model.who("b", "screen") == ["a/screen"]
    model.flow("b", "screen", flowing=False)
    assert model.who("c", "screen") == ["a/screen"]
    model.flow("a", "screen", flowing=False)
    assert model.who("c", "screen") == ["b/screen"], "a still picture stays"
    model.tell(Detached("b"))
    model.forget("b")
    assert model.who("c", "screen") == ["a/screen"]


def test_nobody_asked_for_a_page_so_cameras_come_in_order_without_the_stage() -> None:
    model = Model()
    model.join("a", "b", "c", "d")
    for name in "cab":
        model.flow(name, "camera")
    assert model.tiles("d")[:4] == ["c", "a", "b", None]
    assert model.tiles("a")[:3] == ["c", "b", None]
    model.tell(Staged("a"))
    assert model.tiles("d")[:4] == ["c", None, "b", None]
    model.flow("c", "camera", flowing=False)
    assert model.tiles("d")[:4] == [None, None, "b", None]


def test_a_page_is_what_was_asked_for_and_tiles_stay_in_place() -> None:
    model = Model()
    model.join("me", *(f"p{number}" for number in range(12)))
    model.tell(Paged("me", ("p0", "p1", "p2", "p2", "me", "nobody")))
    assert model.tiles("me") == ["p0", "p1", "p2", *[None] * 5]
    model.tell(Paged("me", ("p1", "p2", "p3")))
    assert model.tiles("me") == ["p3", "p1", "p2", *[None] * 5]
    model.tell(Paged("me", tuple(f"p{number}" for number in range(12))))
    assert sorted(filter(None, model.tiles("me"))) == [f"p{number}" for number in range(8)]
    model.tell(Paged("me", ()))
    assert model.tiles("me") == [None] * 8


def test_a_player_gets_a_stage_even_if_nobody_is_on_it() -> None:
    model = Model()
    model.join("a", "b", "c")
    model.admit("w")
    model.attach("w", purposes=(), slots=("voice-1", "voice-2", "voice-3", "stage", "tile-1"), featured=True)
    model.tell(Connected("w"))
    assert model.who("w", "stage") == [None]
    model.flow("b", "camera")
    model.flow("a", "camera")
    assert model.who("w", "stage", "tile-1") == ["b/camera", "a/camera"]
    model.tell(Staged("c"))
    assert model.who("w", "stage") == ["c/camera"]
    model.speak("c", "a", "b")
    assert model.heard("w") == {"a", "b", "c"}
    model.tell(Staged(None))
    model.flow("b", "camera", flowing=False)
    assert model.who("w", "stage") == ["a/camera"]
    assert SlotState("stage", "mid-stage", "a", model.generations_of("w", "stage"), 1) in model.states["w"]


def test_a_player_may_follow_one_peer() -> None:
    model = Model()
    model.join("a", "b")
    model.flow("a", "camera")
    model.admit("w")
    model.attach("w", purposes=(), slots=("voice-1", "stage"), featured=True, follow="b")
    model.tell(Connected("w"))
    assert model.who("w", "stage") == ["b/camera"]
    model.tell(Left("b"))
    model.forget("b")
    assert model.who("w", "stage") == [None]


def test_a_viewer_with_voices_only_and_a_featured_one_without_a_stage() -> None:
    model = Model()
    model.join("a")
    model.flow("a", "camera")
    model.admit("v", "w")
    model.attach("v", purposes=(), slots=("voice-1",))
    model.attach("w", purposes=(), slots=("voice-1",), featured=True)
    model.tell(Connected("v"))
    model.tell(Connected("w"))
    model.tell(Staged("a"))
    model.speak("a")
    assert model.heard("v") == {"a"} == model.heard("w")


def test_a_frozen_picture_gets_a_keyframe_and_then_begins_anew() -> None:
    model = Model()
    model.join("a", "b")
    model.flow("a", "camera")
    camera, generation = model.source_ids["a", "camera"], model.generations_of("b", "tile-1")
    assert model.tell(Frozen("b", "tile-1")) == [AskKeyframe(camera)]
    model.now += 1
    assert model.tell(Frozen("b", "tile-1")) == [], "it has not had the time to help"
    model.now += 1
    again = [output for output in model.tell(Frozen("b", "tile-1")) if isinstance(output, Assign)]
    assert [(order.source, order.generation) for order in again] == [(0, generation + 1), (camera, generation + 2)]
    assert model.states["b"][ROOM_SLOTS.index("tile-1")].generation == generation + 2
    model.now += 30
    assert model.tell(Frozen("b", "tile-1")) == [AskKeyframe(camera)], "another time, another reason"


@pytest.mark.parametrize("slot", ["tile-2", "voice-1", "stage-audio", "nowhere"])
def test_what_shows_nothing_cannot_freeze(slot: str) -> None:
    model = Model()
    model.join("a", "b")
    model.flow("a", "camera")
    model.speak("a")
    assert model.tell(Frozen("b", slot)) == []
    model.flow("a", "camera", flowing=False)
    assert model.tell(Frozen("b", "tile-1")) == [], "and what sends nothing is not frozen here"


def test_keyframes_are_asked_for_while_a_viewer_shakes_hands() -> None:
    model = Model()
    model.join("a", "c")
    model.flow("a", "camera", "microphone")
    model.admit("b")
    camera = model.source_ids["a", "camera"]
    told = model.attach("b")
    assert [order for order in told if isinstance(order, AskKeyframe)] == [AskKeyframe(camera)]
    places = [number for number, order in enumerate(told) if order == AskKeyframe(camera)]
    allowed = [n for n, order in enumerate(told) if isinstance(order, SetAudience) and order.source == camera]
    assert allowed < places, "what came before the viewer was allowed to see it would be of no use"
    model.tell(Connected("b"))
    assert model.tiles("b")[0] == "a"
