"""The administration's work on accounts, and its reach on what is open."""

from __future__ import annotations

from tests.web.routes.conftest import Browser, Enter
from tests.web.school.test_directory import MANY, fill
from web.services import Services


async def test_only_for_the_administration(enter: Enter) -> None:
    for name in ("teacher", "pupil1", "guardian1"):
        browser = await enter(name)
        assert (await browser.call("GET", "accounts"))[0] == 403
        new = {"login": "x", "role": "school_admin", "full_name": "X"}
        assert (await browser.call("POST", "accounts", new))[0] == 403
        assert (await browser.call("PATCH", f"accounts/{name}", {"role": "head"}))[0] == 403
        assert (await browser.call("POST", "accounts/guardian1/children", {"pupil": "pupil9"}))[0] == 403


async def test_a_pupils_account(enter: Enter, stranger: Browser) -> None:
    admin = await enter("admin")
    new = {"login": "mia", "role": "pupil", "full_name": "Mia  Kowalski-Berg", "password": "long enough"}
    status, made = await admin.call("POST", "accounts", new)
    assert (status, made["name"], made["full_name"]) == (201, "Mia K.", "Mia Kowalski-Berg")
    assert (await admin.call("POST", "accounts", new))[0] == 409
    assert made in (await admin.get("accounts"))["accounts"]
    login = {"account": "mia", "password": "long enough"}
    assert (await stranger.call("POST", "login", login))[0] == 200
    assert (await admin.call("PATCH", f"accounts/{made['id']}", {"disabled": True}))[1]["disabled"]
    assert (await stranger.call("GET", "me"))[0] == 401
    assert (await stranger.call("POST", "login", login))[0] == 401
    await admin.call("PATCH", f"accounts/{made['id']}", {"disabled": False, "password": "another one"})
    assert (await stranger.call("POST", "login", login | {"password": "another one"}))[0] == 200
    assert (await admin.call("PATCH", "accounts/nobody", {"name": "x"}))[0] == 404


async def test_nobody_locks_themselves_out(enter: Enter) -> None:
    admin = await enter("admin")
    for change in ({"role": "pupil"}, {"disabled": True}):
        assert (await admin.call("PATCH", "accounts/admin", change))[0] == 409
    assert (await admin.call("PATCH", "accounts/admin", {"name": "Frau L."}))[0] == 200


async def test_a_changed_role_holds_at_the_next_request(enter: Enter) -> None:
    admin, teacher = await enter("admin"), await enter("teacher")
    assert (await teacher.get("meetings/demo-lesson"))["grant"]["moderate"]
    await admin.call("PATCH", "accounts/teacher", {"role": "pupil"})
    assert not (await teacher.get("meetings/demo-lesson"))["grant"]["moderate"]
    assert (await teacher.call("POST", "meetings/demo-lesson/guest-links"))[0] == 403


async def test_families(enter: Enter) -> None:
    admin, guardian = await enter("admin"), await enter("guardian1")
    assert (await admin.call("DELETE", "accounts/guardian1/children/pupil1"))[0] == 204
    assert (await guardian.get("home"))["meetings"] == []
    assert (await admin.call("DELETE", "accounts/guardian1/children/pupil1"))[0] == 404
    assert (await admin.call("POST", "accounts/guardian1/children", {"pupil": "teacher"}))[0] == 409
    assert (await admin.call("POST", "accounts/guardian1/children", {"pupil": "pupil7"}))[0] == 204
    assert [meeting["id"] for meeting in (await guardian.get("home"))["meetings"]] == ["demo-consultation"]


async def test_a_school_larger_than_a_page(enter: Enter, services: Services) -> None:
    await fill(services.school, "demo")
    admin = await enter("admin")
    first = await admin.get("accounts?most=500&role=pupil")
    assert (len(first["accounts"]), first["total"]) == (500, MANY + 30)
    last = await admin.get(f"accounts?most=500&role=pupil&skip={MANY + 29}")
    assert (len(last["accounts"]), last["total"]) == (1, MANY + 30)
    (found,) = (await admin.get("accounts?text=nr05299"))["accounts"]
    assert found["login"] == "kind5299"
    for wrong in ("most=501", "skip=-1", "role=nobody"):
        assert (await admin.call("GET", f"accounts?{wrong}"))[0] == 400
    rows = [{"full_name": found["full_name"]}, {"full_name": "Kind Nr05298", "login": "kind5298"}]
    status, taken = await admin.call("POST", "roster", {"rows": rows})
    assert (status, [row["password"] for row in taken["rows"]]) == (200, [None, None]), "nobody is made twice"
    head = await enter("head")
    assert [one["id"] for one in (await head.get("people?text=nr05299"))["people"]] == ["demo-k5299"]
