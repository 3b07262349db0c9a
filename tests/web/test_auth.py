"""Logins, sessions and guests against a real database, with a clock that is told the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from tests.web.school.conftest import clock, store, town
from tests.web.school.town import HOUR, NOW, Clock
from web import sessions
from web.auth import Auth
from web.errors import AccessDenied, Overloaded, Unauthenticated
from web.passwords import Passwords
from web.school import tables
from web.school.access import SchoolAccess
from web.school.actions import (
    AccountPatch,
    do_change_account,
    do_create_account,
    do_create_guest_link,
    do_end_expired_sessions,
    do_revoke_guest_link,
)
from web.school.events import SessionEnded
from web.school.model import Account, GuestLink
from web.school.store import SchoolStore
from web.sessions import token_hash
from web.throttle import Throttle

__all__ = ["auth", "clock", "store", "town"]
PASSWORD = "correct horse"


@pytest.fixture
async def auth(town: SchoolStore) -> AsyncIterator[Auth]:
    passwords = Passwords(memory_kib=64, passes=1)
    auth = await Auth.open(town, passwords=passwords, throttle=Throttle(burst=5, seconds=10))
    for school, name in (("a", "p1"), ("b", "p1"), ("a", "t1")):
        await auth.set_password(school, f"{school}-{name}", PASSWORD)
    yield auth
    auth.close()


async def test_login_and_logout(auth: Auth, town: SchoolStore) -> None:
    token = await auth.login("a", "p1", PASSWORD)
    mia = await auth.person_of_session(token)
    assert (mia.id, mia.school, mia.role, mia.ticket) == ("a-p1", "a", "pupil", None)
    assert (await SchoolAccess(town).access_meeting(mia, "a-lesson"))[1].publish
    heads = await town.event_heads()
    await auth.logout(token)
    (event,) = await town.events_after(heads)
    assert event.body == SessionEnded("a-p1")
    with pytest.raises(Unauthenticated):
        await auth.person_of_session(token)
    with pytest.raises(AccessDenied):
        await SchoolAccess(town).access_meeting(mia, "a-lesson")
    await auth.logout(token)
    await auth.logout("no token at all")


async def test_what_a_login_holds_open_is_told_when_its_time_is_over(
    auth: Auth, town: SchoolStore, clock: Clock
) -> None:
    mia = await auth.person_of_session(await auth.login("a", "p1", PASSWORD))
    heads = await town.event_heads()
    assert not await do_end_expired_sessions(town)
    clock.now += sessions.LIFE + 1
    await auth.login("a", "t1", PASSWORD)  # another login takes nothing away that was not told
    assert await do_end_expired_sessions(town)
    assert [event.body for event in await town.events_after(heads)] == [SessionEnded("a-p1")]
    with pytest.raises(AccessDenied):
        await SchoolAccess(town).access_meeting(mia, "a-lesson")
    assert not await do_end_expired_sessions(town)


async def test_wrong_logins_look_alike(auth: Auth) -> None:
    seen = set()
    for school, login, password in (
        ("a", "p1", "wrong"),
        ("a", "nobody", PASSWORD),
        ("a", "p2", ""),  # an account without a password
        ("none", "p1", PASSWORD),
        (None, "p1", PASSWORD),  # two schools have a p1
    ):
        with pytest.raises(Unauthenticated) as refused:
            await auth.login(school, login, password)
        seen.add((refused.value.code, refused.value.text))
    assert len(seen) == 1


async def test_without_a_school_where_the_login_is_unique(auth: Auth, town: SchoolStore) -> None:
    stored = await auth.hash_password(PASSWORD)
    await do_create_account(town, Account("a-only", "a", "only", "pupil", "O", "O"), stored)
    assert (await auth.person_of_session(await auth.login(None, "only", PASSWORD))).id == "a-only"


async def test_unknown_accounts_cost_a_hash_too(auth: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    async def verify(_: Passwords, stored: str | None, password: str) -> bool:
        asked.append(stored)
        return False

    monkeypatch.setattr(Passwords, "verify", verify)
    for login in ("p1", "nobody"):
        with pytest.raises(Unauthenticated):
            await auth.login("a", login, "x")
    assert len(asked) == 2 and asked[0] is not None and asked[1] is None


async def test_throttled_per_account(auth: Auth, clock: Clock) -> None:
    for login in ("p1", "nobody"):
        for _ in range(5):
            with pytest.raises(Unauthenticated):
                await auth.login("a", login, "wrong")
        with pytest.raises(Overloaded) as refused:
            await auth.login("a", login, PASSWORD)
        assert refused.value.code == "too_many_attempts"
    assert await auth.login("a", "t1", PASSWORD), "others log in from the same address"
    assert await auth.login("b", "p1", PASSWORD)
    clock.now += 10_000
    assert await auth.login("a", "p1", PASSWORD)


async def test_a_device_has_attempts_of_its_own(auth: Auth, clock: Clock) -> None:
    mark = auth.mark_device("a", "p1")
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await auth.login("a", "p1", "wrong")
    with pytest.raises(Overloaded):
        await auth.login("a", "p1", PASSWORD)
    assert await auth.login("a", "p1", PASSWORD, mark)
    for other in (auth.mark_device("a", "t1"), auth.mark_device("b", "p1"), "", "ü.ü", mark.upper()):
        with pytest.raises(Overloaded):
            await auth.login("a", "p1", PASSWORD, other)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await auth.login("a", "p1", "wrong", mark)
    with pytest.raises(Overloaded):
        await auth.login("a", "p1", PASSWORD, mark)


async def test_a_capital_letter_is_no_other_login(auth: Auth) -> None:
    assert await auth.login("a", " P1", PASSWORD)


async def test_throttling_tells_nothing_of_who_exists(auth: Auth, town: SchoolStore) -> None:
    """Known and unknown logins run dry at the same attempt, with the school and without."""
    stored = await auth.hash_password(PASSWORD)
    await do_create_account(town, Account("a-only", "a", "only", "pupil", "O", "O"), stored)
    for login in ("only", "nobody"):
        for school in ("a", None, "b"):
            for _ in range(5):
                with pytest.raises(Unauthenticated):
                    await auth.login(school, login, "wrong")
            with pytest.raises(Overloaded):
                await auth.login(school, login.upper(), PASSWORD)


async def test_sessions_end(auth: Auth, town: SchoolStore, clock: Clock) -> None:
    token = await auth.login("a", "p1", PASSWORD)
    clock.now += sessions.LIFE
    with pytest.raises(Unauthenticated):
        await auth.person_of_session(token)
    token = await auth.login("a", "p1", PASSWORD)
    await do_change_account(town, "a", "a-p1", AccountPatch(disabled=True))
    with pytest.raises(Unauthenticated):
        await auth.person_of_session(token)
    with pytest.raises(Unauthenticated):
        await auth.login("a", "p1", PASSWORD)
    await do_change_account(town, "a", "a-p1", AccountPatch(disabled=False))
    with pytest.raises(Unauthenticated):
        await auth.person_of_session(token)


async def test_a_new_password(auth: Auth) -> None:
    here, elsewhere = await auth.login("a", "p1", PASSWORD), await auth.login("a", "p1", PASSWORD)
    mia = await auth.person_of_session(here)
    with pytest.raises(Unauthenticated):
        await auth.change_password(mia, "wrong", "new password")
    fresh = await auth.change_password(mia, PASSWORD, "new password")
    assert (await auth.person_of_session(fresh)).id == "a-p1"
    for token in (here, elsewhere):
        with pytest.raises(Unauthenticated):
            await auth.person_of_session(token)
    with pytest.raises(Unauthenticated):
        await auth.login("a", "p1", PASSWORD)
    assert await auth.login("a", "p1", "new password")


async def test_old_hashes_are_renewed_at_login(auth: Auth, town: SchoolStore) -> None:
    stronger = Passwords(memory_kib=128, passes=1)
    renewing = await Auth.open(town, passwords=stronger)
    assert await renewing.login("a", "p1", PASSWORD)
    async with town.read() as connection:
        row = await connection.execute(select(tables.account.c.password_hash).where(tables.account.c.id == "a-p1"))
        assert "$m=128," in str(row.scalar())
    assert await renewing.login("a", "p1", PASSWORD)
    renewing.close()


async def test_guests(auth: Auth, town: SchoolStore, clock: Clock) -> None:
    access = SchoolAccess(town)
    await do_create_guest_link(town, GuestLink("link", "a", "a-lesson", NOW + 2 * HOUR), token_hash("secret"))
    token = await auth.enter_as_guest("secret", "Frau Gast")
    guest = await auth.person_of_session(token)
    assert (guest.role, guest.name, guest.school) == ("guest", "Frau Gast", "a")
    assert (await access.access_meeting(guest, "a-lesson"))[1].admission == "lobby"
    with pytest.raises(AccessDenied):
        await access.access_meeting(guest, "a-staff")
    with pytest.raises(AccessDenied):
        await auth.issue_meeting_ticket(guest, "a-lesson")
    assert (await auth.person_of_session(await auth.enter_as_guest("secret", "Frau Gast"))).id != guest.id
    with pytest.raises(AccessDenied):
        await auth.enter_as_guest("guessed", "x")
    await do_revoke_guest_link(town, "a", "link")
    with pytest.raises(Unauthenticated):
        await auth.person_of_session(token)
    with pytest.raises(AccessDenied):
        await access.access_meeting(guest, "a-lesson")
    with pytest.raises(AccessDenied):
        await auth.enter_as_guest("secret", "again")
    await do_create_guest_link(town, GuestLink("short", "a", "a-lesson", NOW + HOUR), token_hash("other"))
    token = await auth.enter_as_guest("other", "x")
    clock.now += HOUR
    with pytest.raises(Unauthenticated):
        await auth.person_of_session(token)
    with pytest.raises(AccessDenied):
        await auth.enter_as_guest("other", "late")


async def test_so_many_guests_at_a_time_come_through_a_link(
    auth: Auth, town: SchoolStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_GUESTS", 3)
    for link in ("link", "other"):
        await do_create_guest_link(town, GuestLink(link, "a", "a-lesson", NOW + 48 * HOUR), token_hash(link))
    first, second, third = [await auth.enter_as_guest("link", f"G{number}") for number in range(3)]
    with pytest.raises(Overloaded) as refused:
        await auth.enter_as_guest("link", "one more")
    assert (refused.value.code, refused.value.retry_after) == ("too_many_guests", 60)
    elsewhere = await auth.enter_as_guest("other", "through another link")
    with pytest.raises(Overloaded):
        await auth.enter_as_guest("link", "one more", elsewhere)
    assert await auth.person_of_session(elsewhere), "who is refused keeps what they have"

    gone = await auth.person_of_session(first)
    heads = await town.event_heads()
    again = await auth.enter_as_guest("link", "G0", first)
    assert [event.body for event in await town.events_after(heads)] == [SessionEnded(gone.id)]
    with pytest.raises(Unauthenticated):
        await auth.person_of_session(first)
    with pytest.raises(Overloaded):
        await auth.enter_as_guest("link", "with what is over", first)
    await auth.logout(again)
    clock.now += HOUR
    late = await auth.enter_as_guest("link", "in the place of who left")
    with pytest.raises(Overloaded):
        await auth.enter_as_guest("link", "one more")

    clock.now += sessions.LIFE - HOUR
    for token in (second, third):
        with pytest.raises(Unauthenticated):
            await auth.person_of_session(token)
    assert await auth.person_of_session(late)
    for number in range(2):
        await auth.enter_as_guest("link", f"in the place of who stayed too long {number}")
    with pytest.raises(Overloaded):
        await auth.enter_as_guest("link", "one more")


async def test_two_workers_let_no_more_guests_in_than_one(
    auth: Auth, town: SchoolStore, clock: Clock, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_GUESTS", 3)
    await do_create_guest_link(town, GuestLink("link", "a", "a-lesson", NOW + HOUR), token_hash("link"))
    store = await SchoolStore.open(database_url, clock=clock)
    workers = auth, await Auth.open(store)

    async def enter(number: int, old: str = "") -> str | None:
        try:
            return await workers[number % 2].enter_as_guest("link", "G", old)
        except Overloaded:
            return None

    came = [token for token in await asyncio.gather(*map(enter, range(12))) if token is not None]
    assert len(came) == 3
    again = await asyncio.gather(*(enter(number, came[0]) for number in range(4)))  # one tab, pressed four times
    assert len([token for token in again if token is not None]) == 1
    workers[1].close()
    await store.close()


async def test_guests_come_no_faster_through_a_link(
    auth: Auth, town: SchoolStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.auth.GUESTS", (2, 10.0))
    throttled = await Auth.open(town)
    for link in ("link", "other"):
        await do_create_guest_link(town, GuestLink(link, "a", "a-lesson", NOW + HOUR), token_hash(link))
    token = await throttled.enter_as_guest("link", "G")
    token = await throttled.enter_as_guest("link", "G", token)
    with pytest.raises(Overloaded) as refused:
        await throttled.enter_as_guest("link", "G", token)
    assert (refused.value.code, refused.value.retry_after) == ("busy", 11)
    assert await throttled.person_of_session(token)
    await throttled.enter_as_guest("other", "who comes through another link")
    clock.now += 10_000
    await throttled.enter_as_guest("link", "G", token)
    throttled.close()
