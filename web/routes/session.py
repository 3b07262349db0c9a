"""Coming in and going out: login, logout, guests, who am I, which schools are here."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from web.errors import ProtocolError
from web.routes.edge import SESSION_COOKIE, encode_answer
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import (
    Id,
    Name,
    NewPassword,
    Password,
    PersonAnswer,
    PersonView,
    SchoolView,
    person_view,
)
from web.school import queries
from web.school.names import clean_name
from web.sessions import LIFE

DEVICE_COOKIE = "kreide_device"
DEVICE_SECONDS = 180 * 24 * 3600


class Login(Struct, frozen=True):
    """`school` is needed only where several schools have the same account name."""

    account: Id
    password: Password
    school: Id | None = None


class GuestEntry(Struct, frozen=True):
    token: Id
    name: Name


class GuestAnswer(Struct, frozen=True):
    person: PersonView
    meeting: str


class ChangePassword(Struct, frozen=True):
    old: Password
    new: NewPassword


class Schools(Struct, frozen=True):
    """`demo`: this server shows the demo school, whose passwords are known."""

    schools: list[SchoolView]
    demo: bool


async def login(call: Call[Login]) -> web.Response:
    """Log in; whoever was logged in here before is logged out."""
    auth = call.services.auth
    body, known = call.body, call.request.cookies.get(DEVICE_COOKIE, "")
    token = await auth.login(body.school, body.account, body.password, known)
    await _leave(call)
    person = await auth.person_of_session(token)
    response = _with_cookie(call.request, encode_answer(PersonAnswer(person_view(person))), token)
    _keep(call.request, response, DEVICE_COOKIE, auth.mark_device(body.school, body.account), DEVICE_SECONDS)
    return response


async def guest(call: Call[GuestEntry]) -> web.Response:
    """Come in through a guest link, under a name of one's own choice."""
    name = clean_name(call.body.name)
    if not name:
        raise ProtocolError("bad_name", "please say who you are")
    auth = call.services.auth
    token = await auth.enter_as_guest(call.body.token, name, call.request.cookies.get(SESSION_COOKIE, ""))
    await _leave(call)
    person = await auth.person_of_session(token)
    assert person.ticket is not None and person.ticket.meeting is not None
    answer = GuestAnswer(person_view(person), person.ticket.meeting)
    return _with_cookie(call.request, encode_answer(answer), token)


async def logout(call: Call[Nothing]) -> web.Response:
    """Log out; also right for somebody who is not logged in."""
    await _leave(call)
    response = encode_answer(None)
    response.del_cookie(SESSION_COOKIE, path="/")
    return response


async def me(call: Call[Nothing]) -> PersonAnswer:
    """Who is logged in."""
    return PersonAnswer(person_view(call.person))


async def change_password(call: Call[ChangePassword]) -> web.Response:
    """Set one's own password; every other device is logged out, this one logs in again."""
    await call.services.access.access_own_login(call.person)
    token = await call.services.auth.change_password(call.person, call.body.old, call.body.new)
    return _with_cookie(call.request, encode_answer(None), token)


async def schools(call: Call[Nothing]) -> Schools:
    """The schools to choose from at the login."""
    async with call.services.school.read() as connection:
        found = await queries.schools(connection)
    return Schools([SchoolView(school.id, school.title) for school in found], call.services.config.demo)


async def _leave(call: Call[Login] | Call[GuestEntry] | Call[Nothing]) -> None:
    old = call.request.cookies.get(SESSION_COOKIE)
    if old:
        await call.services.auth.logout(old)


def _with_cookie(request: web.Request, response: web.Response, token: str) -> web.Response:
    _keep(request, response, SESSION_COOKIE, token, LIFE // 1000)
    return response


def _keep(request: web.Request, response: web.Response, name: str, value: str, seconds: int) -> None:
    """Set a cookie that no script reads; Secure wherever the page itself came over TLS, also through a proxy."""
    secure = request.secure or request.headers.get("Origin", "").startswith("https://")
    response.set_cookie(name, value, path="/", max_age=seconds, httponly=True, samesite="Lax", secure=secure)


ROUTES: tuple[Route, ...] = (
    endpoint("POST", "/api/v1/login", login, "Log in", request=Login, response=PersonAnswer, auth="none",
             errors=(400, 401, 429)),
    endpoint("POST", "/api/v1/guest", guest, "Come in through a guest link", request=GuestEntry,
             response=GuestAnswer, auth="none", errors=(400, 404, 429)),
    endpoint("POST", "/api/v1/logout", logout, "Log out", auth="none", status=204),
    endpoint("GET", "/api/v1/me", me, "Who is logged in", response=PersonAnswer),
    endpoint("POST", "/api/v1/me/password", change_password, "Change one's own password", request=ChangePassword,
             status=204, errors=(400, 401, 403, 429)),
    endpoint("GET", "/api/v1/schools", schools, "Schools of this server", response=Schools, auth="none"),
)  # fmt: skip
