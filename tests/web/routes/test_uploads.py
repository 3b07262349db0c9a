"""Sending files and reading them again: what comes in, under which name, and who gets it back."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from tests.web.routes.conftest import Browser, Enter, read
from tests.web.routes.files import photo

CHANNEL = "demo-class"


async def send(browser: Browser, data: bytes, name: str = "x", **where: str) -> tuple[int, Any]:
    """Send a file; return the status and the decoded answer."""
    where = where or {"channel": CHANNEL}
    response = await browser.client.post("/api/v1/uploads", params={"name": name, **where}, data=data)
    return response.status, await read(response)


async def fetch(browser: Browser, id: str, **headers: str) -> Any:
    response = await browser.client.get(f"/api/v1/uploads/{id}", headers=headers)
    await response.read()
    return response


async def test_a_photo_loses_what_it_tells_and_stands_upright(enter: Enter) -> None:
    teacher = await enter("teacher")
    original = photo(1600, 1200)
    assert b"GPS-SECRET" in original and Image.open(io.BytesIO(original)).getexif().get_ifd(0x8825)
    status, kept = await send(teacher, original, "Urlaub am Meer.JPG")
    assert status == 201
    assert (kept["name"], kept["type"], kept["width"], kept["height"]) == (
        "Urlaub am Meer.JPG",
        "image/jpeg",
        1200,
        1600,
    )
    answer = await fetch(teacher, kept["id"])
    body = await answer.read()
    shown = Image.open(io.BytesIO(body))
    assert shown.size == (1200, 1600) and not shown.getexif() and b"GPS-SECRET" not in body and b"Exif" not in body
    assert len(body) == kept["size"]
    small = await teacher.client.get(f"/api/v1/uploads/{kept['id']}", params={"size": "small"})
    assert small.headers["Content-Type"] == "image/webp"
    assert max(Image.open(io.BytesIO(await small.read())).size) == 640
