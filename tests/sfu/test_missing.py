"""Whoever misses a picture is told why: no room on the line, a screen in its place, an unknown codec."""

from __future__ import annotations

from sfu.events import Connected, Detached, Estimates, Paged, Rates, Staged
from sfu.missing import Missing
from sfu.model import LeftOut, MediaEvent, Undecodable, VideoPaused
from tests.sfu.room_model import TEACHER, Model


def _told(model: Model, peer: str) -> list[MediaEvent]:
    """What this one was told of missing pictures, and forget it."""
    kinds = (LeftOut, VideoPaused, Undecodable)
    found = [event for event in model.events if isinstance(event, kinds) and event.peer == peer]
    model.events.clear()
    return list(found)


def test_news_are_told_once() -> None:
    missing = Missing()
    assert missing.news("v") == []
    missing.line, missing.paused = ("a",), True
    assert missing.news("v") == [VideoPaused("v", True), LeftOut("v", ["a"], [])]
    assert missing.news("v") == []
    missing.paused, missing.line, missing.screen, missing.undecodable = False, (), ("b",), ("c",)
    assert missing.news("v") == [VideoPaused("v", False), Undecodable("v", ["c"]), LeftOut("v", [], ["b"])]


def test_who_may_have_missed_it_is_told_everything_once() -> None:
    missing = Missing()
    missing.paused = True
    missing.news("v")
    missing.again()
    assert missing.news("v") == [VideoPaused("v", True), Undecodable("v", []), LeftOut("v", [], [])]
    assert missing.news("v") == []


def test_what_does_not_fit_the_line_is_named_and_named_again_to_a_new_connection() -> None:
    model = Model(cap=400)
    model.join("a", "b", "c", "v", rights=TEACHER)
    model.tell(Paged("v", ("a", "b", "c")))
    for name in "abc":
        model.flow(name, "camera")
    model.events.clear()
    model.now += 5
    model.tell(Rates(tuple((model.source_ids[name, "camera"], (180,)) for name in "abc")))
    model.now += 5
    model.take(model.router.tick(model.now))
    assert _told(model, "v")[-1] == LeftOut("v", ["b", "c"], [])
    model.attach("v")
    model.tell(Connected("v"))
    assert _told(model, "v")[-1] == LeftOut("v", ["b", "c"], [])
    model.now += 60
    model.tell(Rates(tuple((model.source_ids[name, "camera"], (40,)) for name in "abc")))
    model.now += 60
    model.take(model.router.tick(model.now))
    assert _told(model, "v")[-1] == LeftOut("v", [], [])


def test_who_gives_way_to_a_screen_is_named_while_it_is_shared() -> None:
    model = Model(cap=3000)
    names = tuple("abcdef")
    model.join(*names, "v", rights=TEACHER)
    for name in names:
        model.flow(name, "camera")
    model.flow("a", "screen")
    assert _told(model, "v") == [LeftOut("v", [], ["e", "f"])]
    model.tell(Paged("v", ("f", "e", "nobody")))
    assert _told(model, "v") == [LeftOut("v", [], [])]
    model.tell(Paged("v", names))
    assert _told(model, "v") == [LeftOut("v", [], ["f", "e"])]
    model.tell(Detached("a"))
    model.forget("a")
    assert _told(model, "v") == [LeftOut("v", [], [])]


def test_whose_video_is_paused_is_told_whose_pictures_these_are() -> None:
    model = Model()
    model.join("a", "v", rights=TEACHER, layered=True)
    model.flow("a", "camera")
    model.tell(Staged("a"))
    model.events.clear()
    model.tell(Estimates((("v", 90.0, True),)))
    assert _told(model, "v") == [VideoPaused("v", True), LeftOut("v", ["a"], [])]
