"""Folders and documents over HTTP."""

from __future__ import annotations

from tests.web.routes.conftest import Enter
from web.school.actions import do_create_group, do_unenrol
from web.school.model import Enrolment, SchoolClass
from web.services import Services


async def test_make_open_rename_share(enter: Enter) -> None:
    teacher, pupil, other = await enter("teacher"), await enter("pupil1"), await enter("pupil2")
    status, made = await teacher.call("POST", "documents", {"kind": "deck", "title": "Neu"})
    assert status == 201
    path = f"documents/{made['id']}"
    assert await teacher.get(path) == made | {"epoch": 1, "right": "write"}
    assert (await pupil.call("GET", path))[0] == 404
    rights = {"rights": [{"subject_kind": "account", "subject": "pupil1", "right": "read"}]}
    assert await teacher.call("PUT", f"{path}/rights", rights) == (200, rights)
    assert (await pupil.get(path))["right"] == "read"
    assert (await pupil.call("PATCH", path, {"title": "Mine"}))[0] == 403
    assert (await pupil.call("PUT", f"{path}/rights", rights))[0] == 403
    assert (await pupil.call("GET", f"{path}/rights"))[0] == 403
    assert (await other.call("PUT", f"{path}/rights", rights))[0] == 404
    assert (await teacher.call("PATCH", path, {"title": "Besser"}))[1]["title"] == "Besser"
    both = {"rights": [{"subject_kind": "group", "subject": "demo-8b", "right": "write"}]}
    await teacher.call("PUT", f"{path}/rights", both)
    assert (await other.get(path))["right"] == "write"
    assert made["id"] in [row["id"] for row in (await other.get("documents"))["documents"]]
    unknown = {"rights": [{"subject_kind": "group", "subject": "none", "right": "write"}]}
    assert (await teacher.call("PUT", f"{path}/rights", unknown))[0] == 404
    assert await teacher.get(f"{path}/rights") == both


async def test_pupils_and_guardians_share_with_whom_they_have_to_do(enter: Enter, services: Services) -> None:
    """Their class, who is in it, their family, whom they may write to; ids of others are as good as none."""
    await do_create_group(services.school, SchoolClass("demo-8c", "demo", "8c", "demo-8c-channel"))
    await do_unenrol(services.school, Enrolment("demo", "demo-8b", "pupil3"))
    for who, near, far in (
        ("pupil1", ("pupil2", "teacher", "guardian1"), ("pupil3", "guardian2", "head")),
        ("guardian1", ("pupil1", "teacher", "head"), ("pupil2", "guardian2", "admin")),
    ):
        browser = await enter(who)
        _, made = await browser.call("POST", "documents", {"kind": "table", "title": "T"})
        path = f"documents/{made['id']}/rights"
        kept = [{"subject_kind": "account", "subject": one, "right": "read"} for one in near]
        assert (await browser.call("PUT", path, {"rights": kept}))[0] == 200
        for kind, one in (*(("account", one) for one in (*far, "nobody")), ("group", "demo-8c"), ("group", "none")):
            wanted = [*kept, {"subject_kind": kind, "subject": one, "right": "read"}]
            status, answer = await browser.call("PUT", path, {"rights": wanted})
            assert (status, answer["code"], answer["detail"]) == (404, "not_found", "not_found"), (who, one)
        group = {"subject_kind": "group", "subject": "demo-8b", "right": "write"}
        assert (await browser.call("PUT", path, {"rights": [group]}))[0] == (200 if who == "pupil1" else 404)


async def test_folders_share_what_is_in_them(enter: Enter) -> None:
    teacher, pupil = await enter("teacher"), await enter("pupil1")
    _, folder = await teacher.call("POST", "folders", {"title": "Material"})
    _, made = await teacher.call("POST", "documents", {"kind": "table", "title": "T", "folder": folder["id"]})
    rights = {"rights": [{"subject_kind": "group", "subject": "demo-8b", "right": "read"}]}
    assert (await pupil.call("PUT", f"folders/{folder['id']}/rights", rights))[0] == 404
    assert await teacher.call("PUT", f"folders/{folder['id']}/rights", rights) == (200, rights)
    assert await teacher.get(f"folders/{folder['id']}/rights") == rights
    assert (await pupil.get(f"documents/{made['id']}"))["right"] == "read"
    assert [row["id"] for row in (await pupil.get("folders"))["folders"]] == [folder["id"]]
    inside = {"kind": "deck", "title": "x", "folder": folder["id"]}
    assert (await pupil.call("POST", "documents", inside))[0] == 403, "reading a folder is not writing it"
    _, own = await pupil.call("POST", "documents", {"kind": "deck", "title": "Mein Heft"})
    assert (await pupil.call("PATCH", f"documents/{own['id']}", {"folder": folder["id"]}))[0] == 403
    assert (await teacher.call("PATCH", f"documents/{made['id']}", {"folder": None}))[1]["folder"] is None
    assert (await pupil.call("GET", f"documents/{made['id']}"))[0] == 404


async def test_nobody_hides_anothers_document(enter: Enter) -> None:
    """Moving shares like the folder: only the owner moves. A pupil who may write does neither, nor rename."""
    pupil = await enter("pupil1")
    _, folder = await pupil.call("POST", "folders", {"title": "Meins"})
    assert (await pupil.call("PATCH", "documents/demo-deck", {"title": "Parabeln 2"}))[0] == 403
    assert (await pupil.call("PATCH", "documents/demo-deck", {"folder": folder["id"]}))[0] == 403


async def test_tickets_and_scratch(enter: Enter, services: Services) -> None:
    head, pupil = await enter("head"), await enter("pupil1")
    assert (await head.call("POST", "documents/demo-deck/ticket", {}))[0] == 403, "the head only reads"
    status, answer = await head.call("POST", "documents/demo-deck/ticket", {"right": "read"})
    assert status == 200
    person = await services.auth.person_of_ticket(answer["ticket"])
    assert (await services.access.access_document(person, "demo-deck"))[1] == "read"
    assert (await pupil.call("POST", "documents/demo-deck/ticket"))[0] == 200
    assert (await pupil.call("GET", "documents/scratch-1"))[0] == 404, "a scratch document comes by ticket"


async def test_who_has_no_documents(enter: Enter) -> None:
    admin = await enter("admin")
    for path, body in (("documents", {"kind": "deck", "title": "x"}), ("folders", {"title": "x"})):
        assert (await admin.call("POST", path, body))[0] == 403
    guardian = await enter("guardian1")
    assert (await guardian.call("POST", "documents", {"kind": "deck", "title": "Notizen"}))[0] == 201
