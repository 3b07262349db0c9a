"""Who stands at a socket's door: Origin first, then a ticket, then the session cookie.

Laws: a foreign page is refused whatever it brings. A ticket names its person by itself. A cookie counts only
with our own Origin, since a browser sends cookies along with anybody's WebSocket request.
"""

from __future__ import annotations

from aiohttp import web

from web.errors import Unauthenticated
from web.origin import check_origin
from web.routes.edge import caller_of
from web.school.model import Person
from web.services import Services


async def person_at_socket(request: web.Request, services: Services, ticket: str | None) -> Person:
    """Return whose connection this is; raise Unauthenticated or AccessDenied."""
    ours = check_origin(request, services.config)
    if ticket:
        return await services.auth.person_of_ticket(ticket)
    if ours:
        return await caller_of(request, services)
    raise Unauthenticated(text="a ticket is needed")
