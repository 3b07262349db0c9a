"""One call of every action, each possible after those before it: what happens in a school year."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.web.school.town import HOUR, NOW, meeting
from web.school import actions as do
from web.school import tables
from web.school.group_rooms import GroupPlan, GroupRoom, assign, begin
from web.school.model import (
    Account,
    Block,
    DocumentInfo,
    Enrolment,
    Folder,
    GuardianLink,
    GuestLink,
    Invitation,
    LearningGroup,
    Meeting,
    QuietHours,
    School,
    SharedRight,
)
from web.school.store import SchoolStore

Step = Callable[[SchoolStore], Awaitable[object]]
LESSON: Meeting = meeting("a", "lesson", "lesson", "t1", "1")
GROUPS: GroupPlan = GroupPlan(
    "hand",
    (GroupRoom("a-one", "One", "a-one-channel", "a-notes"), GroupRoom("a-two", "Two", "a-two-channel")),
    seats={"a-p1": "a-one", "a-p2": "a-two"},
)
TALK: Meeting = meeting("a", "talk", "consultation", "t1", "1")


async def _log_in_yesterday_and_end(store: SchoolStore) -> None:
    row = {"account": "a-p1", "person": "a-p1", "name": "P", "expires_at": NOW - HOUR}
    async with store.write() as connection:
        await connection.execute(tables.login_session.insert().values(token_hash="1" * 64, school="a", **row))
    assert await do.do_end_expired_sessions(store)


STEPS: tuple[tuple[str, Step], ...] = (
    ("do_create_school", lambda s: do.do_create_school(s, School("c", "Third"))),
    ("do_create_account", lambda s: do.do_create_account(s, Account("a-new", "a", "new", "pupil", "N", "New"), None)),
    ("do_enrol", lambda s: do.do_enrol(s, Enrolment("a", "a-2", "a-new"))),
    ("do_enrol", lambda s: do.do_enrol(s, Enrolment("a", "a-1", "a-p3"))),
    ("do_link_guardian", lambda s: do.do_link_guardian(s, GuardianLink("a", "a-e3", "a-p1"))),
    ("do_unlink_guardian", lambda s: do.do_unlink_guardian(s, GuardianLink("a", "a-e3", "a-p1"))),
    ("do_create_group", lambda s: do.do_create_group(s, LearningGroup("a-x", "a", "x", "a-x-channel"))),
    ("do_create_group", lambda s: do.do_create_group(s, LearningGroup("a-y", "a", "y", "a-y-channel"), "a-t2")),
    ("do_rename_group", lambda s: do.do_rename_group(s, LearningGroup("a-x", "a", "x", "a-x-channel"), "better")),
    ("do_create_group", lambda s: do.do_create_group(s, LearningGroup("a-z", "a", "z", "a-z-channel"), "a-t2")),
    ("do_dissolve_group", lambda s: do.do_dissolve_group(s, LearningGroup("a-z", "a", "z", "a-z-channel"))),
    ("do_create_document", lambda s: do.do_create_document(
        s, DocumentInfo("a-doc", "a", "deck", "doc", None, "a-p1"))),
    ("do_create_folder", lambda s: do.do_create_folder(s, Folder("a-mine", "a", "mine", "a-p1"))),
    ("do_share", lambda s: do.do_share(s, "a", ("document", "a-doc"), [SharedRight("group", "a-1", "read")])),
    ("do_share", lambda s: do.do_share(s, "a", ("folder", "a-mine"), [SharedRight("account", "a-p2", "write")])),
    ("do_change_document", lambda s: do.do_change_document(
        s, "a", "a-doc", do.DocumentPatch(title="better", folder="a-mine"))),
    ("do_share", lambda s: do.do_share(s, "a", ("document", "a-doc"), [])),
    ("do_create_scratch", lambda s: do.do_create_scratch(s, "a", "scratch-a")),
    ("do_create_meeting", lambda s: do.do_create_meeting(
        s, meeting("a", "council", "conference", "h", "g"), ["a-e1", "a-p2"])),
    ("do_change_meeting", lambda s: do.do_change_meeting(
        s, "a", "a-lesson", do.MeetingPatch(title="T", documents=("a-notes", "a-deck"), lobby=True))),
    ("do_admit", lambda s: do.do_admit(s, LESSON, "a-p1")),
    ("do_change_meeting", lambda s: do.do_change_meeting(
        s, "a", "a-lesson", do.MeetingPatch(ends_at=NOW + 2 * HOUR, lobby=False, locked=True, encrypted=True))),
    ("do_change_meeting", lambda s: do.do_change_meeting(
        s, "a", "a-talk", do.MeetingPatch(title="Later", starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR))),
    ("do_change_meeting", lambda s: do.do_change_meeting(s, "a", "a-talk", do.MeetingPatch(cancelled=True))),
    ("do_change_channel", lambda s: do.do_change_channel(s, "a", "a-1-channel", do.ChannelPatch(mode="teacher_only"))),
    ("do_forget_admission", lambda s: do.do_forget_admission(s, LESSON, "a-p1")),
    ("do_invite", lambda s: do.do_invite(s, Invitation("a", "a-talk", "a-t2"))),
    ("do_uninvite", lambda s: do.do_uninvite(s, Invitation("a", "a-talk", "a-t2"))),
    ("do_create_guest_link", lambda s: do.do_create_guest_link(
        s, GuestLink("a-link", "a", "a-lesson", NOW + HOUR), "0" * 64)),
    ("do_revoke_guest_link", lambda s: do.do_revoke_guest_link(s, "a", "a-link")),
    ("do_revoke_ticket", lambda s: do.do_revoke_ticket(s, "a", "ticket-1", NOW + HOUR)),
    ("do_set_password", lambda s: do.do_set_password(s, "a", "a-p1", "$argon2id$...")),
    ("do_end_session", lambda s: do.do_end_session(s, "a", "0" * 64, "a-p1")),
    ("do_end_expired_sessions", _log_in_yesterday_and_end),
    ("do_open_direct", lambda s: do.do_open_direct(s, "a", "a-t1", "a-p2")),
    ("do_open_direct", lambda s: do.do_open_direct(s, "a", "a-e1", "a-t1")),
    ("do_block", lambda s: do.do_block(s, Block("a", "a-t1", "a-p2"))),
    ("do_unblock", lambda s: do.do_unblock(s, Block("a", "a-t1", "a-p2"))),
    ("do_change_school", lambda s: do.do_change_school(
        s, "a", do.SchoolPatch(direct="staff", direct_keep_days=30))),
    ("do_change_school", lambda s: do.do_change_school(s, "a", do.SchoolPatch(direct="teachers"))),
    ("do_set_personal", lambda s: do.do_set_personal(
        s, "a", "a-t1", do.PersonalPatch(typing=False, quiet=QuietHours(1080, 420, True)))),
    ("do_keep_group_rooms", lambda s: do.do_keep_group_rooms(s, LESSON, GROUPS)),
    ("do_keep_group_rooms", lambda s: do.do_keep_group_rooms(s, LESSON, begin(GROUPS, NOW, 5, {"a-p1"}))),
    ("do_keep_group_rooms", lambda s: do.do_keep_group_rooms(s, LESSON, assign(GROUPS, "a-p1", "a-two"))),
    ("do_keep_group_rooms", lambda s: do.do_keep_group_rooms(s, LESSON, None)),
    ("do_change_meeting", lambda s: do.do_change_meeting(s, "a", "a-lesson", do.MeetingPatch(ended=True))),
    ("do_unenrol", lambda s: do.do_unenrol(s, Enrolment("a", "a-1", "a-p1"))),
    ("do_change_account", lambda s: do.do_change_account(s, "a", "a-t1", do.AccountPatch(role="pupil", name="T"))),
    ("do_change_account", lambda s: do.do_change_account(s, "a", "a-p2", do.AccountPatch(disabled=True))),
)  # fmt: skip
