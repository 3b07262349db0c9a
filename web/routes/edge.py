"""The edge of the JSON API: bodies in, answers out, who calls, and whether a write may come from there.

Laws: a body is JSON that says so, at most MAX_BODY bytes, and fits its type exactly, or it never reaches a
handler. A write that carries the session cookie comes from our own pages or from a program, never from a
foreign page. Answers are never cached: each shows what this one person may see.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from web.errors import AccessDenied, ProtocolError, Unauthenticated
from web.origin import check_origin
from web.school.model import Person
from web.services import Services

MAX_BODY: Final = 256 * 1024
SESSION_COOKIE: Final = "kreide_session"
_NO_STORE: Final = {"Cache-Control": "no-store"}

T = TypeVar("T")


async def decode_body(request: web.Request, kind: type[T]) -> T:
    """Read and decode the JSON body, an absent one as {}.

    Raise ProtocolError: "too_large", "unsupported_media_type" or "bad_request".
    """
    if request.content_type != "application/json" and request.body_exists:
        raise ProtocolError("unsupported_media_type", "the body must be application/json")
    body = await read_body(request, MAX_BODY)
    if b"\\u0000" in body:  # PostgreSQL holds no zero byte, and nobody means one
        raise ProtocolError("bad_request", "the body holds a zero byte")
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError("bad_request", str(error)) from error


async def read_body(request: web.Request, most: int) -> bytes:
    """Read the body as it is; raise ProtocolError("too_large")."""
    if (request.content_length or 0) > most:
        raise ProtocolError("too_large", f"a body has at most {most} bytes")
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            raise ProtocolError("too_large", f"a body has at most {most} bytes")
    return bytes(body)


def decode_query(request: web.Request, kind: type[T]) -> T:
    """Decode the query; what is not in the type is ignored. Raise ProtocolError("bad_request")."""
    if any("\0" in value for value in request.query.values()):
        raise ProtocolError("bad_request", "the query holds a zero byte")
    try:
        return msgspec.convert(dict(request.query), kind, strict=False)
    except msgspec.ValidationError as error:
        raise ProtocolError("bad_request", str(error)) from error


def encode_answer(answer: Any, status: int = 200) -> web.Response:
    """Build the JSON response of a struct or list of structs; None is an empty 204."""
    if answer is None:
        return web.Response(status=204, headers=_NO_STORE)
    body = msgspec.json.encode(answer)
    return web.Response(status=status, body=body, content_type="application/json", headers=_NO_STORE)


def query_time(request: web.Request, name: str, default: int) -> int:
    """Read a time in milliseconds from the query."""
    value = request.query.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise ProtocolError("bad_request", f"{name} is a time in milliseconds since 1970")
    return int(value)


async def caller_of(request: web.Request, services: Services) -> Person:
    """Return who is logged in; raise Unauthenticated."""
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        raise Unauthenticated(text="please log in")
    return await services.auth.person_of_session(token)


def check_write(request: web.Request, services: Services) -> None:
    """Refuse a write from a foreign page; programs send neither Origin nor Sec-Fetch-Site."""
    if check_origin(request, services.config):
        return
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise AccessDenied("foreign_origin", "requests from other sites are refused")
