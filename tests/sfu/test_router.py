"""The policy of a room against a model of the plane: who may see and hear whom, and what ends with whom."""

from __future__ import annotations

from msgspec.structs import replace

from sfu.demand import LINGER
from sfu.events import (
    Admitted,
    Attached,
    Connected,
    Detached,
    Flow,
    Left,
    Levels,
    Muted,
    Paged,
    Returned,
    SetMute,
    Slot,
    Source,
    Staged,
)
from sfu.model import (
    PURPOSES,
    LayersWanted,
    LeftOut,
    SlotsChanged,
    SlotState,
    SourceChanged,
    SpeakersChanged,
    Undecodable,
    VideoPaused,
)
from tests.sfu.room_model import PUPIL, ROOM_SLOTS, TEACHER, Model


def test_a_stranger_changes_nothing() -> None:
    model = Model()
    assert model.tell(Connected("nobody")) == []
    assert model.tell(Paged("nobody", ("x",))) == []
    assert model.tell(Left("nobody")) == []
    assert model.tell(Flow(77, True)) == []
    assert model.tell(Levels(((77, 3),))) == []
    assert model.router.number("nobody") == 0 and model.router.rights("nobody") is None


def test_participants_are_numbered_and_numbers_never_return() -> None:
    model = Model()
    model.admit("a", "b")
    model.tell(Left("a"))
    model.admit("a")
    assert (model.router.number("a"), model.router.number("b")) == (3, 2)
    assert model.router.rights("a") == PUPIL


def test_everyone_else_in_the_room_is_the_audience() -> None:
    model = Model()
    model.join("a", "b", "c")
    camera = model.source_ids["a", "camera"]
    assert camera not in model.audience, "nobody has it before it flows"
    model.flow("a", "camera")
    assert model.audience[camera] == {model.sessions["b"], model.sessions["c"]}
    model.tell(Detached("c"))
    assert model.audience[camera] == {model.sessions["b"]}


def test_rights_named_peers_and_the_camera_to_the_teacher_only() -> None:
    model = Model()
    model.join("teacher", rights=TEACHER)
    model.join("a", "b")
    model.flow("a", "camera", "microphone")
    only = replace(PUPIL, audience=frozenset({"teacher", "b", "absent"}), camera_audience=frozenset({"teacher"}))
    model.tell(Admitted("a", only))
    assert model.audience[model.source_ids["a", "microphone"]] == {model.sessions["teacher"], model.sessions["b"]}
    assert model.audience[model.source_ids["a", "camera"]] == {model.sessions["teacher"]}
    model.tell(Admitted("a", replace(PUPIL, audience=frozenset())))
    assert model.audience[model.source_ids["a", "microphone"]] == set()


def test_who_may_not_receive_gets_nothing() -> None:
    model = Model()
    model.join("a", rights=replace(PUPIL, receive=False))
    model.join("b")
    model.flow("b", "camera")
    assert model.audience[model.source_ids["b", "camera"]] == set()
    assert model.tiles("a") == [None] * 8


def test_a_right_taken_away_silences_within_the_call() -> None:
    model = Model()
    model.join("a", rights=TEACHER)
    model.join("b")
    model.flow("a", *PURPOSES)
    model.tell(Staged("a"))
    assert model.who("b", "stage", "screen") == ["a/camera", "a/screen"]
    outputs = model.tell(Admitted("a", replace(TEACHER, publish=False)))
    assert SetMute(model.source_ids["a", "camera"], True) in outputs
    assert model.who("b", "stage", "stage-audio", "screen", "screen-audio") == [
        None,
        None,
        "a/screen",
        "a/screen-audio",
    ]
    model.tell(Admitted("a", replace(TEACHER, screen=False)))
    assert model.who("b", "stage", "screen", "screen-audio") == ["a/camera", None, None]


def test_a_pupil_without_the_right_shares_no_screen() -> None:
    model = Model()
    model.join("a", "b")
    assert model.muted[model.source_ids["a", "screen"]]
    model.flow("a", "screen")
    assert model.who("b", "screen") == [None]


def test_a_moderators_mute_holds_over_a_reconnect() -> None:
    model = Model()
    model.join("a", "b")
    model.speak("a")
    assert model.heard("b") == {"a"}
    model.tell(Muted("a", True))
    assert model.heard("b") == set() and model.events[-1] == SpeakersChanged([])
    model.attach("a")
    model.tell(Connected("a"))
    model.speak("a")
    assert model.muted[model.source_ids["a", "microphone"]] and model.heard("b") == set()
    assert not model.muted[model.source_ids["a", "camera"]]
    model.tell(Muted("a", False))
    assert model.heard("b") == {"a"}


def test_slots_are_filled_only_while_connected() -> None:
    model = Model()
    model.join("a")
    model.flow("a", "camera")
    model.admit("b")
    model.attach("b")
    assert model.tiles("b") == [None] * 8 and "b" not in model.states
    model.tell(Connected("b"))
    assert model.tiles("b")[0] == "a"
    assert model.states["b"][ROOM_SLOTS.index("tile-1")] == SlotState("tile-1", "mid-tile-1", "a", 1, 1)
    assert model.states["b"][0] == SlotState("stage-audio", "mid-stage-audio", None, 0, 0)
    assert model.tell(Connected("b")) == []


def test_connected_without_a_connection_means_nothing() -> None:
    model = Model()
    model.admit("a")
    assert model.tell(Connected("a")) == []


def test_the_stage_is_seen_by_all_but_itself_and_heard_there_only() -> None:
    model = Model()
    model.join("a", "b", "c")
    model.flow("a", "camera")
    model.speak("a", "b")
    model.tell(Staged("a"))
    assert model.who("c", "stage", "stage-audio") == ["a/camera", "a/microphone"]
    assert "a/microphone" not in model.who("c", "voice-1", "voice-2")
    assert "b/microphone" in model.who("c", "voice-1", "voice-2")
    assert model.who("a", "stage") == [None]
    model.tell(Left("a"))
    assert model.who("c", "stage", "stage-audio") == [None, None]


def test_flow_is_told_once() -> None:
    model = Model()
    model.join("a")
    model.flow("a", "camera", "camera")
    assert model.events.count(SourceChanged("a", "camera", True)) == 1


def test_negotiating_anew_keeps_what_is_the_same() -> None:
    model = Model()
    model.join("a", "b")
    model.flow("a", "camera")
    first = dict(model.generations)
    session = model.sessions["a"]
    kept = Source(model.source_ids["a", "camera"], "camera", False)
    fresh = Source(model.next(), "screen", False)
    slot = next(number for number, name in model.slot_names.items() if name == ("a", "tile-1"))
    model.tell(Attached("a", session, (kept, fresh), (Slot(slot, "tile-1", "mid-tile-1"),)))
    assert model.router.counts() == {"peers": 2, "sources": 2 + 4, "slots": 1 + len(ROOM_SLOTS)}
    assert model.generations == first, "b still sees a"


def test_a_new_connection_replaces_the_old_one() -> None:
    model = Model()
    model.join("a", "b")
    model.flow("a", "camera")
    old = model.source_ids["a", "camera"]
    model.attach("a")
    assert model.tiles("b")[0] is None
    assert model.source_ids["a", "camera"] != old
    model.tell(Connected("a"))
    model.flow("a", "camera")
    assert model.tiles("b")[0] == "a"


def test_what_a_new_connection_shows_is_newer_than_all_that_the_one_before_showed() -> None:
    model = Model()
    model.join("a", "b", "c", "me")
    model.flow("a", "camera")
    model.flow("b", "camera")
    for page in (("a", "b"), ("a", "c"), ("c", "b")):
        model.tell(Paged("me", page))
    before = {state.slot: state for state in model.states["me"]}
    model.tell(Detached("me"))
    model.attach("me")
    model.tell(Connected("me"))
    after = {state.slot: state for state in model.states["me"]}
    assert before["tile-1"].peer != after["tile-1"].peer, "the tiles stand in the order of the page again"
    assert all(after[slot].generation >= before[slot].generation for slot in before)


def test_whose_client_comes_back_is_told_everything_again() -> None:
    model = Model()
    model.join("a", "me", layered=True)
    model.flow("a", "camera")
    model.wait(LINGER)
    shown, wanted = model.states["me"], model.asked("me")
    assert wanted == {"camera": ["q"], "screen": ["l"]}
    model.events.clear()
    model.tell(Returned("me"))
    missing = [VideoPaused("me", False), Undecodable("me", []), LeftOut("me", [], [])]
    assert model.events == [SlotsChanged("me", shown), *missing, LayersWanted("me", wanted)]
    model.events.clear()
    model.wait(60)
    assert model.events == [], "once"
    model.tell(Detached("me"))
    model.tell(Returned("me"))
    assert model.events == [], "who has no connection has nothing to be told of it"


def test_a_new_connection_is_told_what_the_one_before_may_still_be_told() -> None:
    model = Model()
    model.join("a", "me", layered=True)
    model.wait(LINGER)
    model.events.clear()
    model.attach("me", layered=True)
    assert model.asked("me") == {"camera": ["q", "h", "f"], "screen": ["l", "f"]}
    model.tell(Connected("me"))
    assert VideoPaused("me", False) in model.events


def test_nothing_is_left_when_all_have_gone() -> None:
    model = Model()
    model.join("a", "b", "c", rights=TEACHER)
    model.speak("a", "b")
    model.flow("a", *PURPOSES)
    for name in "abc":
        model.tell(Left(name))
    assert model.router.counts() == {"peers": 0, "sources": 0, "slots": 0}
    model.wait(5)
    assert model.router.next_deadline(model.now) is None


def test_who_comes_later_and_who_may_watch_again_is_in_the_audience() -> None:
    model = Model()
    model.join("a", "b")
    model.flow("a", "camera")
    camera = model.source_ids["a", "camera"]
    model.join("c")
    assert model.audience[camera] == {model.sessions["b"], model.sessions["c"]}
    model.tell(Admitted("c", replace(PUPIL, receive=False)))
    assert model.audience[camera] == {model.sessions["b"]}
    assert model.tiles("c") == [None] * 8
    model.tell(Admitted("c", PUPIL))
    assert model.audience[camera] == {model.sessions["b"], model.sessions["c"]}
    assert model.tiles("c")[0] == "a"
