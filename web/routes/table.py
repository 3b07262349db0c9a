"""The route table: every HTTP entry of the server, what goes in, what comes out, who may come.

Laws: nothing is served that is not in a table (a test compares the table with the running router), and the
OpenAPI document is written from the same rows. An `endpoint` is JSON in, JSON out: before its handler runs the
caller is known, the Origin of a write is checked and the body is decoded and bounded. A plain `Route` gets the
raw request and does all that itself (WHIP, health, sockets).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from time import monotonic
from typing import Any, Generic, Literal, TypeVar

from aiohttp import web
from msgspec import Struct

from web.crowd import Crowd
from web.errors import problem_of
from web.routes.edge import caller_of, check_write, decode_body, encode_answer
from web.school.model import Person
from web.services import SERVICES, Services

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Auth = Literal["session", "ticket", "none"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

Body = TypeVar("Body", bound=Struct)


class Nothing(Struct, frozen=True):
    """An empty body."""


@dataclass(frozen=True, slots=True)
class Route:
    """One row. `request`, `response` and `query` are msgspec types, None when the body is not JSON or empty.

    `takes` and `gives` are the media types of bodies that are files.
    """

    method: Method
    path: str
    handler: Handler
    summary: str
    auth: Auth = "session"
    request: Any = None
    response: Any = None
    status: int = 200
    errors: tuple[int, ...] = ()
    query: Any = None
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call(Generic[Body]):
    """What an endpoint's handler gets: the services, who calls, the decoded body, the request for its path."""

    services: Services
    caller: Person | None
    body: Body
    request: web.Request

    @property
    def person(self) -> Person:
        """Whoever calls; only endpoints with auth="none" may find nobody here."""
        assert self.caller is not None
        return self.caller

    def id(self, name: str = "id") -> str:
        """A variable part of the path."""
        return self.request.match_info[name]


def endpoint(
    method: Method,
    path: str,
    handler: Callable[[Call[Body]], Awaitable[Any]],
    summary: str,
    *,
    request: type[Body] = Nothing,  # type: ignore[assignment]
    response: Any = None,
    auth: Literal["session", "none"] = "session",
    status: int = 200,
    errors: tuple[int, ...] = (),
    query: Any = None,
    takes: tuple[str, ...] = (),
    gives: tuple[str, ...] = (),
) -> Route:
    """Build a route whose handler takes a Call and returns the answer (or a ready response)."""

    async def handle(raw: web.Request) -> web.StreamResponse:
        services = raw.app[SERVICES]
        if method != "GET":
            check_write(raw, services)
        caller = await caller_of(raw, services) if auth == "session" else None
        body = await decode_body(raw, request) if request is not Nothing else request()
        with _room_for(raw, caller, writes=method != "GET"):
            answer = await handler(Call(services, caller, body, raw))
        if method != "GET" and caller is not None:
            await services.live.hasten()  # live connections hear of it now, not at the next poll
        return answer if isinstance(answer, web.StreamResponse) else encode_answer(answer, status)

    decoded = None if request is Nothing else request
    return Route(method, path, handle, summary, auth, decoded, response, status, errors, query, takes, gives)


def _room_for(request: web.Request, caller: Person | None, *, writes: bool) -> AbstractContextManager[None]:
    """Count the request among its caller's; who is not known yet is bounded elsewhere (logins by their queue)."""
    return nullcontext() if caller is None else request.app[_CROWD].asking(monotonic(), caller.id, writes=writes)


def register(app: web.Application, routes: Iterable[Route]) -> None:
    """Serve the routes, all in one call; each of our errors leaves as its problem document."""
    table = tuple(routes)
    app[ROUTES_KEY] = table
    app[_CROWD] = Crowd()
    for route in table:
        app.router.add_route(route.method, route.path, _guarded(route.handler), name=None)


ROUTES_KEY: web.AppKey[Sequence[Route]] = web.AppKey("routes", Sequence)
_CROWD: web.AppKey[Crowd] = web.AppKey("crowd", Crowd)


def _guarded(handler: Handler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Exception as error:  # any error of ours has its answer; every other one goes on
            response = problem_of(error)
            if response is None:
                raise  # a bug: the application's outermost handler logs it and answers 500
            return response

    return handle
