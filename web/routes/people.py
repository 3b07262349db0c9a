"""Looking for people of the school by name, for staff who invite or make learning groups."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from web.routes.edge import decode_query
from web.routes.table import Call, Nothing, Route, endpoint
from web.school.model import Role
from web.school.people import find_people


class Wanted(Struct, frozen=True):
    """Each word of `text` begins a word of the name."""

    text: Annotated[str, Meta(max_length=100)] = ""


class Found(Struct, frozen=True):
    """`of`: a pupil's classes and learning groups, or a guardian's children."""

    id: str
    role: Role
    full_name: str
    of: tuple[str, ...]


class People(Struct, frozen=True):
    people: list[Found]


async def look(call: Call[Nothing]) -> People:
    """At most twenty people of the school with this name."""
    text = decode_query(call.request, Wanted).text
    found = await find_people(call.services.access, call.services.school, call.person, text)
    return People([Found(one.id, one.role, one.name, one.of) for one in found])


ROUTES: tuple[Route, ...] = (
    endpoint("GET", "/api/v1/people", look, "Find people of my school", response=People, query=Wanted,
             errors=(400, 403)),
)  # fmt: skip
