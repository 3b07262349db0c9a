"""Dead workers: at once, later, or never again."""

from __future__ import annotations

from web.restarts import AT_ONCE, GIVE_UP, LONGEST, YOUNG, Death, Restarts, Rolling

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


def test_who_was_told_to_end_comes_back_at_once() -> None:
    restarts = Restarts()
    assert [restarts.died(Death(0, 0.5, 0)) for _ in range(20)] == [0.0] * 20


def test_workers_are_started_anew_one_after_the_other() -> None:
    rolling = Rolling()
    assert not rolling.busy and rolling.next({0: 10, 1: 11}, serving=True) is None
    rolling.begin({0: 10, 1: 11})
    assert rolling.next({0: 10, 1: 11}, serving=False) is None, "nobody leaves while somebody is missing"
    assert rolling.next({0: 10, 1: 11}, serving=True) == 0
    assert rolling.next({0: 10, 1: 11}, serving=True) is None, "it is leaving"
    assert rolling.next({1: 11}, serving=False) is None
    assert rolling.next({0: 20, 1: 11}, serving=False) is None, "the new one does not serve yet"
    assert rolling.next({0: 20, 1: 11}, serving=True) == 1
    assert rolling.next({0: 20, 1: 21}, serving=True) is None
    assert not rolling.busy


def test_a_worker_that_died_meanwhile_is_new_already() -> None:
    rolling = Rolling()
    rolling.begin({0: 10, 1: 11})
    assert rolling.next({0: 10, 1: 11}, serving=True) == 0
    assert rolling.next({0: 20, 1: 31}, serving=True) is None
    assert rolling.next({0: 20, 1: 31}, serving=True) is None
    assert not rolling.busy
