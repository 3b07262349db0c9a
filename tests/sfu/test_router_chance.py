"""Random events in a room: after each one nobody gets what is not theirs, and nothing is left to do."""

from __future__ import annotations

from random import Random

import pytest

from sfu.events import (
    Connected,
    Detached,
    Left,
    Levels,
    Muted,
    Paged,
    Staged,
)
from sfu.model import (
    KIND_OF_PURPOSE,
    KIND_OF_SLOT,
    MediaRights,
)
from tests.sfu.room_model import ROOM_SLOTS, TEACHER, Model


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
