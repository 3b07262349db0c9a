"""What a viewer's browser does not decode is not sent to it, and it is told whose picture that is."""

from __future__ import annotations

from sfu.events import Attached, Connected, Flow, Rates, Slot, Source, Staged
from sfu.model import Undecodable
from tests.sfu.room_model import TEACHER, Model


def _join(model: Model, name: str, codec: str, *decodes: str) -> int:
    """Join with a camera in this codec, decoding these; returns the camera's number."""
    model.admit(name, rights=TEACHER)
    session = model.sessions[name] = model.next()
    camera = Source(model.next(), "camera", codec=codec)
    slots = tuple(Slot(model.next(), slot, slot, frozenset(decodes)) for slot in ("stage", "tile-1", "tile-2"))
    model.source_ids[name, "camera"] = camera.id
    for slot in slots:
        model.slot_names[slot.id] = (name, slot.name)
    model.tell(Attached(name, session, (camera,), slots))
    model.tell(Connected(name))
    model.tell(Flow(camera.id, True))
    return camera.id


def test_a_picture_that_cannot_be_decoded_stays_out_and_the_viewer_is_told() -> None:
    model = Model()
    modern = _join(model, "modern", "av1", "vp8", "av1")
    _join(model, "old", "vp8", "vp8")
    plain = _join(model, "plain", "vp8", "vp8", "av1")
    assert {model.slots.get(("old", name), 0) for name in ("tile-1", "tile-2")} == {0, plain}
    assert model.events.count(Undecodable("old", ["modern"])) == 1
    assert modern in {model.slots.get(("plain", name)) for name in ("tile-1", "tile-2")}

    model.tell(Staged("modern"))
    assert model.slots.get(("old", "stage"), 0) == 0
    assert model.slots["plain", "stage"] == modern
    model.tell(Flow(modern, False))
    model.tell(Staged(None))
    told = [event for event in model.events if isinstance(event, Undecodable)]
    assert told[-1] == Undecodable("old", []) and {event.peer for event in told} == {"old"}


def test_the_layers_of_one_stream_are_known_from_its_packets() -> None:
    model = Model()
    camera = _join(model, "teacher", "vp9", "vp8", "vp9")
    _join(model, "pupil", "vp8", "vp8", "vp9")
    model.tell(Staged("teacher"))
    assert model.slots["pupil", "stage"] == camera
    model.now += 2
    model.tell(Rates(((camera, (60, 130, 300)),)))
    model.now += 2
    model.take(model.router.tick(model.now))
    assert model.layers["pupil", "stage"] == 2
    model.tell(Staged("pupil"))
    assert model.layers["pupil", "tile-1"] == 0
