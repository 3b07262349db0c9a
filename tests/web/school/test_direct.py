"""Direct messages in the town: who is found, who may be written to, and what becomes of a conversation."""

from __future__ import annotations

import asyncio

import pytest

from tests.web.school.town import HOUR, NOW, ROLES, person
from web.errors import AccessDenied, Overloaded
from web.school import actions as do
from web.school.access import SchoolAccess
from web.school.actions import direct as direct_actions
from web.school.direct import ContactAccess
from web.school.model import (
    Account,
    Block,
    Closed,
    DirectPolicy,
    Enrolment,
    GuardianLink,
    Person,
    QuietHours,
    TicketScope,
)
from web.school.store import SchoolStore

# Whom each person of the town finds without a word and may write to.
REACHED: dict[DirectPolicy, dict[str, str]] = {
    "staff": {"t1": "h t2", "t2": "h t1", "h": "t1 t2"},
    "teachers": {
        "t1": "e1 e3 h p1 p2 p3 t2", "t2": "e3 h p3 t1", "h": "e1 e3 t1 t2",
        "p1": "t1", "p2": "t1", "p3": "t1 t2", "e1": "h t1", "e3": "h t1 t2",
    },
    "everyone": {
        "t1": "e1 e3 h p1 p2 p3 t2", "t2": "e1 e3 h p1 p2 p3 t1", "h": "e1 e3 p1 p2 p3 t1 t2",
        "p1": "e1 h p2 t1 t2", "p2": "h p1 t1 t2", "p3": "e3 h t1 t2", "e1": "h p1 t1 t2", "e3": "h p3 t1 t2",
    },
}  # fmt: skip
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rest asks both databases
EVERYBODY = [f"{school}-{name}" for school in ("a", "b") for name in ROLES]


async def set_policy(town: SchoolStore, policy: DirectPolicy) -> None:
    await do.do_change_school(town, "a", do.SchoolPatch(direct=policy))


@SQLITE
@pytest.mark.parametrize("policy", list(REACHED))
async def test_exactly_these_are_reached_and_found(town: SchoolStore, policy: DirectPolicy) -> None:
    await set_policy(town, policy)
    contacts = ContactAccess(town)
    for name in ROLES:
        who, expected = person("a", name), {f"a-{other}" for other in REACHED[policy].get(name, "").split()}
        assert set(await contacts.whom(who, EVERYBODY)) == expected, name
        found = {one.id for letter in ("t", "p", "e", "h", "s", "f") for one in await contacts.find(who, letter)}
        assert found == expected, name
        assert {one.id for one in await contacts.find(who, "")} <= expected
        for other in EVERYBODY:
            if other not in expected:
                with pytest.raises(AccessDenied) as refused:
                    await contacts.access_partner(who, other)
                assert refused.value.code == "not_found", "absent and forbidden look alike"


@SQLITE
async def test_only_staff_see_whole_names_and_families(town: SchoolStore) -> None:
    contacts = ContactAccess(town)
    (guardian,) = await contacts.find(person("a", "t1"), "full E1")
    assert (guardian.name, guardian.of) == ("Full e1", ("Full p1",))
    (pupil,) = await contacts.find(person("a", "t1"), "p1")
    assert (pupil.name, pupil.of) == ("Full p1", ("1",))
    (teacher,) = await contacts.find(person("a", "p1"), "")
    assert (teacher.name, teacher.of) == ("t1", ())
    assert await contacts.find(person("a", "p1"), "full") == []


@SQLITE
async def test_tickets_have_no_private_talks(town: SchoolStore) -> None:
    scope = TicketScope("ticket-1", NOW + HOUR, meeting="a-lesson")
    by_ticket = Person("a-t1", "a", "teacher", "t1", scope)
    with pytest.raises(AccessDenied):
        await ContactAccess(town).find(by_ticket, "")
    await do.do_open_direct(town, "a", "a-t1", "a-p1")
    assert all(not channel.people for channel, _ in await SchoolAccess(town).channels_of(by_ticket))


async def test_two_people_have_one_channel_whoever_asks(town: SchoolStore) -> None:
    asked = [("a-t1", "a-p1"), ("a-p1", "a-t1")] * 5
    opened = await asyncio.gather(*(do.do_open_direct(town, "a", *pair) for pair in asked))
    assert len({channel.id for channel in opened}) == 1
    for name in ROLES:
        mine = [channel for channel, _ in await SchoolAccess(town).channels_of(person("a", name)) if channel.people]
        assert [channel.id for channel in mine] == ([opened[0].id] if name in ("t1", "p1") else []), name
    for name in ("e1", "p2", "h", "s"):
        with pytest.raises(AccessDenied):
            await SchoolAccess(town).access_channel(person("a", name), opened[0].id)
    with pytest.raises(AccessDenied):
        await SchoolAccess(town).access_channel(person("b", "t1"), opened[0].id)


async def closed(town: SchoolStore, name: str, channel: str) -> Closed | None:
    """Why somebody cannot write in their conversation; whatever it is, they can read it."""
    _, may = await SchoolAccess(town).access_channel(person("a", name), channel)
    assert may.read and may.partner is not None and may.write == (may.partner.closed is None)
    return may.partner.closed


@SQLITE
async def test_a_conversation_closes_and_opens_with_what_it_hangs_on(town: SchoolStore) -> None:
    pupil = (await do.do_open_direct(town, "a", "a-t1", "a-p1")).id
    guardian = (await do.do_open_direct(town, "a", "a-t1", "a-e1")).id
    assert await closed(town, "t1", pupil) is None
    await set_policy(town, "staff")
    assert await closed(town, "t1", pupil) == await closed(town, "p1", pupil) == "school"
    await set_policy(town, "teachers")
    await do.do_block(town, Block("a", "a-t1", "a-p1"))
    assert (await closed(town, "t1", pupil), await closed(town, "p1", pupil)) == ("blocking", "blocked")
    assert await closed(town, "e1", guardian) is None
    await do.do_unblock(town, Block("a", "a-t1", "a-p1"))
    await do.do_unlink_guardian(town, GuardianLink("a", "a-e1", "a-p1"))
    assert await closed(town, "t1", guardian) == "school"
    await do.do_unenrol(town, Enrolment("a", "a-1", "a-p1"))
    assert await closed(town, "p1", pupil) == "school"
    await do.do_change_account(town, "a", "a-p1", do.AccountPatch(disabled=True))
    assert await closed(town, "t1", pupil) == "gone"


@SQLITE
async def test_a_block_reaches_whom_it_may(town: SchoolStore) -> None:
    contacts = ContactAccess(town)
    await contacts.access_partner_to_block(person("a", "t1"), "a-p1")
    await contacts.access_partner_to_block(person("a", "p1"), "a-p2")
    with pytest.raises(AccessDenied) as refused:
        await contacts.access_partner_to_block(person("a", "p1"), "a-t1")
    assert refused.value.code == "forbidden"
    with pytest.raises(AccessDenied) as refused:
        await contacts.access_partner_to_block(person("a", "t1"), "b-p1")
    assert refused.value.code == "not_found"


@SQLITE
async def test_how_long_conversations_keep_is_the_schools_word(town: SchoolStore) -> None:
    before = await do.do_open_direct(town, "a", "a-t1", "a-p1")
    await do.do_change_school(town, "a", do.SchoolPatch(direct_keep_days=30))
    after = await do.do_open_direct(town, "a", "a-t1", "a-p2")
    for channel in (before.id, after.id):
        assert (await SchoolAccess(town).access_channel(person("a", "t1"), channel))[0].keep_days == 30


@SQLITE
async def test_one_person_has_a_bound_of_conversations(town: SchoolStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_actions, "CONVERSATIONS", 2)
    for other in ("a-p1", "a-p2"):
        await do.do_open_direct(town, "a", "a-t1", other)
    with pytest.raises(Overloaded):
        await do.do_open_direct(town, "a", "a-p3", "a-t1")
    await do.do_open_direct(town, "a", "a-t1", "a-p1")


async def test_what_people_set_for_themselves(town: SchoolStore) -> None:
    contacts, teacher, pupil = ContactAccess(town), person("a", "t1"), person("a", "p1")
    quiet = QuietHours(18 * 60, 7 * 60, True)
    assert (await contacts.personal(teacher))[0].typing
    await do.do_set_personal(town, "a", "a-t1", do.PersonalPatch(quiet=quiet, typing=False))
    await do.do_set_personal(town, "a", "a-t1", do.PersonalPatch(away=True))
    mine, school = await contacts.personal(teacher)
    assert (mine.away, mine.typing, mine.quiet, school.time_zone) == (True, False, quiet, "Europe/Berlin")
    with pytest.raises(AccessDenied):
        await contacts.personal_of_partner(pupil, "a-t1")
    await do.do_open_direct(town, "a", "a-t1", "a-p1")
    assert (await contacts.personal_of_partner(pupil, "a-t1"))[0] == mine
    await do.do_set_personal(town, "a", "a-t1", do.PersonalPatch(quiet=None))
    assert (await contacts.personal(teacher))[0].quiet is None
    with pytest.raises(AccessDenied):
        await do.do_set_personal(town, "a", "b-t1", do.PersonalPatch(away=True))


async def test_names_are_found_by_any_of_their_words(town: SchoolStore) -> None:
    account = Account("a-new", "a", "new", "teacher", "Frau Öztürk-Weiß", "Frau Öztürk-Weiß")
    await do.do_create_account(town, account, None)
    contacts, who = ContactAccess(town), person("a", "t2")
    for text in ("özt", "frau Ö", "weiss", "WEISS frau"):
        assert [one.id for one in await contacts.find(who, text)] == ["a-new"], text
    assert await contacts.find(who, "ztürk") == []
    assert await contacts.find(who, "%") == []
