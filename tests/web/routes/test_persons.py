"""What the administration may ask of a person's data over HTTP: how much, a copy, erasure; and nobody else may."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.web.routes.conftest import Browser, Enter
from tests.web.routes.test_history import write
from web import person as person_module
from web.services import Services


async def test_a_copy_and_erasure(enter: Enter, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person_module, "HEARD_SECONDS", 0.0)
    admin = await enter("admin")
    await write(services, "pupil1", "c1", "meinwort")
    told = await admin.get("accounts/pupil1/data")
    assert told["login"] == "pupil1"
    assert {one["what"]: one["count"] for one in told["amounts"]}["changes of documents"] == 1
    answer = await admin.client.get("/api/v1/accounts/pupil1/data/export")
    assert answer.status == 200 and answer.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
        assert b"meinwort" in archive.read("documents/demo-table.json")
    assert (await admin.call("POST", "accounts/pupil1/data/erasure", {"login": "pupil2"}))[0] == 400
    assert (await admin.call("POST", "accounts/admin/data/erasure", {"login": "admin"}))[0] == 409
    assert (await admin.call("POST", "accounts/pupil1/data/erasure", {"login": "pupil1"}))[0] == 204
    assert (await admin.call("GET", "accounts/pupil1/data"))[0] == 404
    logins = [one["login"] for one in (await admin.get("accounts"))["accounts"]]
    assert "pupil2" in logins and not [login for login in logins if login.startswith("gone-")]
    snapshot = (await services.documents.store.load("demo-table")).snapshot
    assert snapshot is not None and b"meinwort" not in snapshot.state


async def test_guests_too(enter: Enter, stranger: Browser, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person_module, "HEARD_SECONDS", 0.0)
    teacher, admin = await enter("teacher"), await enter("admin")
    _, link = await teacher.call("POST", "meetings/demo-lesson/guest-links", {})
    _, came = await stranger.call("POST", "guest", {"token": link["token"], "name": "Oma Müller"})
    guest = came["person"]["id"]
    await write(services, guest, "c1", "omaswort")
    (found,) = (await admin.get("guests?text=müller"))["guests"]
    assert (found["id"], found["name"]) == (guest, "Oma Müller") and found["last"]
    assert (await admin.get("guests?text=nobody"))["guests"] == []
    assert {one["what"]: one["count"] for one in (await admin.get(f"accounts/{guest}/data"))["amounts"]}["logins"] == 1
    answer = await admin.client.get(f"/api/v1/accounts/{guest}/data/export")
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
        assert b"omaswort" in archive.read("documents/demo-table.json")
    assert (await stranger.call("GET", "me"))[0] == 200
    assert (await admin.call("POST", f"accounts/{guest}/data/erasure", {"login": "Oma"}))[0] == 400
    assert (await admin.call("POST", f"accounts/{guest}/data/erasure", {"login": "Oma Müller"}))[0] == 204
    assert (await stranger.call("GET", "me"))[0] == 401, "the guest is out"
    assert (await admin.get("guests"))["guests"] == []
    assert (await admin.call("GET", f"accounts/{guest}/data"))[0] == 404


async def test_only_the_administration_asks(enter: Enter) -> None:
    for who in ("teacher", "pupil1", "guardian1"):
        browser = await enter(who)
        assert (await browser.call("GET", "guests"))[0] == 403
        for method, path in (("GET", "data"), ("GET", "data/export"), ("POST", "data/erasure")):
            body = {"login": "pupil2"} if method == "POST" else None
            assert (await browser.call(method, f"accounts/pupil2/{path}", body))[0] == 403
