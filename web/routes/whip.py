"""WHIP (RFC 9725) and WHEP: a program publishes into a meeting or watches it with one HTTP exchange.

Laws: `Authorization: Bearer <ticket>` at every step; the session's URL is unguessable and belongs to whoever
created it. The offer comes whole, the answer goes whole with all candidates: a trickled candidate is accepted and
not needed (we are ICE-lite, the client's checks tell where it is). Rooms decides what the person may do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from web.errors import ProtocolError, Unauthenticated
from web.origin import check_origin
from web.routes.table import Route
from web.school.model import Person
from web.services import SERVICES, Services
from web.turn import build_links, issue_ice_servers

MAX_SDP = 64 * 1024
SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


async def _person(request: web.Request, services: Services) -> Person:
    check_origin(request, services.config)
    scheme, _, ticket = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not ticket:
        raise Unauthenticated(text="Authorization: Bearer <ticket> is needed")
    return await services.auth.person_of_ticket(ticket.strip())


async def _body(request: web.Request, content_type: str) -> str:
    if request.content_type != content_type:
        raise ProtocolError("unsupported_media_type", f"the body must be {content_type}")
    body = await request.content.read(MAX_SDP + 1)
    while len(body) <= MAX_SDP and not request.content.at_eof():
        body += await request.content.read(MAX_SDP + 1 - len(body))
    if len(body) > MAX_SDP:
        raise ProtocolError("too_large", f"an offer has at most {MAX_SDP} bytes")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError("bad_request", "the offer is not UTF-8") from error


def _created(request: web.Request, services: Services, peer: str, answer: str) -> web.Response:
    headers = {"Location": f"{request.path}/{peer}", "ETag": f'"{peer}"', "Accept-Patch": FRAGMENT}
    response = web.Response(status=201, text=answer, content_type=SDP, headers=headers)
    _name_relays(response, services)
    return response


def _name_relays(response: web.Response, services: Services) -> None:
    for link in build_links(issue_ice_servers(services.config.turn, services.config.turn_secret)):
        response.headers.add("Link", link)


async def publish(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    person, offer = await _person(request, services), await _body(request, SDP)
    await services.live.until_fresh()
    peer, answer = await services.rooms.publish(person, request.match_info["meeting"], offer)
    return _created(request, services, peer, answer)


async def play(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    person, offer = await _person(request, services), await _body(request, SDP)
    await services.live.until_fresh()
    peer, answer = await services.rooms.play(person, request.match_info["meeting"], offer, request.query.get("peer"))
    return _created(request, services, peer, answer)


async def patch(request: web.Request) -> web.Response:
    """Take a trickled candidate (204) or restart ICE (200 with the new credentials)."""
    services = request.app[SERVICES]
    person, fragment = await _person(request, services), await _body(request, FRAGMENT)
    meeting, peer = request.match_info["meeting"], request.match_info["session"]
    expected = request.headers.get("If-Match", "*")
    if expected not in ("*", f'"{peer}"'):
        return web.Response(status=412)
    answer = await services.rooms.restart(person, meeting, peer, fragment)
    if not answer:
        return web.Response(status=204)
    return web.Response(status=200, text=answer, content_type=FRAGMENT, headers={"ETag": f'"{peer}"'})


async def hang_up(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    person = await _person(request, services)
    await services.rooms.hang_up(person, request.match_info["meeting"], request.match_info["session"])
    return web.Response(status=200)


async def options(request: web.Request) -> web.Response:
    return web.Response(status=204, headers={"Accept-Post": SDP, "Allow": "POST, OPTIONS"})


_Handler = Callable[[web.Request], Awaitable[web.Response]]


def _rows(name: str, create: _Handler, summary: str) -> tuple[Route, ...]:
    url, session = f"/{name}/{{meeting}}", f"/{name}/{{meeting}}/{{session}}"
    return (
        Route("POST", url, create, summary, auth="ticket", status=201, errors=(400, 401, 404, 409, 413, 415, 429)),
        Route("OPTIONS", url, options, f"What {name.upper()} takes", auth="none", status=204),
        Route("PATCH", session, patch, "Trickle a candidate or restart ICE", auth="ticket", errors=(401, 404, 412)),
        Route("DELETE", session, hang_up, "End the session", auth="ticket", errors=(401, 404)),
    )


ROUTES = (
    *_rows("whip", publish, "Publish one audio and one video into a meeting (RFC 9725)"),
    *_rows("whep", play, "Watch a meeting: its stage, or ?peer="),
)
