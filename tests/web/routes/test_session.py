"""Coming in and going out over HTTP."""

from __future__ import annotations

from aiohttp.test_utils import TestServer

from tests.web.routes.conftest import Browser, Enter


async def test_login_me_logout(stranger: Browser) -> None:
    assert (await stranger.call("GET", "me"))[0] == 401
    response = await stranger.client.post("/api/v1/login", json={"account": "pupil1", "password": "kreide"})
    assert await response.json() == {"person": {"id": "pupil1", "school": "demo", "role": "pupil", "name": "Amira H."}}
    cookie = response.cookies["kreide_session"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/" and not cookie["secure"]
    assert response.headers["Cache-Control"] == "no-store"
    assert (await stranger.get("me"))["person"]["id"] == "pupil1"
    assert (await stranger.call("POST", "logout"))[0] == 204
    assert (await stranger.call("GET", "me"))[0] == 401
    assert (await stranger.call("POST", "logout"))[0] == 204


async def test_the_cookie_is_secure_over_tls(stranger: Browser, server: TestServer) -> None:
    origin = {"Origin": f"https://{server.host}:{server.port}"}
    response = await stranger.client.post(
        "/api/v1/login", json={"account": "pupil1", "password": "kreide"}, headers=origin
    )
    assert response.status == 200
    assert response.cookies["kreide_session"]["secure"]


async def test_a_login_ends_the_one_before(stranger: Browser, server: TestServer) -> None:
    await stranger.call("POST", "login", {"account": "pupil1", "password": "kreide"})
    (old,) = [cookie.value for cookie in stranger.client.session.cookie_jar if cookie.key == "kreide_session"]
    await stranger.call("POST", "login", {"account": "pupil2", "password": "kreide"})
    headers = {"Cookie": f"kreide_session={old}"}
    response = await stranger.client.get("/api/v1/me", headers=headers, cookies={})
    assert (await stranger.get("me"))["person"]["id"] == "pupil2"
    assert response.status in (200, 401)
    stranger.client.session.cookie_jar.clear()
    assert (await stranger.client.get("/api/v1/me", headers=headers)).status == 401


async def test_refusals(stranger: Browser) -> None:
    status, problem = await stranger.call("POST", "login", {"account": "pupil1", "password": "wrong"})
    assert (status, problem["code"], problem["status"]) == (401, "wrong_login", 401)
    for _ in range(30):
        response = await stranger.client.post("/api/v1/login", json={"account": "pupil3", "password": "wrong"})
        if response.status == 429:
            break
    assert response.status == 429
    assert int(response.headers["Retry-After"]) > 0
    assert response.content_type == "application/problem+json"
    assert (await response.json())["code"] == "too_many_attempts"
    assert (await stranger.call("POST", "login", {"account": "pupil4", "password": "kreide"}))[0] == 200


async def test_foreign_pages_cannot_write(enter: Enter, server: TestServer) -> None:
    teacher = await enter("teacher")
    own = f"http://{server.host}:{server.port}"
    body = {"title": "Ordner"}
    for headers, expected in (
        ({}, 201),
        ({"Origin": own}, 201),
        ({"Origin": own, "Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"{own}.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ):
        status, _ = await teacher.call("POST", "folders", body, headers=headers)
        assert status == expected, headers
    assert len((await teacher.get("folders"))["folders"]) == 4
    status, problem = await teacher.call(
        "POST", "login", {"account": "pupil1", "password": "kreide"}, headers={"Origin": "https://evil.example"}
    )
    assert (status, problem["code"]) == (403, "foreign_origin")


async def test_own_password(enter: Enter, stranger: Browser) -> None:
    pupil, elsewhere = await enter("pupil5"), await enter("pupil5")
    assert (await pupil.call("POST", "me/password", {"old": "nope", "new": "long enough"}))[0] == 401
    assert (await pupil.call("POST", "me/password", {"old": "kreide", "new": "short"}))[0] == 400
    assert (await pupil.call("POST", "me/password", {"old": "kreide", "new": "long enough"}))[0] == 204
    assert (await pupil.get("me"))["person"]["id"] == "pupil5"
    assert (await elsewhere.call("GET", "me"))[0] == 401
    assert (await stranger.call("POST", "login", {"account": "pupil5", "password": "kreide"}))[0] == 401
    assert (await stranger.call("POST", "login", {"account": "pupil5", "password": "long enough"}))[0] == 200


async def test_schools(stranger: Browser) -> None:
    assert await stranger.get("schools") == {
        "schools": [{"id": "demo", "title": "Gesamtschule am Kanal"}], "demo": True
    }  # fmt: skip


async def test_a_known_device_is_not_kept_out_by_others_guesses(stranger: Browser, server: TestServer) -> None:
    """Somebody guesses at the teacher's password without end; the teacher's own tablet gets in all the same."""
    right = {"account": "teacher", "password": "kreide"}
    assert (await stranger.call("POST", "login", right))[0] == 200
    mark = next(cookie for cookie in stranger.client.session.cookie_jar if cookie.key == "kreide_device")
    assert mark["httponly"] and mark["samesite"] == "Lax"
    stranger.client.session.cookie_jar.clear()
    for _ in range(12):
        status, _ = await stranger.call("POST", "login", {**right, "password": "guess"})
    assert status == 429 and (await stranger.call("POST", "login", right))[0] == 429

    async def login(cookie: str, account: str = "Teacher ") -> int:
        stranger.client.session.cookie_jar.clear()
        body = {**right, "account": account}
        headers = {"Cookie": f"kreide_device={cookie}"}
        return (await stranger.client.post("/api/v1/login", json=body, headers=headers)).status

    assert await login(mark.value) == 200
    for forged in (mark.value[:-1] + "x", "x" + mark.value, mark.value.partition(".")[2], "." * 5000):
        assert await login(forged) == 429, "only our own signature counts apart"
