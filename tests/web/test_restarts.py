"""Dead workers: at once, later, or never again."""

from __future__ import annotations

from web.restarts import AT_ONCE, GIVE_UP, LONGEST, YOUNG, Death, Restarts

KILLED, ENDED = -9, 1


def test_who_ran_for_a_while_comes_back_at_once() -> None:
    restarts = Restarts()
    assert [restarts.died(Death(0, YOUNG, status)) for status in (ENDED, KILLED, ENDED) * 20] == [0.0] * 60


def test_who_is_killed_comes_back_at_once_however_often() -> None:
    restarts = Restarts()
    assert [restarts.died(Death(number % 2, 0.5, KILLED)) for number in range(1_000)] == [0.0] * 1_000


def test_a_server_that_never_ran_gives_up() -> None:
    restarts = Restarts()
    answers = [restarts.died(Death(number % 2, 0.5, ENDED)) for number in range(GIVE_UP)]
    assert answers[:-1] == [0.0] * (GIVE_UP - 1) and answers[-1] is None


def test_a_server_that_ran_waits_ever_longer_and_never_gives_up() -> None:
    restarts = Restarts()
    restarts.lives(1, YOUNG)
    waits = [restarts.died(Death(0, 0.5, ENDED)) for _ in range(50)]
    assert waits[:AT_ONCE] == [0.0] * AT_ONCE and waits[AT_ONCE : AT_ONCE + 3] == [2.0, 4.0, 8.0]
    assert waits[-1] == LONGEST
    restarts.lives(0, YOUNG)
    assert restarts.died(Death(0, 0.5, ENDED)) == 0.0, "having run for a while it begins anew"


def test_a_crash_is_an_end_of_its_own() -> None:
    restarts = Restarts()
    assert [restarts.died(Death(0, 0.5, -11)) for _ in range(GIVE_UP)][-1] is None


def test_a_kill_in_between_is_no_refusal() -> None:
    restarts = Restarts()
    for _ in range(10):
        for _ in range(GIVE_UP - 1):
            assert restarts.died(Death(0, 0.5, ENDED)) is not None
        assert restarts.died(Death(0, 0.5, KILLED)) == 0.0
