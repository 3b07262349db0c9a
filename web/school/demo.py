"""The demo school: "Gesamtschule am Kanal", class 8b, one meeting of each kind, a deck and a table.

Laws: only for trying out, every password is "kreide". Seeding twice changes nothing but the times: the lesson
is always now, the consultation this afternoon's, the conference next. Ids are part of the public wire.
"""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from msgspec import structs

from web.errors import StateError
from web.passwords import Passwords
from web.school import queries, tables
from web.school.actions import (
    MeetingPatch,
    do_change_meeting,
    do_create_account,
    do_create_document,
    do_create_group,
    do_create_meeting,
    do_create_school,
    do_enrol,
    do_link_guardian,
)
from web.school.model import (
    Account,
    AccountRole,
    DocumentInfo,
    Enrolment,
    GuardianLink,
    Meeting,
    School,
    SchoolClass,
)
from web.school.names import display_name
from web.school.store import SchoolStore

SCHOOL: Final = School("demo", "Gesamtschule am Kanal")
PASSWORD: Final = "kreide"
MINUTE: Final = 60_000
PUPILS: Final = (
    "Amira Haddad", "Ben Krüger", "Charlotte Vogt", "Deniz Kaya", "Emil Brandt", "Fatima El-Sayed",
    "Finn Lindemann", "Greta Sommer", "Hannah Pohl", "Ilyas Demir", "Jonas Becker", "Julia Nowak",
    "Karim Mansour", "Lea Hoffmann", "Leon Schuster", "Lina Petrova", "Malik Diallo", "Marie Weiß",
    "Mehmet Aydın", "Mia Kowalski", "Mila Schneider", "Noah Winter", "Oleksandra Bondar", "Paul Richter",
    "Rojin Aslan", "Samuel Okafor", "Sofia Marino", "Tim Neumann", "Yara Hussein", "Zoe Fischer",
)  # fmt: skip
GUARDIANS: Final = ("Nadia Haddad", "Markus Krüger", "Sabine Vogt", "Elif Kaya", "Anne Brandt")
MEETINGS: Final = ("demo-lesson", "demo-consultation", "demo-conference")


async def seed_demo(store: SchoolStore) -> None:
    """Make the demo school, or bring the times of its meetings up to date."""
    async with store.read() as connection:
        found = await queries.meetings(connection, tables.meeting.c.id == MEETINGS[-1])
    if not found:
        passwords = Passwords()
        try:
            stored = await passwords.hash(PASSWORD)
        finally:
            passwords.close()
        await _seed(store, stored)
    await _set_times(store)


async def _seed(store: SchoolStore, password_hash: str) -> None:
    await _once(do_create_school(store, SCHOOL))
    for account in _accounts():
        await _once(do_create_account(store, account, password_hash))
    await _once(do_create_group(store, SchoolClass("demo-8b", SCHOOL.id, "8b", "demo-class")))
    for account_id in ("teacher", *(f"pupil{number}" for number in range(1, len(PUPILS) + 1))):
        await _once(do_enrol(store, Enrolment(SCHOOL.id, "demo-8b", account_id)))
    for number in range(1, len(GUARDIANS) + 1):
        await _once(do_link_guardian(store, GuardianLink(SCHOOL.id, f"guardian{number}", f"pupil{number}")))
    for document in (
        DocumentInfo("demo-deck", SCHOOL.id, "deck", "Parabeln", None, "teacher"),
        DocumentInfo("demo-table", SCHOOL.id, "table", "Messreihe Fadenpendel", None, "teacher"),
    ):
        await _once(do_create_document(store, document))
    for meeting in _meetings():
        await _once(do_create_meeting(store, meeting))


async def _once(action: Coroutine[Any, Any, object]) -> None:
    """Do what a seeding that was cut short has not done yet."""
    with suppress(StateError):
        await action


def _accounts() -> list[Account]:
    people: list[tuple[str, AccountRole, str]] = [("teacher", "teacher", "Frau Yıldız")]
    people += [(f"pupil{number}", "pupil", name) for number, name in enumerate(PUPILS, 1)]
    people += [(f"guardian{number}", "guardian", name) for number, name in enumerate(GUARDIANS, 1)]
    people += [("head", "head", "Herr Brinkmann"), ("admin", "school_admin", "Frau Lorenz")]
    return [Account(id_, SCHOOL.id, id_, role, display_name(role, name), name) for id_, role, name in people]


def _meetings() -> list[Meeting]:
    lesson = Meeting(
        id="demo-lesson",
        school=SCHOOL.id,
        kind="lesson",
        title="Mathematik: Quadratische Funktionen",
        host="teacher",
        school_class="demo-8b",
        starts_at=0,
        ends_at=1,
        channel="demo-class",
        documents=("demo-deck", "demo-table"),
    )
    consultation = structs.replace(
        lesson,
        id="demo-consultation",
        kind="consultation",
        title="Elternsprechtag 8b",
        channel="demo-consultation-channel",
        documents=(),
    )
    conference = structs.replace(
        consultation,
        id="demo-conference",
        kind="conference",
        title="Lehrerkonferenz",
        host="head",
        school_class=None,
        channel="demo-conference-channel",
    )
    return [lesson, consultation, conference]


async def _set_times(store: SchoolStore) -> None:
    """Unless the lesson runs for another while: lesson now, consultation in two hours, conference in four."""
    now = store.clock()
    async with store.read() as connection:
        (lesson,) = await queries.meetings(connection, tables.meeting.c.id == "demo-lesson")
    if lesson.starts_at <= now < lesson.ends_at - 20 * MINUTE:
        return
    start = now // (5 * MINUTE) * (5 * MINUTE)
    for meeting, after, minutes in (
        ("demo-lesson", -5, 90),
        ("demo-consultation", 120, 120),
        ("demo-conference", 240, 90),
    ):
        starts_at = start + after * MINUTE
        ends_at = starts_at + minutes * MINUTE
        patch = MeetingPatch(starts_at=starts_at, ends_at=ends_at, cancelled=False, moved_from=None)
        await do_change_meeting(store, SCHOOL.id, meeting, patch)
