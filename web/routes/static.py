"""The client's files and the pages that it routes itself.

Laws: files under /assets carry a content hash in their name and are cached for ever; the page itself is never
cached. Everything else that a person may type gets the page, and the client routes.
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from web.errors import Unavailable
from web.routes.table import Route

STATIC = Path(__file__).resolve().parent.parent / "static"
PAGES = (
    "/", "/login", "/talks", "/settings", "/recordings", "/meeting/{id}", "/document/{id}", "/channel/{id}",
    "/guest/{token}",
)  # fmt: skip
FOREVER = "public, max-age=31536000, immutable"


async def page(_request: web.Request) -> web.StreamResponse:
    index = STATIC / "index.html"
    if not index.is_file():
        raise Unavailable("no_client", "the client is not built: run make build")
    return web.FileResponse(index, headers={"Cache-Control": "no-cache"})


def is_navigation(request: web.Request) -> bool:
    """Whether a person opens this address in a browser, rather than a program that wants an answer to read."""
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")


async def missing_page() -> web.StreamResponse:
    """The page for an address that does not exist: the client says so in the person's language."""
    return web.FileResponse(STATIC / "index.html", status=404, headers={"Cache-Control": "no-cache"})


async def asset(request: web.Request) -> web.StreamResponse:
    return _file(STATIC / "assets", request.match_info["name"], FOREVER)


async def root_file(request: web.Request) -> web.StreamResponse:
    return _file(STATIC, request.path.removeprefix("/"), "no-cache")


def _file(folder: Path, name: str, cache: str) -> web.StreamResponse:
    path = folder / name
    if "/" in name or name.startswith(".") or not _is_file(path):
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Cache-Control": cache})


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than any file's
        return False


def routes() -> tuple[Route, ...]:
    """Rows for the pages, the hashed assets and the few files at the root (icon, manifest)."""
    names = [path.name for path in STATIC.iterdir() if path.is_file()] if STATIC.is_dir() else []
    files = sorted(name for name in names if name != "index.html" and not name.endswith((".gz", ".br")))
    return (
        *(Route("GET", url, page, "The client", auth="none") for url in PAGES),
        Route("GET", "/assets/{name}", asset, "The client's files", auth="none"),
        *(Route("GET", f"/{name}", root_file, "The client's files", auth="none") for name in files),
    )
