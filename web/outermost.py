"""The outermost layer of HTTP: what every answer carries, and what becomes of what no handler foresaw.

Laws: a bug is told to the log and not to the client; that somebody hangs up is none. A request is one line in the log,
without query, address or name.
"""

from __future__ import annotations

import logging
import time
from typing import Final

from aiohttp import web

from web.errors import problem
from web.routes import static
from web.routes.table import Handler

SERVER: Final = "Kreide"
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src-attr 'unsafe-inline'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HUNG_UP: Final = 499  # in the log only
log = logging.getLogger(__name__)


@web.middleware
async def outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what no handler foresaw; log one line without query, address or name."""
    started = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as error:
        status = error.status
        if status == 404 and request.match_info.route.resource is None and static.is_navigation(request):
            return await static.missing_page()
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return problem(status, error.reason.lower().replace(" ", "_"), error.reason, headers)
    except web.RequestPayloadError:  # not what Content-Encoding or chunked says, or cut off in the middle
        status = 400
        return problem(status, "bad_request", "the body cannot be read")
    except Exception as error:  # the top of a request: a bug, told to the log and not to the client
        if isinstance(error, ConnectionResetError) and (request.transport is None or request.transport.is_closing()):
            status = _HUNG_UP  # while we answered, or took a socket in
        else:
            log.exception("%s %s failed", request.method, request.match_info.route.resource)
        return problem(500, "internal", "something went wrong on our side")
    finally:
        resource = request.match_info.route.resource
        path = resource.canonical if resource is not None else "(no route)"
        log.debug("%s %s %d %.1f ms", request.method, path, status, (time.perf_counter() - started) * 1000)


async def add_security_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = SERVER  # aiohttp has put its own version there
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
