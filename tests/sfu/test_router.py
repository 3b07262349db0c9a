"""The policy of a room against a model of the plane: who gets what after every event, with a fake clock."""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace

from sfu.events import (
    Admitted,
    AskKeyframe,
    Assign,
    Attached,
    Connected,
    Detached,
    Estimates,
    Event,
    Flow,
    Frozen,
    Left,
    Levels,
    Muted,
    Output,
    Paged,
    Rates,
    SetAudience,
    SetLayer,
    SetMute,
    Slot,
    Source,
    Staged,
)
from sfu.model import (
    KIND_OF_PURPOSE,
    KIND_OF_SLOT,
    PURPOSES,
    LayersWanted,
    MediaEvent,
    MediaRights,
    Purpose,
    SlotsChanged,
    SlotState,
    SourceChanged,
    SpeakersChanged,
    VideoPaused,
)
from sfu.router import Router

PUPIL = MediaRights(publish=True, screen=False, receive=True, moderator=False)
TEACHER = MediaRights(publish=True, screen=True, receive=True, moderator=True)
RIDS: dict[Purpose, tuple[str, ...]] = {"camera": ("q", "h", "f"), "screen": ("l", "f")}
ROOM_SLOTS = tuple(name for name in KIND_OF_SLOT if name != "voice-3")


class Model:
    """A router, a clock, and a plane that believes what it is told and checks it."""

    def __init__(self, cap: float = 1000) -> None:
        self.router = Router(cap)
        self.now = 1000.0
        self.numbers = 0
        self.sessions: dict[str, int] = {}
        self.source_ids: dict[tuple[str, Purpose], int] = {}
        self.slot_names: dict[int, tuple[str, str]] = {}
        self.audience: dict[int, set[int]] = {}
        self.muted: dict[int, bool] = {}
        self.slots: dict[tuple[str, str], int] = {}
        self.layers: dict[tuple[str, str], int] = {}
        self.generations: dict[int, int] = {}
        self.states: dict[str, list[SlotState]] = {}
        self.events: list[MediaEvent] = []
        self.stage: str | None = None
        self.asked_at: dict[int, float] = {}

    def tell(self, event: Event) -> list[Output]:
        if isinstance(event, Staged):
            self.stage = event.peer
        elif isinstance(event, Left) and event.peer == self.stage:
            self.stage = None
        return self.take(self.router.receive(self.now, event))

    def take(self, outputs: list[Output]) -> list[Output]:
        for output in outputs:
            if isinstance(output, SetAudience):
                self.audience[output.source] = set(output.viewers)
            elif isinstance(output, SetMute):
                self.muted[output.source] = output.muted
            elif isinstance(output, Assign):
                assert output.generation == self.generations.get(output.slot, 0) + 1
                self.generations[output.slot] = output.generation
                if output.source in self.audience:
                    assert output.session in self.audience[output.source], "assigned before it was allowed"
                self.slots[self.slot_names[output.slot]] = output.source
            elif isinstance(output, AskKeyframe):
                assert self.now >= self.asked_at.get(output.source, -100) + 10, "asked too often"
                self.asked_at[output.source] = self.now
            elif isinstance(output, SetLayer):
                self.layers[self.slot_names[output.slot]] = output.layer
            else:
                self.events.append(output)
                if isinstance(output, SlotsChanged):
                    self.states[output.peer] = output.slots
        return outputs

    def next(self) -> int:
        self.numbers += 1
        return self.numbers

    def admit(self, *names: str, rights: MediaRights = PUPIL) -> None:
        for name in names:
            self.tell(Admitted(name, rights))

    def attach(
        self,
        name: str,
        purposes: tuple[Purpose, ...] = PURPOSES,
        slots: tuple[str, ...] = ROOM_SLOTS,
        *,
        levelled: bool = True,
        featured: bool = False,
        follow: str | None = None,
        layered: bool = False,
    ) -> None:
        self.forget(name)
        session = self.sessions[name] = self.next()
        rids = RIDS if layered else {}
        sources = tuple(Source(self.next(), purpose, levelled, rids.get(purpose, ())) for purpose in purposes)
        made = tuple(Slot(self.next(), slot, f"mid-{slot}") for slot in slots)
        for source in sources:
            self.source_ids[name, source.purpose] = source.id
        for slot in made:
            self.slot_names[slot.id] = (name, slot.name)
        self.tell(Attached(name, session, sources, made, featured, follow, obliging=layered))

    def forget(self, name: str) -> None:
        self.sessions.pop(name, None)
        self.states.pop(name, None)
        self.slots = {key: source for key, source in self.slots.items() if key[0] != name}
        for key in [key for key in self.source_ids if key[0] == name]:
            gone = self.source_ids.pop(key)
            self.audience.pop(gone, None)
            self.muted.pop(gone, None)

    def join(self, *names: str, rights: MediaRights = PUPIL, layered: bool = False) -> None:
        for name in names:
            self.admit(name, rights=rights)
            self.attach(name, layered=layered)
            self.tell(Connected(name))

    def flow(self, name: str, *purposes: Purpose, flowing: bool = True) -> None:
        for purpose in purposes:
            self.now += 0.001
            self.tell(Flow(self.source_ids[name, purpose], flowing))

    def measure(self, name: str, purpose: Purpose, *rates: int) -> None:
        self.tell(Rates(((self.source_ids[name, purpose], rates),)))

    def layer(self, viewer: str, slot: str) -> int:
        return self.layers.get((viewer, slot), 2)

    def asked(self, name: str) -> dict[Purpose, list[str]] | None:
        """The layers that a client was last asked for."""
        told = [event for event in self.events if isinstance(event, LayersWanted) and event.peer == name]
        return told[-1].layers if told else None

    def speak(self, *names: str, level: int = 20, steps: int = 3) -> None:
        for _ in range(steps):
            self.now += 0.02
            self.tell(Levels(tuple((self.source_ids[name, "microphone"], level) for name in names)))

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while (deadline := self.router.next_deadline(self.now)) is not None and deadline <= end:
            assert deadline > self.now, "time must pass"
            self.now = deadline
            self.take(self.router.tick(self.now))
        self.now = end

    def who(self, viewer: str, *slots: str) -> list[str | None]:
        owner = {source: f"{name}/{purpose}" for (name, purpose), source in self.source_ids.items()}
        return [owner.get(self.slots.get((viewer, slot), 0)) for slot in slots]

    def generations_of(self, viewer: str, slot: str) -> int:
        return self.generations[next(number for number, key in self.slot_names.items() if key == (viewer, slot))]

    def heard(self, viewer: str) -> set[str]:
        found = self.who(viewer, "stage-audio", "voice-1", "voice-2", "voice-3")
        return {name.partition("/")[0] for name in found if name}

    def tiles(self, viewer: str) -> list[str | None]:
        return [name and name.partition("/")[0] for name in self.who(viewer, *(f"tile-{n}" for n in range(1, 9)))]


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


def test_flow_is_told_once() -> None:
    model = Model()
    model.join("a")
    model.flow("a", "camera", "camera")
    assert model.events.count(SourceChanged("a", "camera", True)) == 1


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


def test_who_becomes_a_moderator_takes_a_seat() -> None:
    model = Model()
    model.join("a", "b", "c", "d", "e")
    model.speak("a", "b", "c", level=10, steps=20)
    model.speak("a", "b", "c", "d", level=10, steps=3)
    assert "d" not in model.heard("e")
    model.tell(Admitted("d", replace(PUPIL, moderator=True)))
    assert "d" in model.heard("e")


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


def _random_event(model: Model, random: Random, names: list[str]) -> None:
    name = random.choice(names)
    match random.randrange(11):
        case 0:
            chosen = frozenset(random.sample(names, random.randrange(len(names)))) if random.random() < 0.3 else None
            publish, screen, receive, moderator = (random.random() < 0.8 for _ in range(4))
            model.admit(name, rights=MediaRights(publish, screen, receive, moderator, audience=chosen))
        case 1 | 2 if model.router.rights(name):
            model.attach(name, levelled=random.random() < 0.7, featured=random.random() < 0.2)
        case 3 | 4 if name in model.sessions:
            model.tell(Connected(name))
        case 5 if random.random() < 0.5:
            model.tell(Left(name) if random.random() < 0.5 else Detached(name))
            model.forget(name)
        case 6:
            model.tell(Staged(random.choice([*names, None])))
        case 7:
            model.tell(Paged(name, tuple(random.sample(names, 3))))
        case 8:
            model.tell(Muted(name, random.random() < 0.5))
        case 9 if model.source_ids:
            key = random.choice(list(model.source_ids))
            model.flow(*key, flowing=random.random() < 0.7)
        case _:
            speaking = [key for key in model.source_ids if key[1] == "microphone"]
            for person in random.sample(speaking, min(len(speaking), 4)):
                model.speak(person[0], level=random.randrange(60), steps=random.randrange(1, 20))
            model.wait(random.random())


def _check(model: Model, where: str) -> None:
    owners = {source: key for key, source in model.source_ids.items()}
    for (viewer, slot), source in model.slots.items():
        if not source:
            continue
        owner, purpose = owners[source]
        assert KIND_OF_PURPOSE[purpose] == KIND_OF_SLOT[slot], where
        assert owner != viewer, where
        assert not model.muted[source], where
        assert model.sessions[viewer] in model.audience.get(source, {model.sessions[viewer]}), where
        rights = model.router.rights(owner)
        assert rights is not None and (rights.screen if purpose.startswith("screen") else rights.publish), where
        state = next(state for state in model.states[viewer] if state.slot == slot)
        assert (state.peer, state.csrc) == (owner, model.router.number(owner)), where
    for viewer in model.sessions:
        shown = [model.slots.get((viewer, slot), 0) for slot in ROOM_SLOTS if KIND_OF_SLOT[slot] == "audio"]
        assert len([source for source in shown if source]) == len({source for source in shown if source}), where


def _check_nothing_is_left_to_do(model: Model, where: str) -> None:
    """Looking at everybody anew changes nothing: whoever was concerned by the event has been looked at."""
    model.tell(Levels(()))  # a seat that more than one wants is looked at with the next report
    outputs = model.tell(Staged(model.stage))
    assert outputs == [], f"{where}: {outputs}"


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_nobody_gets_what_is_not_theirs(seed: int) -> None:
    random = Random(seed)
    model = Model()
    names = [f"p{number}" for number in range(6)]
    model.join(*names[:4], rights=TEACHER)
    for step in range(120):
        _random_event(model, random, names)
        _check(model, f"seed {seed} step {step}")
        _check_nothing_is_left_to_do(model, f"seed {seed} step {step}")
    for name in names:
        model.tell(Left(name))
    assert set(model.router.counts().values()) == {0}, f"seed {seed}"


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
