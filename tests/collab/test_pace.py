"""Who writes alone is never delayed; several take their turns together."""

from __future__ import annotations

import asyncio

from collab.pace import Pace

NOW = 0.0


class Desk:
    """Notes when it was poked."""

    def __init__(self) -> None:
        self.pokes = 0
        self.poked = asyncio.Event()

    def take_turn(self) -> None:
        self.pokes += 1
        self.poked.set()


async def test_who_writes_alone_is_poked_at_once_however_often() -> None:
    pace, desk = Pace(lambda: NOW, 3600.0), Desk()
    for _ in range(5):
        pace.ask(desk, "ada", NOW)
    assert desk.pokes == 5


async def test_several_wait_for_one_tick_and_each_is_poked_once() -> None:
    pace, first, second = Pace(lambda: NOW, 0.02), Desk(), Desk()
    pace.ask(first, "ada", NOW)
    pace.ask(second, "ben", NOW)
    pace.ask(first, "ada", NOW)
    pace.ask(second, "cleo", NOW)
    assert (first.pokes, second.pokes) == (1, 0)
    await second.poked.wait()
    assert (first.pokes, second.pokes) == (2, 1)


async def test_after_a_quiet_tick_nobody_waits() -> None:
    now = 0.0
    pace, desk = Pace(lambda: now, 0.02), Desk()
    pace.ask(desk, "ada", now)
    now = 0.03
    pace.ask(desk, "ben", now)
    assert desk.pokes == 2


async def test_closing_forgets_the_tick() -> None:
    pace, desk = Pace(lambda: NOW, 3600.0), Desk()
    pace.ask(Desk(), "ada", NOW)
    pace.ask(desk, "ben", NOW)
    pace.close()
    pace.close()
    assert desk.pokes == 0


async def test_a_crowd_does_not_wait_for_the_whole_tick() -> None:
    now = 10.0
    pace, desks = Pace(lambda: now, 4.0), [Desk() for _ in range(17)]
    pace.ask(desks[0], "ada", now)
    now = 10.9
    for desk in desks[1:]:
        pace.ask(desk, desk, now)
    assert [desk.pokes for desk in desks] == [1] + [0] * 16, "a quarter of the tick is not over"
    now = 11.0
    pace.ask(Desk(), "ben", now)
    assert [desk.pokes for desk in desks] == [1] * 17
    pace.close()


class Post:
    """A source with frames of its own to hand over at the next gathering."""

    def __init__(self, pace: Pace) -> None:
        self.watched = 0
        self.gathered = asyncio.Event()
        self.bring: list[tuple[Desk, str]] = []
        self._pace = pace
        pace.source = self

    def gather(self) -> None:
        bring, self.bring = self.bring, []
        for desk, writer in bring:
            self._pace.ask(desk, writer, NOW)
        self.gathered.set()

    def watch(self) -> None:
        self.watched += 1


async def test_a_turn_begins_with_what_has_come_and_the_next_is_set_while_several_write() -> None:
    pace, desk, other = Pace(lambda: NOW, 0.02), Desk(), Desk()
    post = Post(pace)
    pace.ask(desk, "ada", NOW)
    assert not pace.waits, "who writes alone is told of at once"
    pace.ask(other, "ben", NOW)
    assert pace.waits
    post.bring = [(desk, "ada"), (other, "ben"), (other, "cleo")]
    await other.poked.wait()
    assert (desk.pokes, other.pokes, pace.waits, post.watched) == (2, 1, True, 0)
    post.gathered.clear()
    post.bring = [(desk, "ada")]
    await post.gathered.wait()
    assert (desk.pokes, other.pokes, pace.waits, post.watched) == (3, 1, False, 1), "only one is left"


async def test_a_crowd_is_told_of_as_it_comes() -> None:
    now = 0.0
    pace = Pace(lambda: now, 3600.0)
    post, desks = Post(pace), [Desk() for _ in range(16)]
    pace.ask(desks[0], "ada", now)
    pace.ask(desks[0], "ben", now)
    now = 900.0
    for desk in desks[1:]:
        pace.ask(desk, desk, now)
    assert [desk.pokes for desk in desks] == [2] + [1] * 15, "a quarter of the tick is over: they go"
    assert post.watched == 1 and not pace.waits
    pace.ask(desks[0], "ada", now)
    assert not pace.waits and desks[0].pokes == 2, "it waits for the others, and they are still told of"
    pace.close()
