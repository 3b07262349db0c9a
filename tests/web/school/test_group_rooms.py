"""Splitting a meeting: each step of a plan, and what each phase refuses."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from msgspec import structs

from web.errors import StateError
from web.school import group_rooms as groups
from web.school.group_rooms import GroupPlan, GroupRoom, How

ROOMS = tuple(GroupRoom(f"g{n}", f"Group {n}", f"c{n}") for n in range(3))
PEOPLE = [f"p{n}" for n in range(8)]


def plan(how: How = "chance", people: list[str] = PEOPLE) -> GroupPlan:
    return groups.split(ROOMS, how, people, random.Random(1).shuffle)


def working(minutes: int | None = 5) -> GroupPlan:
    return groups.begin(plan(), 1000, minutes, PEOPLE)


def test_chance_gives_everybody_a_seat_and_groups_differ_by_one() -> None:
    for count in range(2, 30):
        people = [f"p{n}" for n in range(count)]
        sizes = Counter(plan(people=people).seats.values())
        assert sum(sizes.values()) == count
        assert max(sizes.values()) - min(sizes.get(room.id, 0) for room in ROOMS) <= 1
    assert plan() != groups.split(ROOMS, "chance", PEOPLE, random.Random(2).shuffle), "chance decides"
    assert not plan("hand").seats and not plan("choice").seats


def test_nobody_is_anywhere_before_it_begins_and_after_it_ended() -> None:
    before, at_work = plan(), working()
    assert all(before.place(person) is None for person in PEOPLE)
    assert all(at_work.place(person) == before.seats[person] for person in PEOPLE)
    after = groups.gather(at_work)
    assert after == before, "the groups stay as they are and can go on"


def test_nobody_is_asked_to_choose_again_when_the_groups_are_back() -> None:
    chosen = groups.choose(plan("choice"), "p1", "g1")
    back = groups.gather(groups.begin(chosen, 0, None, PEOPLE))
    assert back.how == "chance" and back.seats["p1"] == "g1"
    with pytest.raises(StateError):
        groups.choose(back, "p1", "g2")
    assert "late" in groups.deal(back, ["late"]).seats, "who comes later is not left out"


def test_who_comes_late_has_a_seat_and_goes_there_by_themself() -> None:
    late = groups.deal(working(), ["late"])
    assert late.place("late") is None
    assert late.seats["late"] == min(("g0", "g1", "g2"), key=list(working().seats.values()).count)
    assert groups.enter(late, "late").place("late") == late.seats["late"]
    with pytest.raises(StateError):
        groups.enter(late, "nobody")
    with pytest.raises(StateError):
        groups.enter(plan(), "p1")


def test_somebody_is_put_elsewhere_and_taken_out() -> None:
    moved = groups.assign(working(), "p1", "g2")
    assert moved.place("p1") == "g2"
    out = groups.assign(moved, "p1", None)
    assert "p1" not in out.seats and out.place("p1") is None
    assert groups.assign(plan("hand"), "p1", "g0").place("p1") is None, "not before it begins"
    with pytest.raises(StateError):
        groups.assign(working(), "p1", "elsewhere")


def test_people_choose_until_it_begins() -> None:
    chosen = groups.choose(groups.choose(plan("choice"), "p1", "g1"), "p1", "g2")
    assert chosen.seats == {"p1": "g2"}
    begun = groups.begin(chosen, 0, None, ["p1", "p2"])
    assert begun.place("p1") == "g2" and begun.place("p2") is not None, "who has not chosen is not left behind"
    with pytest.raises(StateError):
        groups.choose(begun, "p1", "g1")
    assert groups.choose(begun, "late", "g1").place("late") == "g1"
    with pytest.raises(StateError):
        groups.choose(plan("chance"), "p1", "g1")


def test_time_ends_it_and_more_time_keeps_it() -> None:
    at_work = working(5)
    end = 1000 + 5 * groups.MINUTE
    assert at_work.ends_at == end
    assert not groups.due(at_work, end - 1) and groups.due(at_work, end)
    assert groups.extend(at_work, 2000, 3).ends_at == end + 3 * groups.MINUTE
    assert not groups.due(working(None), 10**15)
    assert groups.extend(working(None), 2000, 3).ends_at == 2000 + 3 * groups.MINUTE


def test_calling_back_counts_down_and_more_time_takes_it_back() -> None:
    called = groups.call_back(working(None), 2000, 20)
    assert (called.phase, called.ends_at) == ("closing", 22_000)
    assert all(called.place(person) is not None for person in PEOPLE), "they stay until then"
    assert groups.call_back(working(5), 2000, 600).ends_at == working(5).ends_at, "an earlier end stays"
    more = groups.extend(called, 3000, 2)
    assert (more.phase, more.ends_at) == ("open", 3000 + 2 * groups.MINUTE)
    for refused in (groups.call_back, groups.extend):
        with pytest.raises(StateError):
            refused(plan(), 0, 1)


def test_it_begins_once_and_not_with_nobody() -> None:
    for refused in (working(), plan("hand")):
        with pytest.raises(StateError):
            groups.begin(refused, 0, None, PEOPLE)
    assert groups.begin(plan(), 0, None, ["p1"]).entered == {"p1"}, "who is away has a seat and comes late"


def test_names_and_documents() -> None:
    named = groups.lay_out(groups.rename(plan(), "g1", "Fire"), {"g0": "d0"})
    assert [room.title for room in named.rooms] == ["Group 0", "Fire", "Group 2"]
    assert [room.document for room in groups.lay_out(named, {"g1": "d1"}).rooms] == ["d0", "d1", None]


def test_there_is_room_for_so_many() -> None:
    full = structs.replace(plan("hand"), seats={f"p{n}": "g0" for n in range(groups.MOST_SEATS)})
    assert groups.deal(full, ["one more"]) == full
    with pytest.raises(StateError):
        groups.assign(full, "one more", "g1")
