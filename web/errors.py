"""What can go wrong in the application, and how each error leaves the house.

    WebError                 code, text
    ├── ProtocolError        the remote sent something wrong            400
    ├── Unauthenticated      no valid session or ticket                 401
    ├── AccessDenied         forbidden and absent look alike            404
    ├── StateError           right request, wrong moment                409
    ├── Overloaded           a limit is reached, come back later        429
    └── Unavailable          a part we need is away (bus, database)     503

The engines bring their own trees (`sfu.errors`, `collab.errors`) with the same `code` and `text`. `describe`
is the one place that maps any of them to an HTTP status and a WebSocket close code.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

PROBLEM_TYPE = "application/problem+json"


class WebError(Exception):
    """An error with a stable `code` for programs and a `text` for people."""

    code = "error"

    def __init__(self, code: str | None = None, text: str = "") -> None:
        self.code = code or type(self).code
        self.text = text or self.code
        super().__init__(self.text)


class ProtocolError(WebError):
    code = "bad_request"


class Unauthenticated(WebError):
    code = "unauthenticated"


class AccessDenied(WebError):
    code = "not_found"


class StateError(WebError):
    code = "conflict"


class Overloaded(WebError):
    code = "too_many_requests"

    def __init__(self, code: str | None = None, text: str = "", retry_after: int = 1) -> None:
        super().__init__(code, text)
        self.retry_after = retry_after


class Unavailable(WebError):
    code = "unavailable"


class Exit(msgspec.Struct, frozen=True):
    """How an error leaves: HTTP status, WebSocket close code, stable code, text for people."""

    status: int
    close: int
    code: str
    text: str


# error class name -> (HTTP status, WebSocket close code). The engines' trees use the same class names.
_BY_CLASS: dict[str, tuple[int, int]] = {
    "ProtocolError": (400, 4400),
    "Unauthenticated": (401, 4401),
    "AccessDenied": (404, 4403),
    "StateError": (409, 4509),
    "Overloaded": (429, 4529),
    "Unavailable": (503, 1012),
}
# stable code -> (HTTP status, WebSocket close code), where it differs from its class.
_BY_CODE: dict[str, tuple[int, int]] = {
    "too_large": (413, 4413),
    "file_too_large": (413, 4413),
    "attachment": (404, 4403),
    "upload_missing": (404, 4403),
    "upload_refused": (415, 4400),
    "upload_picture": (415, 4400),
    "upload_infected": (415, 4400),
    "upload_pixels": (413, 4413),
    "upload_too_slow": (408, 4400),
    "upload_quota": (507, 4529),
    "too_heavy": (413, 4413),
    "pdf_missing": (501, 4501),
    "heavy_failed": (500, 1011),
    "heavy_crashed": (500, 1011),
    "unsupported_media_type": (415, 4400),
    "foreign_origin": (403, 4403),
    "forbidden": (403, 4403),
    "unknown_document": (404, 4404),
    "other_epoch": (404, 4404),
    "store_failed": (503, 4509),
}


def describe(error: Exception) -> Exit | None:
    """Return how `error` leaves the house, or None when it is not one of ours (a bug: 500, 1011)."""
    remote = getattr(error, "way_out", None)  # raised by another worker, described there
    if isinstance(remote, Exit):
        return remote
    code = getattr(error, "code", None)
    if not isinstance(code, str):
        return None
    for cls in type(error).__mro__:
        if cls.__name__ in _BY_CLASS:
            status, close = _BY_CODE.get(code, _BY_CLASS[cls.__name__])
            return Exit(status, close, code, str(getattr(error, "text", "") or error))
    return None


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    """Build an RFC 9457 problem document; `code` is the stable word a client may act on."""
    body = msgspec.json.encode(
        {"type": "about:blank", "title": code.replace("_", " "), "status": status, "code": code, "detail": detail}
    )
    return web.Response(status=status, body=body, content_type=PROBLEM_TYPE, headers=headers)


def problem_of(error: Exception) -> web.Response | None:
    """Return the problem document of one of our errors, None for anything else."""
    way_out = describe(error)
    if way_out is None:
        return None
    retry_after = getattr(error, "retry_after", None)
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return problem(way_out.status, way_out.code, way_out.text, headers)
