"""Who is at the door: passwords into sessions, sessions and tickets into a Person.

Laws: a wrong account and a wrong password look and last the same. Attempts are counted per account, never per
address, and apart for a device that has logged in to it before; those who come through a guest link per link. A ticket
is checked against the database at each connect: its account still there, itself not revoked. What the Person may do is
not decided here.
"""

from __future__ import annotations

import base64
import secrets

from joserfc.jwk import OctKey
from msgspec import structs
from sqlalchemy import ColumnElement, select, update

from web import tickets
from web.devices import build_mark, parse_mark
from web.errors import AccessDenied, ProtocolError, StateError, Unauthenticated
from web.passwords import Passwords
from web.school import queries, tables
from web.school.access import SCRATCH
from web.school.actions import do_revoke_ticket, do_set_password
from web.school.model import Account, Person, Right, Role, TicketScope
from web.school.names import clean_login
from web.school.standing import read_standing
from web.school.store import SchoolStore
from web.sessions import Sessions, token_hash
from web.throttle import Throttle
from web.tickets import IssuedTicket, build_ticket, parse_ticket

_KEY = "ticket_key"
DEMO_SCHOOL = "demo"
GUESTS = (400, 3.0)  # through one link: a full house at once, then one in so many seconds
TOOL = "ticket:"  # how the ids of people begin who are known by a tool's ticket alone


class Auth:
    """Logins, guests and tickets over one store."""

    def __init__(
        self, store: SchoolStore, key: OctKey, *, passwords: Passwords | None = None, throttle: Throttle | None = None
    ) -> None:
        self._store = store
        self._key = key
        self._passwords = Passwords() if passwords is None else passwords
        self._throttle = Throttle() if throttle is None else throttle
        self._guests = Throttle(*GUESTS, refusal=("busy", "very many people come through this link"))
        self._sessions = Sessions(store)

    @classmethod
    async def open(
        cls, store: SchoolStore, *, passwords: Passwords | None = None, throttle: Throttle | None = None
    ) -> Auth:
        """Build Auth with the ticket key of this database, made on first use."""
        return cls(store, await ticket_key(store), passwords=passwords, throttle=throttle)

    def close(self) -> None:
        """Stop the hashing threads."""
        self._passwords.close()

    async def login(self, school: str | None, login: str, password: str, mark: str = "") -> str:
        """Return a session token; raise Unauthenticated, or Overloaded after too many attempts.

        `mark` is what `mark_device` gave this device at an earlier login: its attempts are counted apart.
        """
        login = clean_login(login)
        name = f"{school or ''}/{login}"  # as typed: whether it exists must not show
        device = parse_mark(self._key, name, mark)
        bucket = name if device is None else f"{name}/{device}"
        self._throttle.attempt(self._store.clock() / 1000, bucket)
        of_school = [] if school is None else [tables.account.c.school == school]
        account, stored = await self._find(tables.account.c.login == login, *of_school)
        if not await self._passwords.verify(stored, password) or account is None or stored is None:
            raise Unauthenticated("wrong_login", "account or password is wrong")
        self._throttle.success(bucket)
        if self._passwords.outdated(stored):
            await self._rehash(account, password)
        return await self._sessions.open_account(account)

    def mark_device(self, school: str | None, login: str) -> str:
        """Return what a device keeps that has just logged in."""
        return build_mark(self._key, f"{school or ''}/{clean_login(login)}", secrets.token_urlsafe(12))

    async def logout(self, token: str) -> None:
        """End a session."""
        await self._sessions.end(token)

    async def set_password(self, school: str, account: str, password: str) -> None:
        """Give an account a new password; its sessions end."""
        await do_set_password(self._store, school, account, await self._passwords.hash(password))

    async def change_password(self, person: Person, old: str, new: str) -> str:
        """Replace one's own password and return a new session; raise Unauthenticated when the old one is wrong."""
        account, stored = await self._find(tables.account.c.id == person.id)
        self._throttle.attempt(self._store.clock() / 1000, person.id)
        if not await self._passwords.verify(stored, old) or account is None:
            raise Unauthenticated("wrong_login", "the old password is wrong")
        self._throttle.success(person.id)
        await self.set_password(person.school, person.id, new)
        return await self._sessions.open_account(account)

    async def hash_password(self, password: str) -> str:
        """Return the hash to create an account with."""
        return await self._passwords.hash(password)

    async def person_of_session(self, token: str) -> Person:
        """Return who is logged in; raise Unauthenticated."""
        return await self._sessions.person(token)

    async def enter_as_guest(self, token: str, name: str, old: str = "") -> str:
        """Turn a guest link's token into a session token; `old` is the one that this browser had.

        Raise AccessDenied for a closed or unknown link, Overloaded when too many come through it.
        """
        table = tables.guest_link.c
        async with self._store.read() as connection:
            links = await queries.guest_links(
                connection,
                table.token_hash == token_hash(token),
                table.expires_at > self._store.clock(),
                table.revoked.is_(False),
            )
        for link in links:
            self._guests.attempt(self._store.clock() / 1000, link.id)
            return await self._sessions.open_guest(link, name, old)
        raise AccessDenied()

    async def issue_meeting_ticket(self, person: Person, meeting: str) -> IssuedTicket:
        """Return a ticket of this person for one meeting; ask access_meeting before."""
        return self._issue(person, await self._scope(person, meeting=meeting))

    async def issue_document_ticket(self, person: Person, document: str, right: Right) -> IssuedTicket:
        """Return a ticket of this person for one document, never for more than `right`; ask access before."""
        return self._issue(person, await self._scope(person, document=document, right=right))

    async def issue_role_ticket(self, meeting: str, role: Role, name: str) -> IssuedTicket:
        """Return a tool's ticket: any name in any role for one meeting; raise AccessDenied for an unknown one."""
        async with self._store.read() as connection:
            found = await queries.meetings(connection, tables.meeting.c.id == meeting)
        if not found:
            raise AccessDenied(text=f"there is no meeting {meeting}")
        return self._issue(self._tool(found[0].school, role, name), self._new_scope(meeting=meeting, role=role))

    async def issue_named_document_ticket(self, document: str, right: Right, name: str) -> IssuedTicket:
        """Return a tool's ticket: any name for one document; raise AccessDenied for an unknown one."""
        async with self._store.read() as connection:
            found = await queries.documents(connection, tables.document.c.id == document)
            demo = await queries.schools(connection, tables.school.c.id == DEMO_SCHOOL)
        if not found and not (demo and document.startswith(SCRATCH)):
            raise AccessDenied(text=f"there is no document {document}")
        school = found[0].school if found else DEMO_SCHOOL
        scope = self._new_scope(document=document, right=right, role="guest")
        return self._issue(self._tool(school, "guest", name), scope)

    async def person_of_ticket(self, ticket: str) -> Person:
        """Return who holds the ticket, as they are now; raise Unauthenticated."""
        person = parse_ticket(self._key, self._store.clock(), ticket)
        try:
            async with self._store.read() as connection:
                standing = await read_standing(connection, person, self._store.clock())
        except AccessDenied as error:
            raise Unauthenticated("bad_ticket", "this ticket was taken back") from error
        return Person(person.id, person.school, standing.role, person.name, person.ticket)

    async def revoke_ticket(self, ticket: str) -> None:
        """Make a ticket worthless at once; raise Unauthenticated for one that is none."""
        person = parse_ticket(self._key, self._store.clock(), ticket)
        assert person.ticket is not None
        await do_revoke_ticket(self._store, person.school, person.ticket.id, person.ticket.expires_at)

    async def _scope(self, person: Person, *, meeting: str | None = None, document: str | None = None,
                     right: Right | None = None) -> TicketScope:  # fmt: skip
        """A scope for somebody who is logged in. Who came with a ticket or link cannot make another from it."""
        if person.ticket is not None:
            raise AccessDenied("forbidden", "a ticket is made for accounts")
        query = select(tables.account.c.shut_outs).where(tables.account.c.id == person.id)
        async with self._store.read() as connection:
            shut_outs = (await connection.execute(query)).scalar() or 0
        return structs.replace(self._new_scope(meeting=meeting, document=document, right=right), shut_outs=shut_outs)

    def _new_scope(self, *, meeting: str | None = None, document: str | None = None, right: Right | None = None,
                   role: Role | None = None) -> TicketScope:  # fmt: skip
        expires_at = self._store.clock() + tickets.LIFE
        return TicketScope(secrets.token_urlsafe(12), expires_at, meeting, document, right, role)

    def _tool(self, school: str, role: Role, name: str) -> Person:
        if not 0 < len(name) <= 100:
            raise ProtocolError("bad_name", "a name has 1 to 100 characters")
        return Person(TOOL + secrets.token_urlsafe(9), school, role, name)

    def _issue(self, person: Person, scope: TicketScope) -> IssuedTicket:
        return build_ticket(self._key, Person(person.id, person.school, person.role, person.name, scope))

    async def _find(self, *where: ColumnElement[bool]) -> tuple[Account | None, str | None]:
        """The one enabled account that this is true of, with its hash; nobody if it is true of several."""
        table = tables.account.c
        async with self._store.read() as connection:
            found = await queries.accounts(connection, table.disabled.is_(False), *where, limit=2)
            account = found[0] if len(found) == 1 else None
            query = select(table.password_hash).where(table.id == ("" if account is None else account.id))
            return account, (await connection.execute(query)).scalar()  # asked for nobody too: the same work

    async def _rehash(self, account: Account, password: str) -> None:
        table = tables.account
        stored = await self._passwords.hash(password)
        async with self._store.write() as connection:
            await connection.execute(update(table).where(table.c.id == account.id).values(password_hash=stored))


async def ticket_key(store: SchoolStore) -> OctKey:
    """Return the secret that all workers of one database share, made on first use."""
    table = tables.setting
    query = select(table.c.value).where(table.c.name == _KEY)
    async with store.read() as connection:
        secret = (await connection.execute(query)).scalar()
    if secret is None:
        fresh = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
        try:
            async with store.write() as connection:
                await connection.execute(table.insert().values(name=_KEY, value=fresh))
            secret = fresh
        except StateError:  # another process was faster
            async with store.read() as connection:
                secret = (await connection.execute(query)).scalar_one()
    return tickets.new_key(secret)
