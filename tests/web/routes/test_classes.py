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
    admin, pupil = await enter("admin"), await enter("pupil2")
    for kind in ("classes", "learning-groups"):
        assert (await pupil.call("POST", kind, {"title": "x"}))[0] == 403
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


async def test_teachers_keep_learning_groups(enter: Enter) -> None:
    teacher, pupil, admin, head = [await enter(name) for name in ("teacher", "pupil2", "admin", "head")]
    assert (await teacher.call("POST", "classes", {"title": "x"}))[0] == 403
    status, made = await teacher.call("POST", "learning-groups", {"title": "Roboter"})
    assert status == 201
    path = f"learning-groups/{made['id']}"
    seen = await teacher.get(path)
    assert ([member["id"] for member in seen["roster"]], seen["keeps"]) == (["teacher"], True)
    assert (await teacher.call("POST", f"{path}/enrolments", {"account": "pupil2"}))[0] == 204
    assert not (await pupil.get(path))["keeps"]
    for method, end, body in (
        ("PATCH", "", {"title": "Unseres"}), ("POST", "/enrolments", {"account": "pupil3"}),
        ("DELETE", "/enrolments/teacher", None),
    ):  # fmt: skip
        assert (await pupil.call(method, path + end, body))[0] == 403, end
    assert (await teacher.call("PATCH", path, {"title": "Robotik"}))[1]["title"] == "Robotik"
    titles = {channel["id"]: channel["title"] for channel in (await pupil.get("channels"))["channels"]}
    assert titles[made["channel"]] == "Robotik", "its chat is called the same"
    assert (await teacher.call("PATCH", "classes/demo-8b", {"title": "9b"}))[0] == 403
    assert (await head.get(path))["keeps"]
    status, refused = await teacher.call("DELETE", f"{path}/enrolments/teacher")
    assert (status, refused["code"]) == (409, "last_teacher")
    assert (await teacher.call("DELETE", f"{path}/enrolments/pupil2"))[0] == 204
    assert (await admin.call("DELETE", f"{path}/enrolments/teacher"))[0] == 204
    assert (await teacher.call("GET", path))[0] == 404
    assert (await admin.call("POST", "learning-groups", {"title": "Chor"}))[0] == 201


async def test_staff_find_people_by_name(enter: Enter) -> None:
    teacher = await enter("teacher")
    (amira,) = (await teacher.get("people?text=ami%20had"))["people"]
    assert (amira["id"], amira["full_name"], amira["role"]) == ("pupil1", "Amira Haddad", "pupil")
    assert "8b" in " ".join(amira["of"])
    parents = [one for one in (await teacher.get("people?text=haddad"))["people"] if one["role"] == "guardian"]
    assert all("Amira Haddad" in one["of"] for one in parents)
    for text in ("", "a", "%20"):
        assert (await teacher.call("GET", f"people?text={text}"))[0] == 400, "nothing lists a school"
    for name in ("pupil1", "guardian1", "admin"):
        assert (await (await enter(name)).call("GET", "people?text=amira"))[0] == 403


async def test_a_learning_group_is_dissolved(enter: Enter) -> None:
    teacher, pupil, admin = [await enter(name) for name in ("teacher", "pupil2", "admin")]
    _, made = await teacher.call("POST", "learning-groups", {"title": "Chor"})
    path = f"learning-groups/{made['id']}"
    assert (await teacher.call("POST", f"{path}/enrolments", {"account": "pupil2"}))[0] == 204
    now = (await teacher.get("home"))["now"]
    plan = {"kind": "lesson", "title": "Probe", "learning_group": made["id"]}
    held, to_come = [
        (await teacher.call("POST", "meetings", plan | {"starts_at": now + after, "ends_at": now + after + 900_000}))[1]
        for after in (-1_800_000, 1_800_000)
    ]
    assert (await pupil.call("DELETE", path))[0] == 403
    assert (await admin.call("DELETE", "learning-groups/demo-8b"))[0] == 404, "a class is not dissolved"
    assert (await teacher.call("DELETE", path))[0] == 204
    for person in (teacher, pupil, admin):
        assert (await person.call("GET", path))[0] == 404
        assert made["id"] not in [group["id"] for group in (await person.get("learning-groups"))["learning_groups"]]
    assert made["channel"] not in [channel["id"] for channel in (await pupil.get("channels"))["channels"]]
    assert (await teacher.call("DELETE", path))[0] == 404
    kept = await teacher.get(f"meetings/{held['id']}")
    assert (kept["group_title"], kept["cancelled"]) == ("Chor", False), "what took place stays"
    assert (await teacher.get(f"meetings/{to_come['id']}"))["cancelled"]
    assert (await pupil.call("GET", f"meetings/{held['id']}"))[0] == 404
