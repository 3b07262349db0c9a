"""Documents as files of other programs: handing one out, and making a new one of a file that was sent.

Laws: who may read a document may take it along; who may have documents may bring one in. What is handed out is what is
stored. A file becomes a new document or is refused, nothing in between; where a virus scanner is named, it has found
the file clean before anything else reads it. It is read and written by a heavy process and never here. One person
converts at most AT_ONCE files at a time, so that nobody fills the queue for all.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web
from msgspec import Struct

from collab.errors import StateError
from collab.formats.names import FORMATS, FormatName, LanguageName
from collab.formats.orders import (
    ALLOWANCE,
    MAX_FILE,
    READ_JOB,
    WRITE_JOB,
    ReadFile,
    WriteFile,
    decode_table,
    encode,
)
from collab.schema import SEED_CLIENT
from collab.store import Snapshot
from web.crowd import Shares
from web.downloads import download_headers, file_name
from web.errors import ProtocolError
from web.routes.documents import check_folder
from web.routes.edge import decode_query, read_body
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import DocumentView, Id, Title, document_view
from web.school.actions import do_create_document
from web.school.model import DocumentInfo
from web.school.store import new_id
from web.services import Services
from web.uploads_export import read_pictures

AT_ONCE: Final = 2
_TAKEN: Final = tuple(FORMATS[name].media_type.split(";")[0] for name in ("xlsx", "ods", "csv"))
_GIVEN: Final = tuple(form.media_type.split(";")[0] for form in FORMATS.values())


class WantedFile(Struct, frozen=True):
    """The format, and in whose manner numbers and truths are written."""

    format: FormatName
    language: LanguageName = "de"


class SentFile(Struct, frozen=True):
    """What the new document is to be called and where it goes; how the file's dates are to be written."""

    title: Title
    folder: Id | None = None
    language: LanguageName = "de"


class Imported(Struct, frozen=True):
    """The new document; how many formulas came as their value, how many further filled sheets did not come."""

    document: DocumentView
    formulas: int
    sheets: int


class Files:
    """The conversions of one worker."""

    def __init__(self) -> None:
        self._shares = Shares(AT_ONCE, f"at most {AT_ONCE} files are converted at a time")

    async def export(self, call: Call[Nothing]) -> web.Response:
        """A document as a file."""
        wanted = decode_query(call.request, WantedFile)
        document, _ = await call.services.access.access_document(call.person, call.id())
        with self._shares.one(call.person.id):
            values = await read_body(call.request, MAX_FILE) if call.request.method == "POST" else b""
            loaded = await call.services.documents.store.load(document.id)
            snapshot = () if loaded.snapshot is None else (loaded.snapshot.state,)
            updates = (*snapshot, *(entry.data for entry in loaded.entries))
            pictures = await read_pictures(call.services.uploads.store, document.id, updates)
            order = WriteFile(wanted.format, wanted.language, document.title, updates, values, pictures)
            data = await _convert(call.services, WRITE_JOB, encode(order))
        name = file_name(document.title, wanted.format)
        headers = {"Content-Type": FORMATS[wanted.format].media_type, **download_headers(name)}
        return web.Response(body=data, headers=headers)

    async def import_file(self, call: Call[Nothing]) -> Imported:
        """Add a table made of a file: .xlsx, .ods or .csv, told by its content."""
        services, person = call.services, call.person
        sent = decode_query(call.request, SentFile)
        await services.access.access_own_content(person)
        if sent.folder is not None:
            await check_folder(services, person, sent.folder)
        with self._shares.one(person.id):
            data = await read_body(call.request, MAX_FILE)
            await services.uploads.require_clean(data)
            order = ReadFile(sent.language, data)
            found = decode_table(await _convert(services, READ_JOB, encode(order)))
        document = DocumentInfo(new_id(), person.school, "table", sent.title, sent.folder, person.id)
        seed = Snapshot(0, found.state, found.outline)
        await services.documents.store.create(document.id, document.kind, seed, SEED_CLIENT)
        await do_create_document(services.school, document)
        return Imported(document_view(document, "write"), found.formulas, found.sheets)

    def routes(self) -> tuple[Route, ...]:
        """The entries of the route table."""
        root = "/api/v1/documents"
        return (
            endpoint("GET", root + "/{id}/export", self.export, "A document as a file", query=WantedFile,
                     gives=_GIVEN, errors=(400, 404, 413, 429, 501)),
            endpoint("POST", root + "/{id}/export", self.export, "A document as a file, with what its formulas give",
                     query=WantedFile, takes=("application/json",), gives=_GIVEN,
                     errors=(400, 404, 413, 429, 501)),
            endpoint("POST", root + "/import", self.import_file, "Add a table made of a file", query=SentFile,
                     takes=_TAKEN, response=Imported, status=201, errors=(400, 403, 404, 413, 415, 429, 503)),
        )  # fmt: skip


async def _convert(services: Services, job: str, order: bytes) -> bytes:
    try:
        return await services.heavy.run(job, order, ALLOWANCE)
    except StateError as error:
        if error.code in ("heavy_time", "heavy_memory", "heavy_answer"):
            raise ProtocolError("too_heavy", "this takes more time or memory than a file may") from error
        if error.code in ("heavy_failed", "heavy_crashed") and job == READ_JOB:
            raise ProtocolError("file_unreadable", "the file is damaged or of another kind") from error
        raise
