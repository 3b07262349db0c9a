"""The loads keep what they promise: nobody watches themselves, the school mix stays below 1 Mbit/s a viewer."""

from __future__ import annotations

from benchmarks.media_loads import LOADS, ROOM, Stream

HEADERS = 28 + 12 + 12 + 16
"""UDP and IP, RTP, its extensions, the tag."""


def kbit(stream: Stream) -> float:
    return stream.packets * (stream.bytes + HEADERS) * 8 * 1e3 / stream.interval_us


def test_a_viewer_of_the_school_mix_gets_less_than_a_megabit() -> None:
    school = LOADS["school"]
    for viewer in range(ROOM):
        seen, heard = school.watched(viewer)
        assert viewer not in seen + heard
        assert len(seen) == (9 if viewer else 8)
        assert len(heard) == (3 if viewer > 2 else 2)
        wanted = [stream for one in seen for stream in school.published[one] if stream.video]
        wanted += [stream for one in heard for stream in school.published[one] if not stream.video]
        assert len(wanted) == len(seen) + len(heard)
        assert 700 < sum(map(kbit, wanted)) < 1000 or viewer == 0


def test_the_other_loads_have_one_publisher() -> None:
    for load in LOADS.values():
        assert load.mix or (len(load.published) == 1 and load.watched(0) == ([0], [0]))


def test_nobody_is_in_two_lessons() -> None:
    lessons = LOADS["lessons"]
    assert lessons.people == lessons.viewers == len(lessons.published)
    for viewer in range(lessons.people):
        seen, heard = lessons.watched(viewer)
        alone = LOADS["school"].watched(viewer % ROOM)
        assert ([one % ROOM for one in seen], [one % ROOM for one in heard]) == alone
        assert {one // ROOM for one in seen + heard} == {viewer // ROOM}
