"""Documents taken along as files, and brought in from them, over HTTP."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile

import pytest
from aiohttp import ClientResponse

from collab.formats.orders import MAX_FILE
from tests.web.routes.conftest import Browser, Enter
from web.services import Services

CSV = 'Name;Note;Größe\r\nÄnne;"1,5";1,62\r\nمريم;2;1,58\r\n'.encode()


async def export(browser: Browser, document: str, query: str) -> ClientResponse:
    return await browser.client.get(f"/api/v1/documents/{document}/export?{query}")


async def bring(browser: Browser, data: bytes, query: str = "title=Noten") -> tuple[int, dict[str, object]]:
    response = await browser.client.post(f"/api/v1/documents/import?{query}", data=io.BytesIO(data))
    body: dict[str, object] = await response.json(content_type=None)
    return response.status, body


async def test_a_file_becomes_a_table_and_a_file_again(enter: Enter, services: Services) -> None:
    teacher = await enter("teacher")
    status, made = await bring(teacher, CSV)
    assert (status, made["formulas"], made["sheets"]) == (201, 0, 0)
    document = made["document"]
    assert isinstance(document, dict) and document["title"] == "Noten" and document["kind"] == "table"
    assert (await teacher.get(f"documents/{document['id']}"))["epoch"] == 1
    response = await export(teacher, document["id"], "format=csv")
    assert (await response.read()).decode("utf-8-sig").encode() == CSV.replace(b'"', b"")
    for form in ("xlsx", "ods"):
        again = await (await export(teacher, document["id"], f"format={form}")).read()
        status, made = await bring(teacher, again, f"title={form}")
        assert status == 201
        copy = made["document"]
        assert isinstance(copy, dict)
        assert await (await export(teacher, copy["id"], "format=csv")).read() == await response.read()
    assert services.heavy.pids(), "a process of its own did it"


async def test_a_file_carries_what_the_formulas_gave(enter: Enter) -> None:
    teacher = await enter("teacher")
    _, made = await bring(teacher, b"a;b\n1;'=SUM(A1:A2)\n")
    book = await (await export(teacher, made["document"]["id"], "format=xlsx")).read()  # type: ignore[index]
    _, made = await bring(teacher, book)
    document = made["document"]["id"]  # type: ignore[index]
    url = f"/api/v1/documents/{document}/export?format=csv"
    response = await teacher.client.post(url, json=[["r1", "c1", "x"]])
    assert (await response.read()).decode("utf-8-sig") == "a;b\r\n1;'=SUM(A1:A2)\r\n", "text stays text"
    refused = await teacher.client.post(url, json={"r1": 1})
    assert (refused.status, (await refused.json(content_type=None))["code"]) == (400, "bad_request")
    foreign = await teacher.client.post(url, json=[], headers={"Origin": "https://elsewhere.test"})
    assert foreign.status == 403


async def test_what_is_stored_is_handed_out_with_safe_headers(enter: Enter) -> None:
    pupil = await enter("pupil1")
    response = await export(pupil, "demo-deck", "format=pptx")
    assert response.status == 200
    assert response.headers["Content-Type"].endswith("presentationml.presentation")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.content_disposition is not None
    assert response.content_disposition.type == "attachment"
    assert response.content_disposition.filename == "Parabeln.pptx"
    names = zipfile.ZipFile(io.BytesIO(await response.read())).namelist()
    assert sum(name.startswith("ppt/slides/slide") for name in names) == 5
    for form, start in (("odp", b"PK"), ("pdf", b"%PDF")):
        assert (await (await export(pupil, "demo-deck", f"format={form}")).read()).startswith(start)
    assert (await (await export(pupil, "demo-table", "format=pdf&language=en")).read()).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("document", "query", "status", "code"),
    [
        ("demo-deck", "format=xlsx", 400, "format_unfit"),
        ("demo-table", "format=odp", 400, "format_unfit"),
        ("demo-table", "format=exe", 400, "bad_request"),
        ("demo-table", "", 400, "bad_request"),
        ("demo-table", "format=csv&language=tlh", 400, "bad_request"),
        ("nothing", "format=csv", 404, "not_found"),
    ],
)
async def test_what_cannot_be_exported_is_refused(
    enter: Enter, document: str, query: str, status: int, code: str
) -> None:
    response = await export(await enter("teacher"), document, query)
    assert (response.status, (await response.json(content_type=None))["code"]) == (status, code)


async def test_only_who_may_read_exports_and_only_who_may_create_imports(enter: Enter) -> None:
    teacher, pupil, admin = await enter("teacher"), await enter("pupil1"), await enter("admin")
    _, made = await bring(teacher, CSV)
    document = made["document"]
    assert isinstance(document, dict)
    assert (await export(pupil, document["id"], "format=csv")).status == 404
    assert (await export(admin, "demo-table", "format=csv")).status == 404
    assert (await bring(admin, CSV))[0] == 403
    _, folder = await teacher.call("POST", "folders", {"title": "Nur lesen"})
    rights = {"rights": [{"subject_kind": "account", "subject": "pupil1", "right": "read"}]}
    await teacher.call("PUT", f"folders/{folder['id']}/rights", rights)
    assert (await bring(pupil, CSV, f"title=x&folder={folder['id']}"))[0] == 403
    assert (await bring(teacher, CSV, f"title=x&folder={folder['id']}"))[0] == 201


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "file_empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 400, "file_unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), 400, "file_locked"),
        (b"PK\x03\x04" + bytes(200), 400, "file_unreadable"),
        (b"a,b\n" * 20_001, 400, "file_too_many_cells"),
        (bytes(MAX_FILE + 1), 413, "too_large"),
    ],
)
async def test_what_is_no_table_makes_no_document(enter: Enter, data: bytes, status: int, code: str) -> None:
    teacher = await enter("teacher")
    before = await teacher.get("documents")
    answered, problem = await bring(teacher, data)
    assert (answered, problem["code"]) == (status, code)
    assert await teacher.get("documents") == before


async def test_a_title_is_needed(enter: Enter) -> None:
    teacher = await enter("teacher")
    for query in ("", "title=", "title=%00", "title=x&language=fr"):
        assert (await bring(teacher, CSV, query))[1]["code"] == "bad_request"


async def test_one_person_converts_two_files_at_a_time(enter: Enter) -> None:
    teacher, pupil = await enter("teacher"), await enter("pupil1")
    many = [export(teacher, "demo-deck", "format=pdf") for _ in range(6)]
    *answers, other = await asyncio.gather(*many, export(pupil, "demo-deck", "format=pptx"))
    statuses = sorted(answer.status for answer in answers)
    assert statuses[:2] == [200, 200] and statuses[-1] == 429
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.headers["Retry-After"] == "5"
    assert other.status == 200, "others are not kept waiting by it"
    assert (await export(teacher, "demo-deck", "format=pptx")).status == 200


async def test_the_description_names_files_and_queries(enter: Enter) -> None:
    described = await (await enter("teacher")).get("openapi.json")
    out = described["paths"]["/api/v1/documents/{id}/export"]["get"]
    assert {entry["name"]: entry["required"] for entry in out["parameters"]} == {
        "id": True,
        "format": True,
        "language": False,
    }
    assert "application/pdf" in out["responses"]["200"]["content"]
    into = described["paths"]["/api/v1/documents/import"]["post"]
    assert "text/csv" in into["requestBody"]["content"]
    assert "Imported" in json.dumps(into["responses"]["201"])
