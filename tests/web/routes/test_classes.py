"""Classes, learning groups and their rosters."""

from __future__ import annotations

from tests.web.routes.conftest import Enter


async def test_rosters(enter: Enter) -> None:
    pupil, teacher = await enter("pupil1"), await enter("teacher")
    seen, full = await pupil.get("classes/demo-8b"), await teacher.get("classes/demo-8b")
    assert len(seen["roster"]) == len(full["roster"]) == 31
    assert all(member["full_name"] is None for member in seen["roster"])
    assert {"id": "pupil1", "role": "pupil", "name": "Amira H.", "full_name": "Amira Haddad"} in full["roster"]
    guardian = await enter("guardian1")
    assert (await guardian.call("GET", "classes/demo-8b"))[0] == 404
    assert (await guardian.get("classes"))["classes"] == []
    assert (await teacher.call("GET", "learning-groups/demo-8b"))[0] == 404, "a class is no learning group"


async def test_the_administration_keeps_them(enter: Enter) -> None:
    admin, teacher, pupil = await enter("admin"), await enter("teacher"), await enter("pupil2")
    for kind in ("classes", "learning-groups"):
        assert (await teacher.call("POST", kind, {"title": "x"}))[0] == 403
        status, made = await admin.call("POST", kind, {"title": "Förderkurs"})
        assert status == 201
        path = f"{kind}/{made['id']}"
        assert (await pupil.call("GET", path))[0] == 404
        assert (await admin.call("POST", f"{path}/enrolments", {"account": "pupil2"}))[0] == 204
        assert (await admin.call("POST", f"{path}/enrolments", {"account": "pupil2"}))[0] == 409
        assert (await admin.call("POST", f"{path}/enrolments", {"account": "guardian1"}))[0] == 409
        assert (await admin.call("POST", f"{path}/enrolments", {"account": "nobody"}))[0] == 404
        assert (await pupil.call("POST", f"{path}/enrolments", {"account": "pupil3"}))[0] == 403
        assert [member["id"] for member in (await pupil.get(path))["roster"]] == ["pupil2"]
        assert made["channel"] in [channel["id"] for channel in (await pupil.get("channels"))["channels"]]
        assert (await admin.call("DELETE", f"{path}/enrolments/pupil2"))[0] == 204
        assert (await admin.call("DELETE", f"{path}/enrolments/pupil2"))[0] == 404
        assert (await pupil.call("GET", path))[0] == 404
