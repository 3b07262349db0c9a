"""Who may write to whom, on random schools: whatever is enrolled or linked, some people never reach each other."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from web.school.contacts import CONTACTS, Party, closed_for, may_block, may_write
from web.school.model import STAFF, AccountRole, DirectPolicy

POLICIES = get_args(DirectPolicy)
groups = st.frozensets(st.sampled_from(("g1", "g2", "g3")), max_size=2)


@st.composite
def parties(draw: st.DrawFn, name: str) -> Party:
    """Somebody as the database would tell: only a guardian has children, only who is enrolled has groups."""
    role: AccountRole = draw(st.sampled_from(get_args(AccountRole)))
    guardian = role == "guardian"
    return Party(
        id=name,
        school=draw(st.sampled_from(("a", "b"))),
        role=role,
        active=draw(st.booleans()),
        groups=frozenset() if guardian or role == "school_admin" else draw(groups),
        children=draw(st.frozensets(st.sampled_from(("x", "y", "z")), max_size=2)) if guardian else frozenset(),
        childrens_groups=draw(groups) if guardian else frozenset(),
    )


pairs = st.tuples(parties("x"), parties("y"))
policies = st.sampled_from(POLICIES)


@given(policies, pairs)
def test_what_never_happens(policy: DirectPolicy, pair: tuple[Party, Party]) -> None:
    one, other = pair
    assert may_write(policy, one, other) == may_write(policy, other, one), "who may write gets an answer"
    if not may_write(policy, one, other):
        return
    roles = {one.role, other.role}
    assert one.school == other.school and one.active and other.active
    assert "school_admin" not in roles
    if roles == {"pupil"}:
        assert policy == "everyone" and one.groups & other.groups
    if not roles & STAFF and "guardian" in roles:
        assert policy == "everyone" and (one.id in other.children or other.id in one.children), "another family"
    if policy == "staff":
        assert roles <= STAFF
    if policy == "teachers" and "teacher" in roles and not roles <= STAFF:
        assert (one.groups | one.childrens_groups) & (other.groups | other.childrens_groups), "teaches them"


@given(policies, pairs)
def test_staff_always_write_to_each_other(policy: DirectPolicy, pair: tuple[Party, Party]) -> None:
    one, other = (structs.replace(one, school="a", role="teacher", active=True) for one in pair)
    assert may_write(policy, one, other)
    assert not may_write(policy, one, one)


@given(pairs)
def test_a_wider_policy_takes_nothing_away(pair: tuple[Party, Party]) -> None:
    allowed = [may_write(policy, *pair) for policy in POLICIES]
    assert allowed == sorted(allowed)


@given(policies, pairs, st.booleans(), st.booleans())
def test_the_reason_is_the_first_that_holds(
    policy: DirectPolicy, pair: tuple[Party, Party], blocking: bool, blocked: bool
) -> None:
    me, other = pair
    blocks = [pair for pair, so in (((me.id, other.id), blocking), ((other.id, me.id), blocked)) if so]
    closed = closed_for(policy, me, other, blocks)
    if not other.active:
        assert closed == "gone"
    elif blocking or blocked:
        assert closed == ("blocking" if blocking else "blocked")
    else:
        assert (closed is None) == may_write(policy, me, other) and closed in (None, "school")


@pytest.mark.parametrize(("policy", "roles"), list(product(POLICIES, product(get_args(AccountRole), repeat=2))))
def test_the_table_names_each_pair_once(policy: DirectPolicy, roles: tuple[AccountRole, AccountRole]) -> None:
    assert roles == tuple(sorted(roles)) or roles not in CONTACTS[policy], "pairs stand in the order of their names"


def test_pupils_and_guardians_cannot_refuse_the_staff() -> None:
    refused = {(me, other) for me, other in product(get_args(AccountRole), repeat=2) if not may_block(me, other)}
    assert refused == {(me, other) for me in ("pupil", "guardian", "school_admin") for other in ("teacher", "head")}
