"""Who writes: signs that end by themselves, are told once, and are bounded."""

from __future__ import annotations

from web.typing_state import EXPIRES, SHOWN, SIGNS, Sign, TypingState, Typist

AMIRA, BEN = Typist("amira", "Amira"), Typist("ben", "Ben")


def test_a_sign_is_told_once_and_ends_by_itself() -> None:
    state = TypingState()
    assert state.idle
    state.give(0, Sign("c", AMIRA, True), far=True)
    state.give(0, Sign("c", BEN, True), far=False)
    assert state.flush(0) == ({"c": [AMIRA, BEN]}, [Sign("c", AMIRA, True)])
    assert state.flush(1) == ({}, []) and not state.idle
    state.give(3, Sign("c", AMIRA, True), far=True)
    assert state.flush(3) == ({}, [Sign("c", AMIRA, True)]), "still writing is no news here, but it is elsewhere"
    assert state.flush(EXPIRES) == ({"c": [AMIRA]}, [])
    assert state.flush(3 + EXPIRES) == ({"c": []}, [])
    assert state.idle


def test_who_stops_is_gone_at_once() -> None:
    state = TypingState()
    state.hear(0, Sign("c", AMIRA, True))
    assert state.flush(0) == ({"c": [AMIRA]}, [])
    state.give(1, Sign("c", AMIRA, False), far=True)
    assert state.flush(1) == ({"c": []}, [Sign("c", AMIRA, False)])
    state.give(2, Sign("c", BEN, False), far=False)
    assert state.flush(2) == ({}, []) and state.idle


def test_signs_of_one_tick_are_one() -> None:
    state = TypingState()
    for on in (True, False, True):
        state.give(0, Sign("c", AMIRA, on), far=True)
    assert state.flush(0) == ({"c": [AMIRA]}, [Sign("c", AMIRA, True)])


def test_few_names_are_told() -> None:
    state = TypingState()
    for number in range(30):
        state.hear(0, Sign("c", Typist(f"{number}", "P"), True))
    ((_, people),) = state.flush(0)[0].items()
    assert len(people) == SHOWN


def test_a_person_has_a_budget_for_all_channels() -> None:
    state = TypingState()
    heard = [state.give(0, Sign(f"c{number}", AMIRA, True), far=True) for number in range(30)]
    assert heard.count(True) == SIGNS[1] and len(state.flush(0)[1]) == SIGNS[1]
    assert state.give(0, Sign("c", BEN, True), far=True), "another's budget is their own"
    assert state.give(1, Sign("c0", AMIRA, True), far=True)
