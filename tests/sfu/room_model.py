"""A router with a fake clock, and a plane that believes what it is told and checks it."""

from __future__ import annotations

from sfu.events import (
    Admitted,
    AskKeyframe,
    Assign,
    Attached,
    Connected,
    Event,
    Flow,
    Frozen,
    Left,
    Levels,
    Output,
    Rates,
    SetAudience,
    SetLayer,
    SetMute,
    Slot,
    Source,
    Staged,
    Tap,
)
from sfu.model import (
    KIND_OF_SLOT,
    PURPOSES,
    LayersWanted,
    MediaEvent,
    MediaRights,
    Purpose,
    SlotsChanged,
    SlotState,
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
        self.halved: set[tuple[str, str]] = set()
        self.generations: dict[int, int] = {}
        self.newest: dict[tuple[str, str], int] = {}
        self.states: dict[str, list[SlotState]] = {}
        self.events: list[MediaEvent] = []
        self.stage: str | None = None
        self.asked_at: dict[int, float] = {}
        self.taps: dict[int, Tap] = {}

    def tell(self, event: Event) -> list[Output]:
        if isinstance(event, Staged):
            self.stage = event.peer
        elif isinstance(event, Left) and event.peer == self.stage:
            self.stage = None
        outputs = self.router.receive(self.now, event)
        if isinstance(event, Left):
            self.newest = {key: number for key, number in self.newest.items() if key[0] != event.peer}
        if isinstance(event, Frozen):
            self.note_asked(outputs)
        return self.take(outputs)

    def note_asked(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, AskKeyframe):
                assert self.now >= self.asked_at.get(output.source, -100) + 10, "asked too often"
                self.asked_at[output.source] = self.now

    def check_generation(self, order: Assign) -> None:
        known, name = self.generations.get(order.slot), self.slot_names[order.slot]
        if known is None:
            assert order.generation > self.newest.get(name, 0), "a client keeps what is newer"
        else:
            assert order.generation == known + 1
        self.generations[order.slot] = self.newest[name] = order.generation

    def take(self, outputs: list[Output]) -> list[Output]:
        for output in outputs:
            if isinstance(output, SetAudience):
                self.audience[output.source] = set(output.viewers)
            elif isinstance(output, SetMute):
                self.muted[output.source] = output.muted
            elif isinstance(output, Assign):
                self.check_generation(output)
                if output.source in self.audience:
                    assert output.session in self.audience[output.source], "assigned before it was allowed"
                self.slots[self.slot_names[output.slot]] = output.source
            elif isinstance(output, AskKeyframe):
                assert output.source in self.audience, "asked for nobody"
            elif isinstance(output, SetLayer):
                slot = self.slot_names[output.slot]
                self.layers[slot] = output.layer
                (self.halved.add if output.halved else self.halved.discard)(slot)
            elif isinstance(output, Tap):
                self.taps[output.source] = output
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
    ) -> list[Output]:
        self.forget(name)
        session = self.sessions[name] = self.next()
        rids = RIDS if layered else {}
        sources = tuple(Source(self.next(), purpose, levelled, rids.get(purpose, ())) for purpose in purposes)
        made = tuple(Slot(self.next(), slot, f"mid-{slot}") for slot in slots)
        for source in sources:
            self.source_ids[name, source.purpose] = source.id
        for slot in made:
            self.slot_names[slot.id] = (name, slot.name)
        return self.tell(Attached(name, session, sources, made, featured, follow, obliging=layered))

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

    def measure(self, name: str, purpose: Purpose, *rates: int, halves: tuple[int, ...] = ()) -> None:
        source = self.source_ids[name, purpose]
        self.tell(Rates(((source, rates),), {source: halves}))

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
