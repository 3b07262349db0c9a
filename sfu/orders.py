"""What the router says, as commands to the plane and to the room's recording.

Laws: in the router's order, so that an audience is told before the slots that depend on it; what is for people is
returned and told by the room afterwards. No decision is made here.
"""

from __future__ import annotations

from collections.abc import Iterable

from sfu.events import AskKeyframe, Assign, Output, SetAudience, SetLayer, SetMute, Tap
from sfu.model import MediaEvent
from sfu.plane import Plane
from sfu.recorder import Recording


def carry_out(plane: Plane, recording: Recording | None, outputs: Iterable[Output]) -> list[MediaEvent]:
    """Put these into the plane's queue; returns what the room is to be told."""
    events: list[MediaEvent] = []
    for output in outputs:
        match output:
            case Assign():
                plane.set_slot(output.session, output.slot, output.source, output.generation)
            case SetLayer():
                plane.set_layer(output.session, output.slot, output.layer, output.halved)
            case AskKeyframe():
                plane.request_keyframe(output.source)
            case SetAudience():
                plane.set_audience(output.source, list(output.viewers))
            case SetMute():
                plane.mute_source(output.source, output.muted)
            case Tap():
                if recording is not None:
                    recording.tap(output.source, output.purpose, output.record, output.layer)
            case _:
                events.append(output)
    return events
