"""Who may write to whom in private: a grant table and what follows from it, without a database.

Laws: pure, and the same for both of the two: who may write gets an answer. Nobody reaches another school, nobody
reaches a guardian or child of another family but their teachers and the head, no pupil another pupil unless the
school says so (and then those in the same class or learning group: a school is no phone book). Staff always write to
each other. A school_admin runs accounts and reads no content, also not this; guests and tickets have no private talks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, assert_never

from msgspec import Struct

from web.school.model import STAFF, AccountRole, Closed, DirectPolicy

Tie = Literal["none", "school", "taught", "classmates", "family"]
Roles = tuple[AccountRole, AccountRole]


class Party(Struct, frozen=True, kw_only=True):
    """One of the two, as far as it matters. `groups`: where they are enrolled; `childrens_groups`: their children."""

    id: str
    school: str
    role: AccountRole
    active: bool = True
    groups: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    childrens_groups: frozenset[str] = frozenset()


# What must tie two people together so that they may write to each other. A pair that is missing is "none".
CONTACTS: Mapping[DirectPolicy, Mapping[Roles, Tie]] = MappingProxyType({
    "staff": MappingProxyType[Roles, Tie]({
        ("teacher", "teacher"): "school", ("head", "teacher"): "school", ("head", "head"): "school",
    }),
    "teachers": MappingProxyType[Roles, Tie]({
        ("teacher", "teacher"): "school", ("head", "teacher"): "school", ("head", "head"): "school",
        ("pupil", "teacher"): "taught",
        ("guardian", "teacher"): "taught",  # those who teach a child of theirs
        ("head", "pupil"): "taught",
        ("guardian", "head"): "school",  # families have always written to the head
    }),
    "everyone": MappingProxyType[Roles, Tie]({
        ("teacher", "teacher"): "school", ("head", "teacher"): "school", ("head", "head"): "school",
        ("pupil", "teacher"): "school",
        ("guardian", "teacher"): "school",
        ("head", "pupil"): "school",
        ("guardian", "head"): "school",
        ("pupil", "pupil"): "classmates",
        ("guardian", "pupil"): "family",
    }),
})  # fmt: skip


def may_write(policy: DirectPolicy, one: Party, other: Party) -> bool:
    """Whether these two may write to each other, whatever they have done with each other."""
    if one.school != other.school or one.id == other.id or not (one.active and other.active):
        return False
    one, other = sorted((one, other), key=lambda party: party.role)
    match CONTACTS[policy].get((one.role, other.role), "none"):
        case "none":
            return False
        case "school":
            return True
        case "taught":
            return bool((one.groups | one.childrens_groups) & (other.groups | other.childrens_groups))
        case "classmates":
            return bool(one.groups & other.groups)
        case "family":
            return other.id in one.children or one.id in other.children
        case never:
            assert_never(never)


def closed_for(policy: DirectPolicy, me: Party, other: Party, blocks: Iterable[tuple[str, str]]) -> Closed | None:
    """Why I cannot write to the other one, None when I can; `blocks`: who wants nothing from whom."""
    pairs = set(blocks)
    if not other.active:
        return "gone"
    if (me.id, other.id) in pairs:
        return "blocking"
    if (other.id, me.id) in pairs:
        return "blocked"
    return None if may_write(policy, me, other) else "school"


def may_block(me: AccountRole, other: AccountRole) -> bool:
    """Whether one may refuse the other's messages: pupils and guardians stay within reach of the staff."""
    return me in STAFF or other not in STAFF
