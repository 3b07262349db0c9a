"""Sending files and reading them again: what comes in, under which name, and who gets it back."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientError
from PIL import Image

from collab.chat import Held, NewMessage
from collab.errors import ProtocolError
from collab.upload_bytes import PIECE
from collab.uploads import Quota
from tests.web.house import eventually
from tests.web.routes.conftest import Browser, Enter, read
from tests.web.routes.files import SECRET, docx, photo, png_bomb
from web import uploads as bounds
from web.passwords import Passwords
from web.school.actions import (
    ChannelPatch,
    do_change_channel,
    do_create_account,
    do_create_group,
    do_create_school,
    do_enrol,
)
from web.school.model import Account, Enrolment, School, SchoolClass
from web.services import Services
from web.uploads_kind import HEAD, TAIL, kind_of
from web.uploads_sweep import sweep_once

CHANNEL = "demo-class"


async def send(browser: Browser, data: Any, name: str = "x", **where: str) -> tuple[int, Any]:
    """Send a file; return the status and the decoded answer."""
    where = where or {"channel": CHANNEL}
    response = await browser.client.post("/api/v1/uploads", params={"name": name, **where}, data=data)
    return response.status, await read(response)


async def refusal(browser: Browser, data: Any, **where: str) -> tuple[int, str]:
    status, body = await send(browser, data, **where)
    return status, body["code"]


async def fetch(browser: Browser, path: str, **headers: str) -> Any:
    response = await browser.client.get(f"/api/v1/{path}", headers=headers)
    await response.read()
    return response


def kept(services: Services) -> list[Path]:
    """The files of the store."""
    return [path for path in (services.config.data / "uploads").rglob("*") if path.is_file()]


async def say(services: Services, author: str, *ids: str) -> Any:
    return await services.chat.send(NewMessage(CHANNEL, author, author, "pupil", "look", ids[0], attachments=ids))


async def test_what_comes_in_and_what_is_refused(enter: Enter, services: Services) -> None:
    teacher = await enter("teacher")
    status, sent = await send(teacher, photo(1600, 1200), "Urlaub am Meer.JPG")
    assert (status, sent["name"], sent["type"]) == (201, "Urlaub am Meer.JPG", "image/jpeg")
    assert (sent["width"], sent["height"], sent["thumbnail"]) == (1200, 1600, True)
    body = await (await fetch(teacher, f"uploads/{sent['id']}")).read()
    assert SECRET not in body and len(body) == sent["size"] and Image.open(io.BytesIO(body)).size == (1200, 1600)
    small = await fetch(teacher, f"uploads/{sent['id']}/x?size=small")
    assert small.headers["Content-Type"] == "image/webp" and len(await small.read()) < len(body)
    assert (await send(teacher, docx(), "../Blatt 3"))[1]["name"] == "Blatt 3.docx"
    before = len(kept(services))
    for data, expected in (
        (b"", (400, "upload_empty")),
        (b"MZ\x90\0\3\0\0\0", (415, "upload_refused")),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", (415, "upload_picture")),
        (png_bomb(16_000, 4_000), (413, "upload_pixels")),
        (photo(200, 200)[:900], (400, "upload_damaged")),
    ):
        assert await refusal(teacher, data) == expected
    for where in ({"document": "demo-table", "channel": CHANNEL}, {"name2": "x"}):
        assert (await send(teacher, b"x", **where))[0] == 400
    assert len(kept(services)) == before and not list((services.config.data / "uploads" / ".incoming").iterdir())
    foreign = await teacher.client.post(
        "/api/v1/uploads", params={"channel": CHANNEL}, data=b"x", headers={"Origin": "https://evil.example"}
    )
    assert foreign.status == 403


async def test_nobody_shows_a_file_as_a_page_of_ours(enter: Enter) -> None:
    teacher = await enter("teacher")
    page = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    for data, name, kind, how in (
        (page, "bild.svg", "text/plain", "attachment"),
        (b"<html>", "Grüße\u202e\r\nX: y.html", "text/plain", "attachment"),
        (b"%PDF-1.7 <script>", "a.pdf", "application/pdf", "attachment"),
        (photo(90, 60, "PNG") + page, "a.png", "image/png", "inline"),
    ):
        _, sent = await send(teacher, data, name)
        for path in (f"uploads/{sent['id']}", f"uploads/{sent['id']}/irgend.html"):
            answer = await fetch(teacher, path)
            assert answer.status == 200 and answer.headers["Content-Type"] == kind
            assert answer.headers["Content-Disposition"].startswith(f"{how}; filename=")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert answer.headers["Cache-Control"] == "private, no-cache" and "X" not in answer.headers
        if kind == "image/png":
            assert page not in await answer.read()
    answer = await fetch(teacher, f"uploads/{sent['id']}")
    assert (await fetch(teacher, f"uploads/{sent['id']}", **{"If-None-Match": answer.headers["ETag"]})).status == 304


async def test_hash_and_type_are_those_of_what_is_served(enter: Enter, services: Services) -> None:
    teacher = await enter("teacher")
    for data, name in ((photo(1600, 1200), "a.png"), (photo(90, 60, "PNG"), "b.html"), (docx(), "c.exe.txt"),
                       (b"<html>" + bytes(600_000), "d.jpg"), (b"%PDF-1.7 heft", "e.gif")):  # fmt: skip
        _, sent = await send(teacher, data, name)
        path = f"uploads/{sent['id']}"
        answer = await fetch(teacher, path)
        served = await answer.read()
        assert hashlib.sha256(served).hexdigest() == sent["hash"] and len(served) == sent["size"]
        assert sent["type"] == answer.headers["Content-Type"] == kind_of(served[:HEAD], served[-TAIL:], len(served))
        changed = await services.uploads.store.find(sent["id"])
        assert changed is not None
        file = services.config.data / "uploads" / changed.place
        file.write_bytes(b"MZ" + served[2:])  # as somebody else on the machine could
        if len(served) < PIECE:
            assert (await fetch(teacher, path)).status == 404
        else:
            with pytest.raises(ClientError):
                await fetch(teacher, path)
        file.write_bytes(served)
        assert (await fetch(teacher, path)).status == 200


async def test_parts_of_a_file(enter: Enter) -> None:
    teacher = await enter("teacher")
    data = bytes(range(256)) * 2000
    _, sent = await send(teacher, data)
    path = f"uploads/{sent['id']}"
    part = await fetch(teacher, path, Range="bytes=262140-262160")
    assert (part.status, await part.read()) == (206, data[262140:262161])
    assert part.headers["Content-Range"] == f"bytes 262140-262160/{len(data)}"
    assert (await fetch(teacher, path, Range=f"bytes={len(data)}-")).status == 416
    stale = await fetch(teacher, path, Range="bytes=0-1", **{"If-Range": '"other"'})
    assert (stale.status, await stale.read()) == (200, data)


async def test_who_reads_a_file(enter: Enter, services: Services) -> None:
    teacher, amira, ben = await enter("teacher"), await enter("pupil1"), await enter("pupil2")
    parent, admin = await enter("guardian1"), await enter("admin")
    _, sent = await send(amira, b"%PDF-1.7 heft", "Heft.pdf")
    path = f"uploads/{sent['id']}"

    async def readers() -> list[int]:
        return [(await fetch(one, path)).status for one in (amira, ben, teacher, parent, admin)]

    assert await readers() == [200, 404, 404, 404, 404], "nobody but its sender before it hangs on a message"
    assert (await ben.call("DELETE", path))[0] == (await teacher.call("DELETE", path))[0] == 404, "nor takes it back"
    assert (await send(parent, b"x"))[0] == 404 and (await send(ben, b"x", document="no-document"))[0] == 404
    await do_change_channel(services.school, "demo", CHANNEL, ChannelPatch(mode="moderated"))
    change = await services.chat.changes.hold(
        NewMessage(CHANNEL, "pupil1", "A", "pupil", "", "1", attachments=(sent["id"],))
    )
    assert isinstance(change.item, Held)
    assert await readers() == [200, 404, 200, 404, 404], "held: its author and who moderates"
    assert (await amira.call("DELETE", path))[0] == 409
    _, message = await services.chat.changes.decide(CHANNEL, change.item.id, True)
    assert message is not None and await readers() == [200, 200, 200, 404, 404]
    await do_change_channel(services.school, "demo", CHANNEL, ChannelPatch(mode="teacher_only"))
    assert (await refusal(amira, b"x"))[0] == 403
    await services.chat.changes.delete(CHANNEL, message.seq)
    assert await readers() == [404] * 5
    await services.uploads.store.collect()
    assert kept(services) == []


async def test_another_school_knows_nothing(enter: Enter, stranger: Browser, services: Services) -> None:
    passwords = Passwords()
    hashed = await passwords.hash("kreide")
    passwords.close()
    await do_create_school(services.school, School("north", "Nord"))
    await do_create_account(services.school, Account("nora", "north", "nora", "head", "N", "Nora"), hashed)
    await do_create_group(services.school, SchoolClass("north-1", "north", "1", "north-class"))
    await do_enrol(services.school, Enrolment("north", "north-1", "nora"))
    nora = {"account": "nora", "password": "kreide", "school": "north"}
    assert (await stranger.call("POST", "login", nora))[0] == 200
    teacher = await enter("teacher")
    _, sent = await send(teacher, b"%PDF-1.7 the same")
    await say(services, "teacher", sent["id"])
    for path in (f"uploads/{sent['id']}", f"uploads/{sent['id']}/x", f"documents/demo-deck/pictures/{sent['hash']}"):
        assert (await fetch(stranger, path)).status == 404
    assert (await stranger.call("DELETE", f"uploads/{sent['id']}"))[0] == 404
    assert (await send(stranger, b"x"))[0] == 404, "a channel of the other school"
    status, same = await send(stranger, b"%PDF-1.7 the same", channel="north-class")
    assert status == 201 and same["id"] != sent["id"]
    found = [await services.uploads.store.find(one["id"]) for one in (sent, same)]
    assert found[0] is not None and found[1] is not None and found[0].place != found[1].place
    assert (await stranger.get("uploads"))["used"] == len(b"%PDF-1.7 the same")


async def test_how_much_one_person_may_send(enter: Enter, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    teacher, amira = await enter("teacher"), await enter("pupil1")
    uploads = services.uploads
    monkeypatch.setattr(uploads, "limit", 50_000)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(60):
            yield bytes(1000)

    assert await refusal(teacher, bytes(50_001)) == (413, "too_large")
    assert await refusal(teacher, endless()) == (413, "too_large")
    assert (await send(teacher, bytes(50_000)))[0] == 201
    assert (await teacher.get("uploads")) == {"limit": 50_000, "quota": 1_000_000_000, "used": 50_000}
    monkeypatch.setattr(uploads, "quota", Quota(80_000, 120_000))
    assert await refusal(teacher, bytes(40_000)) == (507, "upload_quota")
    assert (await send(amira, b"1" * 50_000))[0] == 201
    assert await refusal(amira, b"2" * 25_000) == (507, "upload_quota"), "the school is full"
    (file,) = [one for one in kept(services) if one.read_bytes()[:1] == b"1"]
    found = await uploads.store.find((await send(amira, b"1" * 50_00))[1]["id"])
    assert found is not None and (await amira.call("DELETE", f"uploads/{found.reference.id}"))[0] == 204
    assert file.exists() and (await amira.get("uploads"))["used"] == 50_000


async def test_who_sends_slowly_or_too_many_at_once(
    enter: Enter, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, amira = await enter("teacher"), await enter("pupil1")
    gate = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"begin"
        await gate.wait()
        yield b"end"

    under_way = [asyncio.create_task(send(teacher, slow())) for _ in range(bounds.AT_ONCE)]
    await eventually(lambda: services.uploads.under_way("teacher") == bounds.AT_ONCE)
    status, body = await send(teacher, b"one more")
    assert (status, body["code"]) == (429, "too_many_requests")
    assert (await send(amira, b"somebody else"))[0] == 201
    gate.set()
    assert [status for status, _ in await asyncio.gather(*under_way)] == [201] * bounds.AT_ONCE
    gate.clear()
    monkeypatch.setattr(bounds, "SILENCE_SECONDS", 0.05)
    assert await refusal(teacher, slow()) == (408, "upload_too_slow")
    monkeypatch.setattr(bounds, "SILENCE_SECONDS", 20.0)
    before = len(kept(services))
    address = urlsplit(str(teacher.client.make_url("/")))
    cookies = "; ".join(f"{one.key}={one.value}" for one in teacher.client.session.cookie_jar)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST /api/v1/uploads?channel={CHANNEL} HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n"
    writer.write(head.encode() + b"Content-Length: 5000\r\n\r\n" + bytes(100))
    await writer.drain()
    await eventually(lambda: services.uploads.under_way("teacher") == 1)
    writer.close()
    await eventually(lambda: services.uploads.under_way("teacher") == 0)
    assert len(kept(services)) == before, "what did not arrive whole is not kept"


async def test_pictures_of_a_document(enter: Enter, services: Services) -> None:
    teacher, amira, ben = await enter("teacher"), await enter("pupil1"), await enter("pupil2")
    _, deck = await teacher.call("POST", "documents", {"kind": "deck", "title": "Bilder"})
    rights = {"rights": [{"subject_kind": "account", "subject": "pupil1", "right": "read"}]}
    await teacher.call("PUT", f"documents/{deck['id']}/rights", rights)
    status, sent = await send(teacher, photo(90, 60), document=deck["id"])
    assert status == 201 and len(sent["hash"]) == 64
    assert (await send(teacher, photo(90, 60), document=deck["id"]))[1]["id"] == sent["id"], "once in a document"
    assert await refusal(teacher, b"%PDF-1.7", document=deck["id"]) == (415, "upload_picture")
    assert (await send(amira, photo(90, 60), document=deck["id"]))[0] == 403
    for path in (f"documents/{deck['id']}/pictures/{sent['hash']}", f"uploads/{sent['id']}"):
        assert [(await fetch(one, path)).status for one in (teacher, amira, ben)] == [200, 200, 404]
    _, other = await ben.call("POST", "documents", {"kind": "deck", "title": "x"})
    stolen = await fetch(ben, f"documents/{other['id']}/pictures/{sent['hash']}")
    assert stolen.status == 404, "a hash alone opens nothing"
    with pytest.raises(ProtocolError, match="not sent here"):
        await say(services, "teacher", sent["id"])
    now = services.school.clock()
    await sweep_once(services, now)
    assert kept(services)
    await sweep_once(services, now + 25 * 3600 * 1000)
    assert not kept(services), "no slide names it, nor did one"
