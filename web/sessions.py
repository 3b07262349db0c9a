"""Logins: a random token in the browser's cookie, its hash in the database.

Laws: the token is never stored. A session ends by logout, by its time, by a new password, by disabling the
account or by closing the guest link; each is seen at the next look, nothing is cached. What a session holds open
is told of its end; of the end of its time within a minute. Through one link MOST_GUESTS people are in at a time, over
all workers: each of them is a person to every bound there is.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from web.errors import Overloaded, Unauthenticated
from web.school import tables
from web.school.actions import do_end_session
from web.school.events import SessionEnded
from web.school.model import Account, GuestLink, Person, TicketScope
from web.school.standing import GUEST
from web.school.store import Change, SchoolStore

LIFE: Final = 12 * 3600 * 1000
MOST_GUESTS: Final = 300  # through one link at a time: as many as a room holds


def new_token() -> str:
    """A secret nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token. A fast hash is right here: the token has no pattern to guess."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class Sessions:
    """The logins of all schools."""

    def __init__(self, store: SchoolStore) -> None:
        self._store = store

    async def open_account(self, account: Account) -> str:
        """Log an account in; return the token."""
        now = self._store.clock()
        token = new_token()
        async with self._store.write() as connection:
            row = {"account": account.id, "person": account.id, "name": account.name, "expires_at": now + LIFE}
            await _insert(connection, token, account.school, row)
        return token

    async def open_guest(self, link: GuestLink, name: str, old: str = "") -> str:
        """Let a guest through a link; return the token. Raise Overloaded when as many are in as it lets in.

        `old` is the token that this browser had: who comes again through the same link takes their own place.
        """
        token = new_token()
        async with self._store.change(link.school) as change:  # one after the other, to whichever worker they come
            await _end_guest(change, link, old)
            if await _living(change, link) >= MOST_GUESTS:
                text = f"at most {MOST_GUESTS} guests at a time come through one link"
                raise Overloaded("too_many_guests", text, retry_after=60)
            person, expires_at = GUEST + secrets.token_urlsafe(9), min(link.expires_at, change.at + LIFE)
            row = {"guest_link": link.id, "person": person, "name": name, "expires_at": expires_at}
            await _insert(change.connection, token, link.school, row)
        return token

    async def person(self, token: str) -> Person:
        """Return who is logged in with this token; raise Unauthenticated."""
        session, account, link = tables.login_session, tables.account, tables.guest_link
        query = (
            select(session, account.c.role, account.c.name.label("account_name"), account.c.disabled, link.c.meeting)
            .outerjoin(account, account.c.id == session.c.account)
            .outerjoin(link, (link.c.id == session.c.guest_link) & link.c.revoked.is_(False))
            .where(session.c.token_hash == token_hash(token), session.c.expires_at > self._store.clock())
        )
        async with self._store.read() as connection:
            row = (await connection.execute(query)).first()
        if row is not None and row.account is not None and not row.disabled:
            return Person(row.person, row.school, row.role, row.account_name, None, row.token_hash)
        if row is not None and row.meeting is not None:
            scope = TicketScope(row.guest_link, row.expires_at, meeting=row.meeting, role="guest")
            return Person(row.person, row.school, "guest", row.name, scope, row.token_hash)
        raise Unauthenticated(text="please log in")

    async def end(self, token: str) -> None:
        """Log out; a token that is no login is no error."""
        try:
            person = await self.person(token)
        except Unauthenticated:
            return
        await do_end_session(self._store, person.school, token_hash(token), person.id)


async def _living(change: Change, link: GuestLink) -> int:
    session = tables.login_session.c
    query = select(func.count()).where(session.guest_link == link.id, session.expires_at > change.at)
    return int((await change.connection.execute(query)).scalar_one())


async def _end_guest(change: Change, link: GuestLink, token: str) -> None:
    session = tables.login_session
    own = (session.c.token_hash == token_hash(token)) & (session.c.guest_link == link.id)
    for person in (await change.connection.execute(delete(session).where(own).returning(session.c.person))).scalars():
        await change.emit(SessionEnded(person))


async def _insert(connection: AsyncConnection, token: str, school: str, row: dict[str, object]) -> None:
    await connection.execute(tables.login_session.insert().values(token_hash=token_hash(token), school=school, **row))
