"""Direct messages over HTTP: whom the caller may write to, and opening the one conversation with somebody.

The shapes are those of the same requests on the socket.
"""

from __future__ import annotations

from web.direct import find_contacts, open_direct
from web.messages import DirectFind, DirectFound, DirectOpen, DirectOpened
from web.routes.edge import decode_query
from web.routes.table import Call, Nothing, Route, endpoint


async def find_people(call: Call[Nothing]) -> DirectFound:
    """At most twenty people whom the caller may write to."""
    return await find_contacts(call.services, call.person, decode_query(call.request, DirectFind).text)


async def open_conversation(call: Call[DirectOpen]) -> DirectOpened:
    """Open the conversation with somebody; the same one, whoever of the two asks."""
    return DirectOpened((await open_direct(call.services, call.person, call.body.person)).id)


ROUTES: tuple[Route, ...] = (
    endpoint("GET", "/api/v1/direct/people", find_people, "People I may write to", response=DirectFound,
             query=DirectFind, errors=(400, 403)),
    endpoint("POST", "/api/v1/direct", open_conversation, "Open a conversation", request=DirectOpen,
             response=DirectOpened, errors=(400, 403, 404, 429)),
)  # fmt: skip
