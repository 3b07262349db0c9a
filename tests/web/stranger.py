"""Somebody with an account or a guest's link who tries every way in, and keeps whatever they are answered or told.

What is asked with an id that is not theirs must be answered as with an id that nobody has: `differences` says where
it was not. `heard` is every byte that came, over HTTP, Socket.IO and the documents' sockets.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import socketio
from pycrdt import Doc, Map, create_sync_message, create_update_message, handle_sync_message

from collab.lib0 import build_buffer, build_uint
from tests.web.house import Caller, House
from web.routes.edge import SESSION_COOKIE

# Ways in over HTTP: method, path, body. `{kind}` is an id of that kind, `{me}` who asks, `{mine}` a document of theirs.
Way = tuple[str, str, object]
WAYS: Final[tuple[Way, ...]] = (
    ("GET", "documents/{document}", None),
    ("PATCH", "documents/{document}", {"title": "x"}),
    ("GET", "documents/{document}/rights", None),
    ("PUT", "documents/{document}/rights", {"rights": []}),
    ("POST", "documents/{document}/ticket", {}),
    ("GET", "documents/{document}/versions", None),
    ("GET", "documents/{document}/versions/1", None),
    ("POST", "documents/{document}/versions", {"name": "x"}),
    ("POST", "documents/{document}/versions/1/restore", None),
    ("DELETE", "documents/{document}/versions/1", None),
    ("POST", "documents/{document}/erasure", {"account": "{me}"}),
    ("GET", "documents/{document}/authors", None),
    ("GET", "documents/{document}/export?format=csv", None),
    ("GET", "documents/{document}/pictures/0", None),
    ("POST", "uploads?document={document}&name=x.png", b"x"),
    ("POST", "meetings", {"kind": "conference", "title": "x", "starts_at": 1, "ends_at": 2, "documents": ["{document}"],
                          "school_class": None}),
    ("GET", "meetings/{meeting}", None),
    ("PATCH", "meetings/{meeting}", {"title": "x"}),
    ("POST", "meetings/{meeting}/ticket", None),
    ("GET", "meetings/{meeting}/guest-links", None),
    ("POST", "meetings/{meeting}/guest-links", {}),
    ("GET", "meetings/{meeting}/invitations", None),
    ("POST", "meetings/{meeting}/invitations", {"account": "{me}"}),
    ("DELETE", "meetings/{meeting}/invitations/{me}", None),
    ("GET", "meetings/{meeting}/groups", None),
    ("PUT", "meetings/{meeting}/groups", {"groups": []}),
    ("GET", "classes/{group}", None),
    ("PATCH", "classes/{group}", {"title": "x"}),
    ("POST", "classes/{group}/enrolments", {"account": "{me}"}),
    ("DELETE", "classes/{group}/enrolments/{me}", None),
    ("GET", "learning-groups/{group}", None),
    ("DELETE", "learning-groups/{group}", None),
    ("POST", "learning-groups/{group}/enrolments", {"account": "{me}"}),
    ("POST", "meetings", {"kind": "lesson", "title": "x", "starts_at": 1, "ends_at": 2, "school_class": "{group}"}),
    ("PUT", "documents/{mine}/rights", {"rights": [{"subject_kind": "group", "subject": "{group}", "right": "read"}]}),
    ("GET", "folders/{folder}/rights", None),
    ("PUT", "folders/{folder}/rights", {"rights": []}),
    ("POST", "documents", {"kind": "table", "title": "x", "folder": "{folder}"}),
    ("PATCH", "documents/{mine}", {"folder": "{folder}"}),
    ("PATCH", "channels/{channel}", {"mode": "off"}),
    ("POST", "uploads?channel={channel}&name=x.txt", b"x"),
    ("GET", "uploads/{upload}", None),
    ("GET", "uploads/{upload}/x.txt?size=small", None),
    ("DELETE", "uploads/{upload}", None),
    ("GET", "recordings/{track}", None),
    ("DELETE", "recordings/{track}", None),
    ("DELETE", "recordings/{recording}", None),
    ("POST", "direct", {"person": "{account}"}),
    ("PUT", "documents/{mine}/rights",
     {"rights": [{"subject_kind": "account", "subject": "{account}", "right": "read"}]}),
    ("PATCH", "accounts/{account}", {"name": "x"}),
    ("GET", "accounts/{account}/data", None),
    ("POST", "accounts/{account}/children", {"pupil": "{me}"}),
    ("POST", "accounts/{account}/data/erasure", {"login": "x"}),
)  # fmt: skip
SAYINGS: Final[tuple[tuple[str, dict[str, object]], ...]] = (
    ("chat:send", {"channel": "{channel}", "text": "x", "client_id": "x"}),
    ("chat:history", {"channel": "{channel}"}),
    ("chat:history", {"channel": "{channel}", "before": 99999}),
    ("chat:changes", {"channel": "{channel}", "after": 0}),
    ("chat:search", {"channel": "{channel}", "text": "zq"}),
    ("chat:waiting", {"channel": "{channel}"}),
    ("chat:read", {"channel": "{channel}", "seq": 1}),
    ("chat:delete", {"channel": "{channel}", "seq": 1}),
    ("chat:edit", {"channel": "{channel}", "seq": 1, "text": "x"}),
    ("chat:react", {"channel": "{channel}", "seq": 1, "sign": "👍", "given": True}),
    ("chat:decide", {"channel": "{channel}", "id": "x", "approve": True}),
    ("chat:typing", {"channel": "{channel}", "typing": True}),
    ("direct:about", {"channel": "{channel}"}),
    ("direct:block", {"channel": "{channel}", "blocked": True}),
    ("direct:open", {"person": "{account}"}),
    ("direct:whom", {"people": ["{account}"]}),
    ("room:join", {"meeting": "{meeting}", "client": "k"}),
    ("room:consent", {"recording": "{recording}", "agree": True}),
)
LISTS: Final = (
    "home", "channels", "meetings", "classes", "learning-groups", "folders", "documents", "recordings", "uploads",
    "direct/people", "direct/people?text=zq", "people?text=zq", "accounts", "guests", "school", "me/settings",
    "documents?text=zq",
)  # fmt: skip


def kind_of(form: object) -> str | None:
    """Which kind of id a way in needs."""
    text = json.dumps(form)
    kinds = ("document", "meeting", "group", "folder", "channel", "upload", "track", "recording", "account")
    return next((kind for kind in kinds if f"{{{kind}}}" in text), None)


def kind_of_way(way: Way) -> str | None:
    return kind_of(way[1] if isinstance(way[2], bytes) else [way[1], way[2]])


def fill(form: Any, **ids: str) -> Any:
    """Put ids into a form."""
    if isinstance(form, str):
        for name, value in ids.items():
            form = form.replace(f"{{{name}}}", value)
        return form
    if isinstance(form, dict):
        return {key: fill(value, **ids) for key, value in form.items()}
    return [fill(one, **ids) for one in form] if isinstance(form, list) else form


class Stranger:
    """One person of the town at the house's door."""

    def __init__(self, house: House, me: str, token: str, mine: str | None) -> None:
        self.me, self.mine = me, mine or "none"
        self.heard: list[bytes] = []
        self.differences: list[str] = []
        self.refused = 0
        self.url = house.url
        self._headers = {"Cookie": f"{SESSION_COOKIE}={token}", "Origin": house.url}
        self.caller = Caller(me)

    async def __aenter__(self) -> Self:
        self.http = aiohttp.ClientSession(headers=self._headers, cookie_jar=aiohttp.DummyCookieJar())
        self.caller = Caller(self.me, socketio.AsyncClient(http_session=self.http, reconnection=False))
        await self.caller.sio.connect(self.url, transports=["websocket"], headers=self._headers, wait_timeout=30)
        await self.caller.until("session:hello")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.caller.sio.disconnect()
        await self.http.close()

    def all_heard(self) -> bytes:
        """Everything that came."""
        return b"\n".join([*self.heard, json.dumps(self.caller.told).encode()])

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Ask over HTTP; again while a busy machine keeps the server from reading rights."""
        given: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
        while True:
            async with self.http.request(method, f"{self.url}/api/v1/{path}", **given) as answer:
                data = await answer.read()
            if answer.status != 503:
                break
        self.heard.append(data)
        return answer.status, data

    async def ask(self, event: str, **message: Any) -> Any:
        """Ask over Socket.IO, likewise."""
        while (answer := await self.caller.ask(event, **message)).get("error", {}).get("code") == "unavailable":
            pass
        self.heard.append(json.dumps(answer).encode())
        return answer

    async def look_around(self) -> None:
        """Read every list, and look for every mark there is."""
        for path in LISTS:
            await self.call("GET", path)
        await self.ask("chat:search", text="zq")
        await self.ask("direct:find", text="zq")

    async def look_at(self, things: dict[str, dict[str, frozenset[str]]]) -> None:
        """Read what is mine to read."""
        for path, kind in (("meetings", "meeting"), ("uploads", "upload"), ("recordings", "track")):
            for id, reach in things[kind].items():
                if self.me in reach:
                    status, _ = await self.call("GET", f"{path}/{id}")
                    assert status == 200, (self.me, path, id, status)
        for id, reach in things["channel"].items():
            if self.me in reach:
                await self.ask("chat:history", channel=id)
                await self.ask("chat:waiting", channel=id)

    async def try_way(self, way: Way, id: str) -> None:
        """Ask with an id that is not mine, and with one that nobody has."""
        answers = []
        kind = str(kind_of_way(way))
        for one in (id, _like(id)):
            ids = {"me": self.me, "mine": self.mine, kind: one}
            status, data = await self.call(way[0], fill(way[1], **ids), fill(way[2], **ids))
            answers.append((status, data.replace(one.encode(), b"ID")))
        self._compare(f"{way[0]} {way[1]} {way[2]!r}", id, answers)

    async def try_saying(self, event: str, form: dict[str, object], id: str) -> None:
        answers = []
        for one in (id, _like(id)):
            answer = await self.ask(event, **fill(form, **{str(kind_of(form)): one}))
            answers.append(json.dumps(answer).replace(one, "ID"))
        self._compare(event, id, answers)

    async def try_document(self, id: str) -> None:
        """Connect to somebody's document, write and show oneself there, ask who is there."""
        answers = []
        for one in (id, _like(id)):
            answer = await self._knock(one)
            while answer[0] == 1012:
                answer = await self._knock(one)
            answers.append(answer)
        self._compare("/collab", id, answers)

    async def _knock(self, id: str) -> tuple[int | None, list[bytes]]:
        async with self.http.ws_connect(f"{self.url}/collab/{id}", params={"epoch": "1"}) as ws:
            doc: Doc[Any] = Doc()
            doc.get("rows", type=Map)["x"] = "x"
            with contextlib.suppress(ConnectionError):  # it is closed as soon as it is open
                for frame in (create_sync_message(doc), create_update_message(doc.get_update()), b"\x03"):
                    await ws.send_bytes(frame)
            got = [message.data async for message in ws if message.type is aiohttp.WSMsgType.BINARY]
            self.heard += got
            return ws.close_code, got

    def _compare(self, what: str, id: str, answers: list[Any]) -> None:
        if any(word in str(answers) for word in ("too_many_requests", "too_fast")):
            self.refused += 1  # by the budgets of who asks: nothing is known of the id
        elif answers[0] != answers[1]:
            self.differences.append(f"{self.me}: {what} with {id}: {answers[0]} but {answers[1]}")


def awareness(client: int, state: object) -> bytes:
    """An awareness message of one entry."""
    entry = build_uint(client) + build_uint(1) + build_buffer(json.dumps(state).encode())
    return b"\x01" + build_buffer(build_uint(1) + entry)


class Reader:
    """Somebody who has a document open."""

    def __init__(self, stranger: Stranger, document: str) -> None:
        self.stranger, self.document, self.doc = stranger, document, Doc[Any]()

    async def open(self, show: str) -> None:
        self.ws = await self.stranger.http.ws_connect(
            f"{self.stranger.url}/collab/{self.document}", params={"epoch": "1"}
        )
        await self.ws.send_bytes(create_sync_message(self.doc))
        await self.ws.send_bytes(awareness(self.doc.client_id, {"word": show}))

    async def read_until(self, mark: str) -> None:
        """Read on until the document or somebody's awareness says this."""
        async for message in self.ws:
            if message.type is not aiohttp.WSMsgType.BINARY:
                continue
            self.stranger.heard.append(message.data)
            if message.data[:1] == b"\x00":
                reply = handle_sync_message(message.data[1:], self.doc)
                if reply is not None:
                    await self.ws.send_bytes(reply)
            if mark.encode() in message.data:
                return
        raise ConnectionError(f"closed with {self.ws.close_code}")

    async def write(self, mark: str) -> None:
        updates: list[bytes] = []
        self.doc.observe(lambda event: updates.append(event.update))
        self.doc.get("words", type=Map)[mark] = mark
        await self.ws.send_bytes(create_update_message(updates[0]))


def _like(id: str) -> str:
    """An id of the same form that nobody has."""
    return "/".join(secrets.token_urlsafe(12) if not part.isdecimal() else part for part in id.split("/"))
