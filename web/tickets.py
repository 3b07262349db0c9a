"""Tickets: signed names for one meeting or one document (JWT, HS256, RFC 7519).

Laws: pure; the key, the time and the id are arguments. A ticket says who and where, never what they may do,
but for the cap that a tool's ticket was made with. Only HS256 with our key, our audience and a time that has
not passed is a ticket; everything else raises Unauthenticated and nothing else, whatever the bytes are.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from msgspec import Struct

from web.errors import Unauthenticated
from web.school.model import Person, Right, Role, TicketScope

LIFE: Final = 12 * 3600 * 1000
MAX_TICKET: Final = 4096
_ALGORITHMS: Final = ["HS256"]


class IssuedTicket(Struct, frozen=True):
    """A ticket for its holder; `expires_at` in milliseconds since 1970."""

    ticket: str
    expires_at: int


class Claims(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is signed. `exp` in seconds; `rol` is set when no account stands behind the ticket; `out`: how often the
    account had been shut out by then.
    """

    aud: Literal["kreide"]
    jti: str
    exp: int
    sub: str
    sch: str
    nam: str
    arl: Role
    mtg: str | None = None
    doc: str | None = None
    rgt: Right | None = None
    rol: Role | None = None
    out: int = 0


def new_key(secret: str) -> OctKey:
    """Return the signing key of a base64url secret of 32 bytes."""
    return OctKey.import_key({"kty": "oct", "k": secret})


def build_ticket(key: OctKey, person: Person) -> IssuedTicket:
    """Sign a ticket for a person who has a scope."""
    scope = person.ticket
    assert scope is not None and (scope.meeting is None) != (scope.document is None)
    claims = Claims(
        aud="kreide",
        jti=scope.id,
        exp=scope.expires_at // 1000,
        sub=person.id,
        sch=person.school,
        nam=person.name,
        arl=person.role,
        mtg=scope.meeting,
        doc=scope.document,
        rgt=scope.right,
        rol=scope.role,
        out=scope.shut_outs,
    )
    signed = jwt.encode({"alg": "HS256"}, msgspec.to_builtins(claims), key, algorithms=_ALGORITHMS)
    return IssuedTicket(signed, claims.exp * 1000)


def parse_ticket(key: OctKey, now: int, ticket: str) -> Person:
    """Return who the ticket names, with its scope; raise Unauthenticated."""
    if len(ticket) > MAX_TICKET or not ticket.isascii():
        raise _bad()
    try:
        token = jwt.decode(ticket, key, algorithms=_ALGORITHMS)
        claims = msgspec.convert(token.claims, Claims)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:  # DecodeError is a ValueError
        raise _bad() from error
    if claims.exp * 1000 <= now:
        raise Unauthenticated("ticket_expired", "this ticket is no longer valid")
    if (claims.mtg is None) == (claims.doc is None):
        raise _bad()
    scope = TicketScope(claims.jti, claims.exp * 1000, claims.mtg, claims.doc, claims.rgt, claims.rol, claims.out)
    return Person(claims.sub, claims.sch, claims.arl, claims.nam, scope)


def _bad() -> Unauthenticated:
    return Unauthenticated("bad_ticket", "this is not a valid ticket")
