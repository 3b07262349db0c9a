"""Files in the chat and pictures on slides, in real browsers: sent by a teacher, seen by a pupil on a phone, gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.waits import until
from tests.server import KreideServer
from tests.web.routes.files import photo

pytestmark = pytest.mark.e2e
PHONE = (390, 844)


def test_a_picture_and_a_worksheet_come_and_go(
    open_page: OpenPage, server: KreideServer, tmp_path: Path, shots: Callable[[Page, str], None]
) -> None:
    head = server.login("head")
    school_class = head.post("/api/v1/classes", {"title": f"Klasse {uuid4().hex[:4]}"})
    for account in ("teacher", "pupil1"):
        head.post(f"/api/v1/classes/{school_class['id']}/enrolments", {"account": account})
    channel = f"/channel/{school_class['channel']}"
    (tmp_path / "Wandertag.jpg").write_bytes(photo(1200, 900))
    (tmp_path / "Blatt 3.pdf").write_bytes(b"%PDF-1.7\n" + bytes(90_000))
    (tmp_path / "Spiel.exe").write_bytes(b"MZ" + bytes(200))

    teacher, pupil = open_page("teacher", channel), open_page("pupil1", channel, size=PHONE)
    with teacher.expect_file_chooser() as chosen:
        teacher.get_by_role("button", name="Datei anhängen").click()
    chosen.value.set_files([tmp_path / name for name in ("Wandertag.jpg", "Blatt 3.pdf", "Spiel.exe")])
    tray = teacher.get_by_role("list", name="Anhänge der Nachricht")
    expect(tray.get_by_text("Programme und übergroße Archive")).to_be_visible()
    send = teacher.get_by_role("button", name="Senden")
    expect(send).to_be_disabled()
    tray.get_by_role("button", name="Spiel.exe entfernen").click()
    expect(tray.get_by_role("listitem")).to_have_count(2)
    expect(send).to_be_enabled()
    shots(teacher, "uploads-tray")
    teacher.get_by_role("textbox", name="Nachricht an alle").fill("Vom Wandertag")
    send.click()

    message = pupil.locator("article.msg", has_text="Vom Wandertag")
    picture = message.get_by_role("button", name="Bild Wandertag.jpg öffnen")
    expect(picture).to_be_visible()
    shown = picture.locator("img")
    expect(shown).to_have_js_property("complete", True)
    until(lambda: shown.evaluate("image => image.naturalWidth") > 0, "the picture is there")
    shots(pupil, "uploads-phone")
    picture.tap()
    dialog = pupil.get_by_role("dialog", name="Wandertag.jpg")
    expect(dialog.get_by_role("img", name="Wandertag.jpg")).to_be_visible()
    shots(pupil, "uploads-open")
    pupil.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    with pupil.expect_download() as saved:
        message.get_by_role("link", name="Blatt 3.pdf herunterladen").click()
    assert saved.value.suggested_filename == "Blatt 3.pdf"
    assert Path(saved.value.path()).stat().st_size == 90_009

    address = shown.evaluate("image => image.src")
    assert pupil.request.get(address).status == 200
    teacher.locator("article.msg", has_text="Vom Wandertag").hover()
    teacher.get_by_role("button", name=re.compile("^Mehr zur Nachricht")).click()
    teacher.get_by_role("menuitem", name="Nachricht löschen").locator("visible=true").click()
    expect(pupil.get_by_text("Diese Nachricht wurde gelöscht.")).to_be_visible()
    expect(picture).to_have_count(0)
    until(lambda: pupil.request.get(address).status == 404, "it is handed out no more")
    files = (server.data / "uploads").rglob
    until(lambda: not any(path.is_file() for path in files("*")), "the bytes are gone, too")


def test_a_picture_on_a_slide_is_seen_by_another(
    open_page: OpenPage, server: KreideServer, tmp_path: Path, shots: Callable[[Page, str], None]
) -> None:
    owner = server.login("teacher")
    deck = owner.post("/api/v1/documents", {"kind": "deck", "title": "Bilder"})["id"]
    rights = {"rights": [{"subject_kind": "account", "subject": "pupil1", "right": "read"}]}
    owner.put(f"/api/v1/documents/{deck}/rights", rights)
    (tmp_path / "Berge.png").write_bytes(photo(900, 600, "PNG"))

    teacher, pupil = open_page("teacher", f"/document/{deck}"), open_page("pupil1", f"/document/{deck}")
    with teacher.expect_file_chooser() as chosen:
        teacher.get_by_role("button", name="Bild", exact=True).click()
    chosen.value.set_files(tmp_path / "Berge.png")
    teacher.get_by_role("textbox", name="Beschreibung zum Vorlesen").fill("Berge im Schnee")
    teacher.get_by_role("textbox", name="Beschreibung zum Vorlesen").press("Tab")
    shots(teacher, "uploads-slide")
    seen = pupil.locator(".canvas").get_by_role("img", name="Berge im Schnee")
    expect(seen).to_be_visible()
    expect(seen).to_have_js_property("complete", True)
    until(lambda: seen.evaluate("image => image.naturalWidth") > 0, "the picture is there")
    expect(pupil.get_by_role("button", name="Bild", exact=True)).to_have_count(0)
    address = seen.evaluate("image => image.src")
    assert pupil.request.get(address).status == 200
    assert open_page("pupil2", "/").request.get(address).status == 404, "who may not read the deck"
    with teacher.expect_response(lambda answer: "/api/v1/uploads" in answer.url) as sent:
        teacher.evaluate(PASTE)
    assert sent.value.status == 201
    expect(pupil.locator(".canvas img")).to_have_count(2)


PASTE = """async () => {
  const canvas = new OffscreenCanvas(64, 48);
  canvas.getContext('2d').fillRect(0, 0, 30, 30);
  const data = new DataTransfer();
  data.items.add(new File([await canvas.convertToBlob()], 'image.png', { type: 'image/png' }));
  const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector('.canvas').dispatchEvent(event);
}"""
