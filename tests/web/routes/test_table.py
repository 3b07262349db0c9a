"""The edge of the API: nothing unregistered is served, nothing unfit gets in."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp.test_utils import TestServer

from tests.web.routes.conftest import Browser, Enter
from web.routes.edge import MAX_BODY
from web.routes.table import ROUTES_KEY


def test_every_served_route_is_in_the_table(server: TestServer) -> None:
    listed = {(route.method, route.path) for route in server.app[ROUTES_KEY]}
    served = set()
    for resource in server.app.router.resources():
        for route in resource:
            served.add((route.method, resource.canonical))
    canonical = {(method, path.replace("{path:.*}", "{path}")) for method, path in listed}
    sockets = {entry for entry in served if entry[1].startswith("/socket.io")}
    missing = {entry for entry in served - sockets if entry not in listed | canonical}
    assert not missing, f"not in the route table: {sorted(missing)}"


def test_no_route_is_there_twice(server: TestServer) -> None:
    rows = [(route.method, route.path) for route in server.app[ROUTES_KEY]]
    assert len(rows) == len(set(rows))


async def test_everything_but_the_doors_asks_who_is_there(server: TestServer, stranger: Browser) -> None:
    open_doors = set()
    for route in server.app[ROUTES_KEY]:
        if not route.path.startswith("/api/v1/"):
            continue
        path = re.sub(r"\{\w+\}", "x", route.path)
        response = await stranger.client.request(route.method, path)
        if response.status != 401:
            open_doors.add((route.method, route.path))
        else:
            assert response.content_type == "application/problem+json"
    assert open_doors == {
        ("POST", "/api/v1/login"), ("POST", "/api/v1/logout"), ("POST", "/api/v1/guest"),
        ("GET", "/api/v1/schools"), ("GET", "/api/v1/openapi.json"),
    }  # fmt: skip


def test_every_entry_is_in_the_protocol(server: TestServer) -> None:
    text = (Path(__file__).parents[3] / "web" / "PROTOCOL.md").read_text("utf-8")
    text += text.replace("/api/v1/classes", "/api/v1/learning-groups")
    missing = [
        f"{route.method} {route.path}"
        for route in server.app[ROUTES_KEY]
        if route.path.startswith("/api/v1/") and not re.search(f"`{route.method} {re.escape(route.path)}[`?]", text)
    ]
    assert not missing


async def test_unfit_bodies(enter: Enter) -> None:
    teacher = await enter("teacher")
    client = teacher.client

    async def send(data: bytes, content_type: str = "application/json") -> int:
        response = await client.post("/api/v1/folders", data=data, headers={"Content-Type": content_type})
        assert response.content_type == "application/problem+json"
        problem = await response.json()
        assert set(problem) == {"type", "title", "status", "code", "detail"}
        assert problem["status"] == response.status
        return response.status

    good = b'{"title": "x"}'
    for data in (
        b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"title": ""}', b'{"title": 1}', b'{"title": null}',
        b'{"title": "' + b"x" * 201 + b'"}', b'{"title": "\\ud800"}', b'{"title": "a\\u0000"}', b"[" * 100_000,
        good + good,
    ):  # fmt: skip
        assert await send(data) == 400, data[:40]
    assert await send(good, "text/plain") == 415
    assert await send(good, "application/x-www-form-urlencoded") == 415
    assert await send(b" " * (MAX_BODY + 1)) == 413
    assert (await teacher.get("folders"))["folders"] == []


async def test_a_body_without_length_is_bounded_too(enter: Enter) -> None:
    teacher = await enter("teacher")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(2 * MAX_BODY // 1024):
            yield b" " * 1024

    response = await teacher.client.post(
        "/api/v1/folders", data=endless(), headers={"Content-Type": "application/json"}
    )
    assert response.status == 413


async def test_hostile_paths(enter: Enter) -> None:
    teacher = await enter("teacher")
    for path in ("meetings/%00", "meetings/" + "x" * 5000, "documents/..%2f..%2fetc", "meetings/%F0%9F%98%80",
                 "classes/'%20OR%201=1--", "documents/%ff"):  # fmt: skip
        response = await teacher.client.get(f"/api/v1/{path}")
        assert response.status in (400, 404), (path, response.status)


async def test_hostile_cookies(stranger: Browser) -> None:
    for value in ("", "x" * 5000, "a.b.c", "%00"):
        response = await stranger.client.get("/api/v1/me", headers={"Cookie": f"kreide_session={value}"})
        assert response.status == 401, value[:10]


async def test_openapi_describes_what_is_served(server: TestServer, stranger: Browser) -> None:
    document = await stranger.get("openapi.json")
    assert document["openapi"] == "3.1.0"
    for route in server.app[ROUTES_KEY]:
        path = route.path.split(":")[0] + ("}" if ":" in route.path else "")
        assert any(
            known.startswith(path.split("{")[0]) and route.method.lower() in operations
            for known, operations in document["paths"].items()
        ), route.path
    create = document["paths"]["/api/v1/meetings"]["post"]
    body = create["requestBody"]["content"]["application/json"]["schema"]
    schema = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    assert set(schema["required"]) == {"kind", "title", "starts_at", "ends_at"}
    assert create["responses"]["201"] and create["responses"]["401"]
    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
        assert reference.rpartition("/")[2] in document["components"]["schemas"], reference
