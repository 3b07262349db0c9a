"""Tickets: what is signed comes back; everything else is refused in one way."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from msgspec import structs

from web.errors import Unauthenticated
from web.school.model import Person, TicketScope
from web.tickets import LIFE, MAX_TICKET, build_ticket, new_key, parse_ticket

NOW = 1_700_000_000_000
KEY = new_key(base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("="))
OTHER = new_key(base64.urlsafe_b64encode(b"o" * 32).decode().rstrip("="))
PERSON = Person("p1", "a", "pupil", "Mia K.", TicketScope("t1", NOW + LIFE, meeting="m1"))
CLAIMS: dict[str, Any] = {
    "aud": "kreide", "jti": "t1", "exp": (NOW + LIFE) // 1000, "sub": "p1", "sch": "a", "nam": "Mia K.",
    "arl": "pupil", "mtg": "m1",
}  # fmt: skip


def signed(claims: dict[str, Any], key: OctKey = KEY, header: dict[str, Any] | None = None) -> str:
    return jwt.encode(header or {"alg": "HS256"}, claims, key, algorithms=["HS256", "HS384", "HS512"])


@pytest.mark.parametrize(
    "scope",
    [
        TicketScope("t1", NOW + LIFE, meeting="m1"),
        TicketScope("t1", NOW + LIFE, meeting="m1", role="head"),
        TicketScope("t1", NOW + LIFE, document="d1", right="read"),
        TicketScope("t1", NOW + LIFE, document="d1", right="write", role="guest"),
    ],
)
def test_what_was_signed_comes_back(scope: TicketScope) -> None:
    person = structs.replace(PERSON, ticket=scope)
    issued = build_ticket(KEY, person)
    assert issued.expires_at == NOW + LIFE
    assert parse_ticket(KEY, NOW, issued.ticket) == person


def test_by_hand_is_the_same() -> None:
    assert parse_ticket(KEY, NOW, signed(CLAIMS)) == PERSON


def test_it_ends() -> None:
    ticket = build_ticket(KEY, PERSON).ticket
    assert parse_ticket(KEY, NOW + LIFE - 1, ticket) == PERSON
    with pytest.raises(Unauthenticated) as refused:
        parse_ticket(KEY, NOW + LIFE, ticket)
    assert refused.value.code == "ticket_expired"


def b64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CLAIMS.items() if key != name}


FORGED = {
    "foreign key": signed(CLAIMS, OTHER),
    "none": f"{b64({'alg': 'none'})}.{b64(CLAIMS)}.",
    "None": f"{b64({'alg': 'None'})}.{b64(CLAIMS)}.",
    "none with our signature": f"{b64({'alg': 'none'})}.{b64(CLAIMS)}.{signed(CLAIMS).rpartition('.')[2]}",
    "HS512 with our key": signed(CLAIMS, header={"alg": "HS512"}),
    "RS256": jwt.encode({"alg": "RS256"}, CLAIMS, RSAKey.generate_key(2048, private=True), algorithms=["RS256"]),
    "key in the header": signed(CLAIMS, OTHER, {"alg": "HS256", "jwk": OTHER.as_dict(private=True)}),
    "unknown critical header": signed(CLAIMS)[0:0] + f"{b64({'alg': 'HS256', 'crit': ['x'], 'x': 1})}.{b64(CLAIMS)}.x",
    "other audience": signed(CLAIMS | {"aud": "somebody"}),
    "list of audiences": signed(CLAIMS | {"aud": ["kreide"]}),
    "no audience": signed(without("aud")),
    "no end": signed(without("exp")),
    "an end that is no number": signed(CLAIMS | {"exp": "tomorrow"}),
    "a negative end": signed(CLAIMS | {"exp": -1}),
    "no person": signed(without("sub")),
    "no place": signed(without("mtg")),
    "two places": signed(CLAIMS | {"doc": "d1", "rgt": "write"}),
    "unknown role": signed(CLAIMS | {"rol": "root"}),
    "unknown right": signed(without("mtg") | {"doc": "d1", "rgt": "own"}),
    "more than we know": signed(CLAIMS | {"moderator": True}),
    "claims are a list": signed({"x": 1}).split(".")[0] + "." + b64([1]) + ".x",
    "empty": "",
    "dots": "..",
    "four parts": signed(CLAIMS) + ".x",
    "not ascii": "é" * 20,
    "long": "a" * (MAX_TICKET + 1),
    "newline": signed(CLAIMS) + "\n",
}


@pytest.mark.parametrize("name", FORGED)
def test_everything_else_is_refused(name: str) -> None:
    with pytest.raises(Unauthenticated):
        parse_ticket(KEY, NOW, FORGED[name])


def test_the_time_of_the_machine_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticket from the year 2001 is good in the year 2001: only the passed time counts."""
    old = structs.replace(PERSON, ticket=TicketScope("t1", 1_000_000_000_000 + LIFE, meeting="m1"))
    assert parse_ticket(KEY, 1_000_000_000_000, build_ticket(KEY, old).ticket) == old
