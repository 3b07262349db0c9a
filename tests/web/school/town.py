"""Two schools to test with: everything that exists in one exists in the other, under another prefix.

School "a" and school "b" each have class 1 (teacher t1, pupils p1 p2), class 2 (teacher t2, pupil p3), learning
group g (teacher t1, pupil p3), guardian e1 of p1, guardian e3 of p3, head h, school_admin s.
"""

from __future__ import annotations

from web.school.actions import (
    do_create_account,
    do_create_document,
    do_create_folder,
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
    DocumentKind,
    Enrolment,
    Folder,
    GuardianLink,
    LearningGroup,
    Meeting,
    MeetingKind,
    Person,
    School,
    SchoolClass,
)
from web.school.store import SchoolStore

NOW = 1_700_000_000_000
HOUR = 3_600_000
ROLES: dict[str, AccountRole] = {
    "t1": "teacher", "t2": "teacher", "p1": "pupil", "p2": "pupil", "p3": "pupil",
    "e1": "guardian", "e3": "guardian", "h": "head", "s": "school_admin",
}  # fmt: skip
SCHOOLS = ("a", "b")


class Clock:
    """Milliseconds that stand still until told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


def person(school: str, name: str) -> Person:
    """Somebody of the town, as if logged in."""
    return Person(f"{school}-{name}", school, ROLES[name], name)


def meeting(school: str, name: str, kind: MeetingKind, host: str, group: str | None = None) -> Meeting:
    """A meeting of the town, now."""
    return Meeting(
        id=f"{school}-{name}",
        school=school,
        kind=kind,
        title=name,
        host=f"{school}-{host}",
        school_class=f"{school}-{group}" if group in ("1", "2") else None,
        learning_group=f"{school}-{group}" if group == "g" else None,
        starts_at=NOW,
        ends_at=NOW + HOUR,
        channel=f"{school}-{name}-channel",
        documents=(f"{school}-deck",) if name == "lesson" else (),
    )


async def found_town(store: SchoolStore) -> None:
    """Make both schools."""
    for school in SCHOOLS:
        await do_create_school(store, School(school, f"School {school}"))
        for name, role in ROLES.items():
            await do_create_account(store, Account(f"{school}-{name}", school, name, role, name, f"Full {name}"), None)
        await do_create_group(store, SchoolClass(f"{school}-1", school, "1", f"{school}-1-channel"))
        await do_create_group(store, SchoolClass(f"{school}-2", school, "2", f"{school}-2-channel"))
        await do_create_group(store, LearningGroup(f"{school}-g", school, "g", f"{school}-g-channel"))
        for group, names in {"1": ("t1", "p1", "p2"), "2": ("t2", "p3"), "g": ("t1", "p3")}.items():
            for name in names:
                await do_enrol(store, Enrolment(school, f"{school}-{group}", f"{school}-{name}"))
        for guardian, pupil in (("e1", "p1"), ("e3", "p3")):
            await do_link_guardian(store, GuardianLink(school, f"{school}-{guardian}", f"{school}-{pupil}"))
        await do_create_folder(store, Folder(f"{school}-folder", school, "folder", f"{school}-t2"))
        for name, folder, owner in (("deck", None, "t1"), ("table", "folder", "t2"), ("notes", None, "p2")):
            kept_in = None if folder is None else f"{school}-{folder}"
            kind: DocumentKind = "table" if name == "table" else "deck"
            await do_create_document(
                store, DocumentInfo(f"{school}-{name}", school, kind, name, kept_in, f"{school}-{owner}")
            )
        await do_create_meeting(store, meeting(school, "lesson", "lesson", "t1", "1"))
        await do_create_meeting(store, meeting(school, "course", "lesson", "t1", "g"))
        await do_create_meeting(store, meeting(school, "talk", "consultation", "t1", "1"))
        await do_create_meeting(store, meeting(school, "staff", "conference", "h"))
        await do_create_meeting(store, meeting(school, "team", "conference", "t2", "2"))
