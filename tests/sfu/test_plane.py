"""Commands to a plane: what is refused, what is counted, and that closing leaves nothing behind."""

from __future__ import annotations

import pytest

from sfu.plane import Plane
from tests.sfu.plane_lesson import VIDEO_SOURCE, Stage, picture, voice
from tests.sfu.plane_peer import eventually

GAUGES = ("sessions", "fragments", "addresses", "streams", "sources", "slots", "assignments")


def test_closing_leaves_nothing_behind(stage: Stage, plane: Plane) -> None:
    lesson = stage.lesson(plane, viewers=3)
    lesson.publisher.send(picture(1, keyframe=True))
    lesson.publisher.send(voice(1))
    for viewer in lesson.viewers:
        viewer.receive()
        viewer.receive()
    eventually(lambda: plane.counters()["streams"] == 2)
    full = plane.counters()
    assert [full[name] for name in GAUGES] == [4, 4, 4, 2, 2, 6, 6]
    plane.remove_source(VIDEO_SOURCE)
    eventually(lambda: plane.counters()["assignments"] == 3)
    for peer in (lesson.viewers[0], lesson.publisher, *lesson.viewers[1:]):
        plane.close_session(peer.id)
    eventually(lambda: not any(plane.counters()[name] for name in GAUGES))


def test_commands_about_what_is_not_there_are_counted(plane: Plane) -> None:
    plane.close_session(999_999)
    plane.set_slot(999_999, 1, 1, 1)
    plane.request_keyframe(999_999)
    plane.send_dtls(999_999, b"x")
    eventually(lambda: plane.counters()["commands_refused"] == 4)


def test_bad_arguments_are_refused_at_once(plane: Plane) -> None:
    with pytest.raises(ValueError, match="length"):
        plane.set_srtp(1, "AEAD_AES_128_GCM", bytes(16), bytes(14), bytes(16), bytes(12))
    with pytest.raises(ValueError, match="password"):
        plane.open_session(1, "u", "short")
    with pytest.raises(ValueError, match="kind"):
        plane.add_source(1, 1, "0", "smell", 1, [])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="layers"):
        plane.add_source(1, 1, "0", "video", 1, [], ["a", "b", "c", "d"])
    with pytest.raises(ValueError, match="layer"):
        plane.set_layer(1, 1, 3)
    with pytest.raises(ValueError, match="IP"):
        Plane(["localhost"], 0)


def test_a_closed_plane_frees_its_port() -> None:
    plane = Plane(["127.0.0.1"], 0)
    port = plane.port
    plane.close()
    plane.close()
    Plane(["127.0.0.1"], port).close()
