"""Files that people send into channels and documents, and how they are read again.

Laws: each read asks anew who may read the channel or the document; a file that waits with its message is its author's
and the moderators', one that hangs on nothing yet its sender's alone; everything else looks like absent. A browser
never shows what it reads here as a page of ours: only pictures that we made ourselves are shown, all else is saved.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Final, Literal

from aiohttp import web
from msgspec import Meta, Struct

from collab.errors import CollabError
from collab.upload_bytes import unchanged
from collab.uploads import SMALL, Upload
from web.downloads import disposition
from web.errors import AccessDenied, ProtocolError, StateError
from web.routes.edge import decode_query
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import Id
from web.school.access import forbidden
from web.school.model import Person
from web.services import Services
from web.uploads import Target
from web.uploads_kind import PICTURES
from web.uploads_range import Span, parse_range

WRITE_SECONDS: Final = 60.0  # for one piece, to a client that reads slowly
_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
    "Vary": "Cookie",
    "Accept-Ranges": "bytes",
}


class Sending(Struct, frozen=True):
    """Where the file goes, one of the two, and what it is called."""

    name: Annotated[str, Meta(max_length=1000)] = ""
    channel: Id | None = None
    document: Id | None = None


class Reading(Struct, frozen=True):
    """`small`: the thumbnail, where there is one."""

    size: Literal["full", "small"] = "full"


class UploadView(Struct, frozen=True):
    """`hash` names it in a document; `thumbnail`: `?size=small` is less."""

    id: str
    name: str
    type: str
    size: int
    width: int | None
    height: int | None
    thumbnail: bool
    hash: str


class UploadBounds(Struct, frozen=True):
    """Bytes: the largest file, how much the caller may have sent, and has."""

    limit: int
    quota: int
    used: int


async def read_bounds(call: Call[Nothing]) -> UploadBounds:
    """How much the caller may send."""
    uploads = call.services.uploads
    used = await uploads.store.used(call.person.school, call.person.id)
    return UploadBounds(uploads.limit, uploads.quota.person, used.person)


async def send(call: Call[Nothing]) -> UploadView:
    """Take a file: the body is its bytes."""
    sending = decode_query(call.request, Sending)
    services, person = call.services, call.person
    await services.live.until_fresh()
    target = await _access_target(services, person, sending)
    length = call.request.content_length
    upload = await services.uploads.take(person, target, sending.name, call.request.content, length)
    return _view(upload)


async def take_back(call: Call[Nothing]) -> None:
    """Let go of a file that one has sent and that hangs on no message."""
    upload = await call.services.uploads.store.find(call.id())
    if upload is None or upload.reference.person != call.person.id or upload.reference.school != call.person.school:
        raise AccessDenied()
    if upload.seq is not None or upload.held is not None or upload.reference.document is not None:
        raise StateError("in_use", "it hangs on a message: delete that")
    await call.services.uploads.store.remove([upload.reference.id])
    await call.services.uploads.store.collect()


async def read(call: Call[Nothing]) -> web.StreamResponse:
    """A file of a channel."""
    upload = await access_upload(call.services, call.person, call.id())
    return await _answer(call, upload)


async def read_picture(call: Call[Nothing]) -> web.StreamResponse:
    """A picture of a document, by its hash."""
    document, _ = await call.services.access.access_document(call.person, call.id())
    upload = await call.services.uploads.store.find_image(document.id, call.id("hash"))
    if upload is None or upload.reference.school != document.school:
        raise AccessDenied()
    return await _answer(call, upload)


async def access_upload(services: Services, person: Person, id: str) -> Upload:
    """Return the upload to whoever may read it; raise AccessDenied."""
    upload = await services.uploads.store.find(id)
    if upload is None or upload.reference.school != person.school:
        raise AccessDenied()
    if upload.reference.document is not None:
        await services.access.access_document(person, upload.reference.document)
        return upload
    channel, may = await services.access.access_channel(person, upload.reference.channel or "")
    if not may.read or channel.school != person.school:
        raise AccessDenied()
    if upload.seq is None and upload.reference.person != person.id and not (upload.held and may.moderate):
        raise AccessDenied()
    return upload


async def _access_target(services: Services, person: Person, sending: Sending) -> Target:
    await services.access.access_own_login(person)
    if (sending.channel is None) == (sending.document is None):
        raise ProtocolError("bad_request", "a file goes into a channel or into a document")
    if sending.document is not None:
        return Target(document=(await services.access.access_document_to_write(person, sending.document)).id)
    channel, may = await services.access.access_channel(person, sending.channel or "")
    if not may.read:
        raise AccessDenied()
    if not may.write:
        raise forbidden("you cannot write here")
    return Target(channel=channel.id)


async def _answer(call: Call[Nothing], upload: Upload) -> web.StreamResponse:
    small = decode_query(call.request, Reading).size == "small" and upload.content.thumb > 0
    size = upload.content.thumb if small else upload.content.size
    kind = "image/webp" if small else upload.content.type
    etag = f'"{upload.content.hash[:32]}{"-small" if small else ""}"'
    shown: Literal["inline", "attachment"] = "inline" if upload.content.type in PICTURES else "attachment"
    headers = {**_HEADERS, "ETag": etag, "Content-Disposition": disposition(upload.reference.name, shown)}
    request = call.request
    if etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    asked = request.headers.get("Range") if request.headers.get("If-Range", etag) == etag else None
    span = parse_range(asked, size)
    if span is None:
        return web.Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    headers |= {"Content-Type": kind, "Content-Length": str(span.length)}
    if span.partial:
        headers["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{size}"
    pieces = call.services.uploads.store.bytes.read(upload.place + (SMALL if small else ""), span.start, span.length)
    if span.length == upload.content.size and not small:
        pieces = unchanged(pieces, upload.content.hash, span.length)
    return await _stream(call, pieces, span, headers)


async def _stream(
    call: Call[Nothing], pieces: AsyncIterator[bytes], span: Span, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Hand the bytes out piece by piece; nothing is held for a client that does not read."""
    first = await anext(pieces, b"")  # what is not there is a 404, not a broken answer
    response = web.StreamResponse(status=206 if span.partial else 200, headers=headers)
    await response.prepare(call.request)
    try:
        async with asyncio.timeout(None) as deadline:
            await _write(response, first, deadline)
            async for piece in pieces:
                await _write(response, piece, deadline)
    except (TimeoutError, CollabError):  # it has begun: who reads must see that it ends here
        if call.request.transport is not None:
            call.request.transport.abort()
    else:
        await response.write_eof()
    return response


async def _write(response: web.StreamResponse, piece: bytes, deadline: asyncio.Timeout) -> None:
    deadline.reschedule(asyncio.get_running_loop().time() + WRITE_SECONDS)
    await response.write(piece)
    deadline.reschedule(None)  # reading is not the client's fault, and no database call is cut


def _view(upload: Upload) -> UploadView:
    content = upload.content
    return UploadView(
        upload.reference.id, upload.reference.name, content.type, content.size, content.width, content.height,
        content.thumb > 0, content.hash,
    )  # fmt: skip


UPLOADS: Final = "/api/v1/uploads"
_GIVEN: Final = ("application/octet-stream",)
ROUTES: tuple[Route, ...] = (
    endpoint("GET", UPLOADS, read_bounds, "How much I may send", response=UploadBounds),
    endpoint(
        "POST", UPLOADS, send, "Send a file into a channel or a document", query=Sending,
        takes=_GIVEN, response=UploadView, status=201, errors=(400, 403, 404, 408, 413, 415, 429, 507),
    ),
    endpoint("DELETE", "/api/v1/uploads/{id}", take_back, "Take back a file that hangs on nothing", status=204,
             errors=(404, 409)),
    endpoint("GET", "/api/v1/uploads/{id}", read, "A file", query=Reading, gives=_GIVEN, errors=(404, 416)),
    endpoint("GET", "/api/v1/uploads/{id}/{name}", read, "A file, under its name", query=Reading, gives=_GIVEN,
             errors=(404, 416)),
    endpoint("GET", "/api/v1/documents/{id}/pictures/{hash}", read_picture, "A picture of a document", query=Reading,
             gives=_GIVEN, errors=(404, 416)),
)  # fmt: skip
