"""The rules of access on random schools: whatever is enrolled, shared or planned, some things never happen."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from web.school.decide import (
    Shares,
    Standing,
    channel_rights,
    document_right,
    folder_right,
    meeting_grant,
    role_in_meeting,
)
from web.school.grants import GRANTS, NOTHING
from web.school.model import (
    Channel,
    DocumentInfo,
    Folder,
    Meeting,
    MeetingKind,
    Right,
    Role,
    SharedRight,
    TicketScope,
)

GROUPS = ("g1", "g2")
PEOPLE = ("x", "y", "z")
MEETINGS = ("m1", "m2")
DOCUMENTS = ("d1", "d2")
schools = st.sampled_from(("a", "b"))
groups = st.frozensets(st.sampled_from(GROUPS))
rights = st.sampled_from(get_args(Right))
scopes = st.one_of(
    st.none(),
    st.builds(TicketScope, st.just("t"), st.just(1), meeting=st.sampled_from(MEETINGS),
              role=st.one_of(st.none(), st.sampled_from(get_args(Role)))),
    st.builds(TicketScope, st.just("t"), st.just(1), document=st.sampled_from(DOCUMENTS), right=rights,
              role=st.sampled_from((None, "guest"))),
)  # fmt: skip
standings = st.builds(
    Standing,
    person=st.sampled_from(PEOPLE),
    school=schools,
    role=st.sampled_from(get_args(Role)),
    scope=scopes,
    groups=groups,
    childrens_groups=groups,
    invited=st.frozensets(st.sampled_from(MEETINGS)),
    admitted=st.frozensets(st.sampled_from(MEETINGS)),
)
meetings = st.builds(
    Meeting,
    id=st.sampled_from(MEETINGS),
    school=schools,
    kind=st.sampled_from(get_args(MeetingKind)),
    title=st.just("m"),
    host=st.sampled_from(PEOPLE),
    school_class=st.one_of(st.none(), st.sampled_from(GROUPS)),
    starts_at=st.just(1),
    ends_at=st.just(2),
    channel=st.sampled_from(("c1", "c2")),
    documents=st.lists(st.sampled_from(DOCUMENTS), unique=True).map(tuple),
    lobby=st.booleans(),
)
shared = st.lists(
    st.one_of(
        st.builds(SharedRight, st.just("account"), st.sampled_from(PEOPLE), rights),
        st.builds(SharedRight, st.just("group"), st.sampled_from(GROUPS), rights),
    ),
    max_size=3,
).map(tuple)
owners = st.one_of(st.none(), st.sampled_from(PEOPLE))
documents = st.builds(
    DocumentInfo, st.sampled_from(DOCUMENTS), schools, st.just("deck"), st.just("d"), st.just("f"), owners
)
folders = st.builds(Folder, st.just("f"), schools, st.just("f"), st.sampled_from(PEOPLE))
shares = st.builds(Shares, shared, st.one_of(st.none(), folders), shared)
channels = st.builds(
    Channel,
    st.sampled_from(("c1", "c2")),
    schools,
    st.just("c"),
    st.none(),
    st.one_of(st.none(), st.sampled_from(GROUPS)),
)
several = st.lists(meetings, max_size=3)


@given(standings, meetings, documents, shares, channels, folders, several)
def test_nothing_of_another_school(
    standing: Standing, meeting: Meeting, document: DocumentInfo, shared_with: Shares, channel: Channel,
    folder: Folder, others: list[Meeting],
) -> None:  # fmt: skip
    if standing.school != meeting.school:
        assert meeting_grant(standing, meeting) == NOTHING
    if standing.school != document.school:
        assert document_right(standing, document, shared_with, others) is None
    if standing.school != channel.school:
        assert channel_rights(standing, channel, others) is None
    if standing.school != folder.school:
        assert folder_right(standing, folder, shared_with.in_folder) is None


@given(standings, meetings, documents, shares, channels, several)
def test_the_administration_reads_no_content(
    standing: Standing, meeting: Meeting, document: DocumentInfo, shared_with: Shares, channel: Channel,
    others: list[Meeting],
) -> None:  # fmt: skip
    admin = structs.replace(standing, role="school_admin", scope=None)
    assert meeting_grant(admin, meeting) == NOTHING
    assert document_right(admin, document, shared_with, [meeting, *others]) is None
    assert channel_rights(admin, channel, [meeting, *others]) is None


@given(standings, meetings)
def test_grants_come_from_the_table(standing: Standing, meeting: Meeting) -> None:
    """Nothing but the admission ever differs from the table's row, and nobody outside gets more than nothing."""
    grant, role = meeting_grant(standing, meeting), role_in_meeting(standing, meeting)
    if role is None:
        assert grant == NOTHING
    else:
        row = GRANTS[meeting.kind, role]
        assert grant == structs.replace(row, admission=grant.admission)
        if row.admission == "no":
            assert grant == NOTHING
        if row.admission == "lobby" and grant.admission == "yes":
            assert meeting.id in standing.admitted, "only a moderator opens the lobby"


def is_account(standing: Standing) -> bool:
    """Whether an account stands behind the person, not only a ticket or guest link."""
    return standing.scope is None or standing.scope.role is None


@given(standings, meetings)
def test_only_those_who_belong(standing: Standing, meeting: Meeting) -> None:
    """An account without any tie to a meeting is not in it, the head's visits to lessons and staff apart."""
    hosts = meeting.host == standing.person and (meeting.group is None or standing.role == "head")
    tied = (
        hosts
        or meeting.id in standing.invited
        or meeting.group in standing.groups
        or meeting.group in standing.childrens_groups
        or (meeting.kind == "conference" and meeting.group is None)
        or (standing.role == "head" and meeting.kind != "consultation")
    )
    if is_account(standing) and not tied:
        assert meeting_grant(standing, meeting) == NOTHING


@given(standings, meetings)
def test_a_family_talk_stays_in_the_family(standing: Standing, meeting: Meeting) -> None:
    talk = structs.replace(meeting, kind="consultation")
    grant = meeting_grant(standing, talk)
    if is_account(standing) and standing.role == "guardian" and grant.admission != "no":
        assert talk.id in standing.invited or talk.group in standing.childrens_groups
        assert not grant.chat and not grant.moderate
    if is_account(standing) and standing.role == "guardian":  # a tool's ticket is whatever it was made as
        assert meeting_grant(standing, structs.replace(meeting, kind="lesson")).admission == "no"


@given(standings, meetings, documents, shares, channels, several)
def test_scopes_only_narrow(
    standing: Standing, meeting: Meeting, document: DocumentInfo, shared_with: Shares, channel: Channel,
    others: list[Meeting],
) -> None:  # fmt: skip
    scope = standing.scope
    if scope is None:
        return
    if scope.meeting != meeting.id:
        assert meeting_grant(standing, meeting) == NOTHING
    if scope.document is not None:
        assert channel_rights(standing, channel, others) is None
        assert document.id == scope.document or document_right(standing, document, shared_with, others) is None
    if scope.role is None:
        free = structs.replace(standing, scope=None)
        assert meeting_grant(standing, meeting) in (NOTHING, meeting_grant(free, meeting))
        order = (None, "read", "write")
        narrow = document_right(standing, document, shared_with, others)
        wide = document_right(free, document, shared_with, others)
        assert order.index(narrow) <= order.index(wide)
        if channel_rights(standing, channel, others) is not None:
            assert channel_rights(free, channel, others) is not None


@given(standings, documents, shares)
def test_documents_need_a_reason(standing: Standing, document: DocumentInfo, shared_with: Shares) -> None:
    """Without a meeting: owned, shared with me or my group, or in such a folder."""
    right = document_right(standing, document, shared_with, [])
    if right is None or not is_account(standing):
        return
    subjects = {("account", standing.person)} | {("group", group) for group in standing.groups}
    lists = (*shared_with.document, *(shared_with.in_folder if shared_with.folder is not None else ()))
    named = any((share.subject_kind, share.subject) in subjects for share in lists)
    folder_owner = shared_with.folder is not None and shared_with.folder.owner == standing.person
    assert document.owner == standing.person or named or folder_owner
