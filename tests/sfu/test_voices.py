"""The rule of the few voices, against a fake clock in steps of 20 ms."""

from __future__ import annotations

from random import Random

import pytest

from sfu.voices import (
    ENTER_SECONDS,
    LEAVE_SECONDS,
    REPLACE_SECONDS,
    REPORT_SECONDS,
    SPEAKING_SECONDS,
    THRESHOLD,
    Seats,
    Voices,
)

STEP = REPORT_SECONDS


class Room:
    """One listener, some sources, and a clock."""

    def __init__(self, sources: int = 8, seats: int = 3) -> None:
        self.now = 100.0
        self.voices = Voices()
        self.seats = Seats()
        self.pool = [f"voice-{number}" for number in range(1, seats + 1)]
        self.inaudible: set[int] = set()
        self.unlevelled: list[int] = []
        self.contested = False
        for source in range(1, sources + 1):
            self.voices.add(source)

    def step(self, levels: dict[int, int], steps: int = 1, lively: int = 0) -> None:
        for number in range(steps):
            self.now += STEP
            swing = lively if number % 2 else -lively
            self.voices.report(self.now, [(source, level + swing) for source, level in levels.items()])
            self.voices.expire(self.now)
            self.seat()

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            self.step({})

    def seat(self) -> None:
        self.contested = self.voices.seat(
            self.now, self.seats, self.pool, lambda source: source not in self.inaudible, self.unlevelled
        )

    @property
    def heard(self) -> set[int]:
        return set(self.seats.taken.values())


def test_a_voice_enters_after_40_ms_above_the_threshold() -> None:
    room = Room()
    room.step({1: 30})
    assert room.heard == set()
    room.step({1: 30})
    assert room.heard == {1}


def test_a_click_does_not_enter() -> None:
    room = Room()
    for _ in range(5):
        room.step({1: 10})
        room.wait(0.2)
    assert room.heard == set()


def test_below_the_threshold_and_strangers_count_for_nothing() -> None:
    room = Room()
    room.step({1: THRESHOLD + 1, 99: 3}, 50)
    assert room.heard == set()
    assert room.voices.next_deadline(room.now) is None


def test_a_voice_leaves_after_two_seconds_of_quiet() -> None:
    room = Room()
    room.step({1: 30}, 3)
    room.wait(LEAVE_SECONDS - STEP)
    assert room.heard == {1}
    room.wait(STEP)
    assert room.heard == set()


def test_time_alone_lets_it_leave_when_the_deadline_says() -> None:
    room = Room()
    room.step({1: 30}, 3)
    first = room.voices.next_deadline(room.now)
    assert first is not None and first == pytest.approx(room.now + SPEAKING_SECONDS)
    assert room.voices.speaking(room.now) == [1]
    assert not room.voices.expire(first)
    assert room.voices.speaking(first) == []
    second = room.voices.next_deadline(first)
    assert second is not None and second == pytest.approx(room.now + LEAVE_SECONDS)
    assert room.voices.expire(second)


def test_all_seats_are_taken_and_kept_in_place() -> None:
    room = Room()
    room.step({1: 30, 2: 31, 3: 32}, 2)
    assert room.heard == {1, 2, 3}
    before = dict(room.seats.taken)
    room.step({1: 40, 2: 20, 3: 33}, 20)
    assert room.seats.taken == before


def test_a_voice_6_db_louder_for_300_ms_replaces_the_weakest() -> None:
    room = Room()
    full = {1: 20, 2: 30, 3: 36}
    room.step(full, 20)
    room.step({**full, 4: 29}, 2)
    assert room.heard == {1, 2, 3} and room.contested
    room.step({**full, 4: 29}, round(REPLACE_SECONDS / STEP) - 1)
    assert room.heard == {1, 2, 3}
    room.step({**full, 4: 29})
    assert room.heard == {1, 2, 4}


def test_less_than_6_db_never_replaces() -> None:
    room = Room()
    full = {1: 20, 2: 30, 3: 36}
    room.step(full, 20)
    room.step({**full, 4: 31}, 200, lively=4)
    assert room.heard == {1, 2, 3}


def test_being_louder_has_to_last() -> None:
    room = Room()
    full = {1: 20, 2: 30, 3: 36}
    room.step(full, 20)
    for _ in range(6):
        room.step({**full, 4: 20}, 6, lively=4)
        room.step({**full, 4: 45}, 20, lively=4)
    assert room.heard == {1, 2, 3}


def test_who_pauses_between_words_keeps_the_seat_against_an_equal() -> None:
    room = Room()
    room.step({1: 20, 2: 20, 3: 20}, 20)
    for _ in range(8):
        room.step({1: 20, 2: 20, 4: 20}, 5, lively=4)
        room.step({1: 20, 2: 20, 3: 20, 4: 20}, 15, lively=4)
    assert room.heard == {1, 2, 3}


def test_who_fell_quiet_is_replaced_before_the_two_seconds_are_over() -> None:
    room = Room()
    room.step({1: 20, 2: 20, 3: 20}, 20)
    room.step({1: 20, 2: 20, 4: 20}, 40)
    assert room.heard == {1, 2, 4}


def test_a_moderator_who_speaks_holds_a_seat_at_once() -> None:
    room = Room()
    room.voices.set_moderator(4, True)
    full = {1: 10, 2: 12, 3: 14}
    room.step(full, 20)
    room.step({**full, 4: 49}, 2)
    assert room.heard == {1, 2, 4}
    room.step({**full, 4: 49}, 90)
    assert room.heard == {1, 2, 4}


def test_only_moderators_replace_moderators() -> None:
    room = Room(seats=1)
    room.voices.set_moderator(1, True)
    room.voices.set_moderator(2, True)
    room.step({1: 40}, 5)
    room.step({1: 40, 3: 5}, 60)
    assert room.heard == {1}
    room.step({1: 40, 2: 20}, 30)
    assert room.heard == {2}
    room.voices.set_moderator(2, False)
    room.step({1: 40, 2: 20}, 2)
    assert room.heard == {1}


def test_levels_that_never_vary_lose_rank() -> None:
    room = Room(seats=1)
    room.step({1: 20}, 120)
    assert room.heard == {1}
    varying = Random(5)
    for _ in range(30):
        room.step({1: 20, 2: 30 + varying.randrange(12)})
    assert room.heard == {2}
    for _ in range(120):
        room.step({1: 20, 2: 30 + varying.randrange(12)})
    assert room.heard == {2}


def test_a_level_that_varies_again_regains_rank() -> None:
    room = Room(seats=1)
    room.step({1: 30}, 101)
    random = Random(6)
    for _ in range(200):
        room.step({1: 20 + random.randrange(20)})
    for _ in range(60):
        room.step({1: 20 + random.randrange(10), 2: 40})
    assert room.heard == {1}


def test_unknown_levels_fill_seats_that_nobody_speaks_from() -> None:
    room = Room()
    room.unlevelled = [101, 102, 103, 104]
    room.seat()
    assert room.heard == {101, 102, 103}
    room.step({1: 40}, 2)
    assert len(room.heard) == 3 and 1 in room.heard
    room.inaudible = {102, 104}
    room.seat()
    assert room.heard == {1, 101, 103} - room.inaudible | ({103} if 103 in room.heard else set())
    room.wait(LEAVE_SECONDS + STEP)
    assert room.heard == {101, 103}


def test_who_may_not_be_heard_loses_the_seat() -> None:
    room = Room()
    room.step({1: 30, 2: 30}, 3)
    room.inaudible = {1}
    room.step({1: 30, 2: 30})
    assert room.heard == {2}
    room.voices.remove(2)
    room.seat()
    assert room.heard == set()
    room.voices.remove(2)


def test_a_smaller_pool_makes_the_others_compete_anew() -> None:
    room = Room()
    room.step({1: 20, 2: 30, 3: 40}, 3)
    room.pool = ["voice-1"]
    room.seat()
    assert len(room.heard) == 1 and room.contested
    room.pool = []
    room.seat()
    assert room.heard == set()


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_said_the_laws_hold(seed: int) -> None:
    random = Random(seed)
    room = Room(sources=8)
    for source in (7, 8):
        room.voices.set_moderator(source, True)
    room.unlevelled = [50]
    loud: dict[int, float] = {}
    levels: dict[int, int] = {}
    for _ in range(600):
        if random.random() < 0.1:
            source = random.randrange(1, 9)
            if source in levels:
                del levels[source]
            else:
                levels[source] = random.randrange(5, 60)
        report = {source: level + random.randrange(4) for source, level in levels.items()}
        room.step(report)
        for source, level in report.items():
            if level <= THRESHOLD:
                loud[source] = room.now
        taken = list(room.seats.taken.values())
        where = f"seed {seed} at {room.now}"
        assert len(taken) == len(set(taken)) <= 3, where
        for source in taken:
            assert source == 50 or room.now - loud[source] <= LEAVE_SECONDS, where
        speaking = set(room.voices.speaking(room.now))
        if len(speaking & {7, 8}) <= 3:
            assert speaking & {7, 8} <= set(taken), where
        if len(speaking) <= 3 and not room.contested:
            assert speaking <= set(taken), where
    assert ENTER_SECONDS < REPLACE_SECONDS
