"""How people are, from what their devices say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.school.model import Personal, QuietHours
from web.whereabouts import NEUTRAL, Whereabouts

DAY = 24 * 3600 * 1000
NIGHT = QuietHours(18 * 60, 7 * 60, False)
NOON, MIDNIGHT = DAY + 12 * 3600 * 1000, DAY


def somebody(*devices: str, **personal: object) -> Whereabouts:
    there = Whereabouts()
    for device in devices or ("laptop",):
        there.enter("p", device, Personal("p", **personal), "UTC")  # type: ignore[arg-type]
    return there


def test_away_is_who_is_idle_everywhere() -> None:
    there = somebody("laptop", "phone")
    assert there.moods(NOON) == {}
    there.set_idle("p", "laptop", True)
    assert there.moods(NOON) == {}, "the phone is in use"
    there.set_idle("p", "phone", True)
    assert there.moods(NOON) == {"p": ("away", None)}
    assert there.moods(NOON) == {}, "told once"
    there.set_idle("p", "phone", False)
    assert there.moods(NOON) == {"p": NEUTRAL}


def test_who_leaves_with_the_device_in_use_is_away_on_the_other() -> None:
    there = somebody("laptop", "phone")
    there.set_idle("p", "laptop", True)
    there.leave("p", "phone")
    assert there.moods(NOON) == {"p": ("away", None)}
    there.leave("p", "laptop")
    assert there.moods(NOON) == {"p": NEUTRAL}, "nothing is kept of who is gone"
    assert len(there) == 0


def test_a_lesson_comes_first_and_ends_by_itself() -> None:
    there = somebody("laptop", "phone", away=True, quiet=NIGHT)
    there.moods(MIDNIGHT)
    there.set_seated("p", "laptop", True)
    assert there.moods(MIDNIGHT) == {"p": ("lesson", None)}
    there.leave("p", "laptop")
    assert there.moods(MIDNIGHT) == {"p": ("quiet", DAY + 7 * 3600 * 1000)}
    assert there.moods(NOON, hours=True) == {"p": ("away", None)}


def test_hours_pass_without_anybody_touching_anything() -> None:
    there = somebody(quiet=NIGHT)
    assert there.moods(NOON) == {}
    assert there.moods(DAY + 18 * 3600 * 1000) == {}, "only looked at when asked to"
    assert there.moods(DAY + 18 * 3600 * 1000, hours=True) == {"p": ("quiet", 2 * DAY + 7 * 3600 * 1000)}
    assert there.moods(2 * DAY + 7 * 3600 * 1000, hours=True) == {"p": NEUTRAL}


def test_what_is_set_acts_at_once() -> None:
    there = somebody()
    there.moods(NOON)
    there.set_personal(Personal("p", away=True, typing=False))
    assert there.moods(NOON) == {"p": ("away", None)} and not there.shows_typing("p")
    there.set_personal(Personal("p", quiet=NIGHT))
    assert there.moods(MIDNIGHT) == {"p": ("quiet", DAY + 7 * 3600 * 1000)} and there.shows_typing("p")
    there.set_zone(["p", "q"], "Asia/Tokyo")  # nine in the morning there
    assert there.moods(MIDNIGHT) == {"p": NEUTRAL}
    there.set_personal(Personal("stranger", away=True))
    assert there.moods(MIDNIGHT) == {} and not there.shows_typing("stranger")


calls = st.lists(
    st.tuples(
        st.sampled_from(("enter", "leave", "set_idle", "set_seated")),
        st.sampled_from("ab"),
        st.sampled_from("123"),
        st.booleans(),
    ),
    max_size=30,
)


@given(calls)
def test_what_was_told_is_what_is_true(history: list[tuple[str, str, str, bool]]) -> None:
    there, told = Whereabouts(), dict[str, object]()
    devices: dict[str, dict[str, dict[str, bool]]] = {}
    for call, person, device, on in history:
        mine = devices.setdefault(person, {})
        if call == "enter":
            there.enter(person, device, Personal(person), "UTC")
            mine.setdefault(device, {"idle": False, "seated": False})
        elif call == "leave":
            there.leave(person, device)
            mine.pop(device, None)
        else:
            getattr(there, call)(person, device, on)
            if device in mine:
                mine[device][call.removeprefix("set_")] = on
        told |= there.moods(NOON)
        for name, found in devices.items():
            expected = (
                NEUTRAL if not found
                else ("lesson", None) if any(one["seated"] for one in found.values())
                else ("away", None) if all(one["idle"] for one in found.values())
                else NEUTRAL
            )  # fmt: skip
            assert told.get(name, NEUTRAL) == expected, history
