"""Direct messages over HTTP: whom the caller may write to, and opening the one conversation with somebody."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from web.direct import open_direct
from web.routes.edge import decode_query
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import Id
from web.school.model import AccountRole


class Wanted(Struct, frozen=True):
    """Each word of `text` begins a word of the name; without one the nearest are found."""

    text: Annotated[str, Meta(max_length=100)] = ""


class ContactView(Struct, frozen=True):
    """`of`: for staff a pupil's classes, or a guardian's children."""

    id: str
    name: str
    role: AccountRole
    of: tuple[str, ...]


class Contacts(Struct, frozen=True):
    people: list[ContactView]


class NewDirect(Struct, frozen=True):
    person: Id


class Direct(Struct, frozen=True):
    channel: str


async def find_people(call: Call[Nothing]) -> Contacts:
    """At most twenty people whom the caller may write to."""
    found = await call.services.contacts.find(call.person, decode_query(call.request, Wanted).text)
    return Contacts([ContactView(one.id, one.name, one.role, one.of) for one in found])


async def open_conversation(call: Call[NewDirect]) -> Direct:
    """Open the conversation with somebody; the same one, whoever of the two asks."""
    return Direct((await open_direct(call.services, call.person, call.body.person)).id)


ROUTES: tuple[Route, ...] = (
    endpoint("GET", "/api/v1/direct/people", find_people, "People I may write to", response=Contacts, query=Wanted,
             errors=(400, 403)),
    endpoint("POST", "/api/v1/direct", open_conversation, "Open a conversation", request=NewDirect, response=Direct,
             errors=(400, 403, 404, 429)),
)  # fmt: skip
