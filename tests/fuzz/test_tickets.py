"""Bytes that look like tickets: refused as Unauthenticated or, unharmed, the same person; nothing else happens."""

from __future__ import annotations

import base64
import json
import string
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt

from web.errors import Unauthenticated
from web.school.model import Person, TicketScope
from web.tickets import LIFE, build_ticket, new_key, parse_ticket

NOW = 1_700_000_000_000
KEY = new_key(base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("="))
PERSON = Person("p1", "a", "pupil", "Mia K.", TicketScope("t1", NOW + LIFE, meeting="m1"))
TICKET = build_ticket(KEY, PERSON).ticket
ALPHABET = string.ascii_letters + string.digits + "-_.=+/ \n\x00é"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["aud", "jti", "exp", "sub", "sch", "nam", "arl", "mtg", "doc", "rgt", "rol", "nbf", "iat"])


def outcome(ticket: str) -> Person | None:
    try:
        return parse_ticket(KEY, NOW, ticket)
    except Unauthenticated:
        return None


@given(st.lists(st.tuples(st.integers(0, len(TICKET)), st.integers(0, 3), st.text(ALPHABET, max_size=3)), min_size=1))
def test_mutated(edits: list[tuple[int, int, str]]) -> None:
    ticket = TICKET
    for at, length, text in edits:
        ticket = ticket[:at] + text + ticket[at + length :]
    found = outcome(ticket)
    assert found is None or found == PERSON  # base64 has spare bits: another spelling of the same ticket is the same


@given(st.text(max_size=200))
def test_any_text(ticket: str) -> None:
    assert outcome(ticket) is None


@given(st.dictionaries(st.text(max_size=5) | st.just("alg"), json_values, max_size=4), json_values)
def test_any_header_and_claims_without_our_signature(header: dict[str, Any], claims: Any) -> None:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    for signature in ("", "AAAA", TICKET.rpartition(".")[2]):
        assert outcome(".".join([*parts, signature])) is None


@given(st.dictionaries(names, json_values))
def test_any_claims_even_signed_by_us(changes: dict[str, Any]) -> None:
    """A bug elsewhere that signs nonsense is still only a refused ticket, or a person with exactly one scope."""
    claims = {"aud": "kreide", "jti": "t", "exp": (NOW + LIFE) // 1000, "sub": "p", "sch": "a", "nam": "n",
              "arl": "pupil", "mtg": "m"} | changes  # fmt: skip
    found = outcome(jwt.encode({"alg": "HS256"}, claims, KEY, algorithms=["HS256"]))
    if found is not None:
        assert found.ticket is not None
        assert (found.ticket.meeting is None) != (found.ticket.document is None)
