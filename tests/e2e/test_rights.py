"""A right that is gone is gone at once, in every open window; who waits sees nothing; families never meet."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.papers import cell, new_document, open_table, share, status, until_cell, write_cell
from tests.e2e.screens import JOIN, enter, guest_link, in_lobby, in_room, new_lesson, new_meeting, saved
from tests.e2e.waits import until
from tests.server import Api, KreideServer
from web.sessions import MOST_GUESTS

pytestmark = pytest.mark.e2e
# The promise is one second; this bound is for a machine that does other things, too.
AT_ONCE = 60_000


@dataclass(frozen=True)
class Course:
    """A class of its own, so that nobody else's tests lose pupils."""

    id: str
    channel: str
    admin: Api
    teacher: Api

    @classmethod
    def found(cls, server: KreideServer, *pupils: str) -> Course:
        admin = server.login("admin")
        group = admin.post("/api/v1/classes", {"title": "9x"})
        for account in ("teacher", *pupils):
            admin.post(f"/api/v1/classes/{group['id']}/enrolments", {"account": account})
        return cls(str(group["id"]), str(group["channel"]), admin, server.login("teacher"))

    def lesson(self) -> str:
        return new_meeting(self.teacher, "lesson", "Physik: Pendel", school_class=self.id)

    def remove(self, pupil: str) -> None:
        self.admin.delete(f"/api/v1/classes/{self.id}/enrolments/{pupil}")


class Heard:
    """Every word that a page gets over its sockets."""

    def __init__(self, page: Page) -> None:
        self.words: list[str] = []
        page.on("websocket", self._on_socket)

    def _on_socket(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.words.append(str(frame)))

    def about(self, name: str) -> list[str]:
        return [words[:300] for words in self.words if name in words]


def people(page: Page) -> Page:
    page.get_by_role("tab", name="Personen").click()
    return page


def test_a_pupil_leaves_the_class_while_everything_is_open(open_page: OpenPage, server: KreideServer) -> None:
    course = Course.found(server, "pupil21", "pupil22")
    lesson, table = course.lesson(), new_document(course.teacher, "table")
    rights = [{"subject_kind": "group", "subject": course.id, "right": "write"}]
    course.teacher.put(f"/api/v1/documents/{table}/rights", {"rights": rights})
    teacher = open_page("teacher", "/")
    enter(teacher, lesson)
    room = open_page("pupil21", "/")
    enter(room, lesson)
    document = room.context.new_page()
    document.goto(f"/document/{table}")
    write_cell(open_table(document), 0, 0, "noch dabei")
    saved(document)
    channel = room.context.new_page()
    channel.goto(f"/channel/{course.channel}")
    field = channel.get_by_placeholder("Nachricht an alle")
    field.fill("noch dabei")
    field.press("Enter")
    expect(channel.get_by_role("log").get_by_text("noch dabei")).to_be_visible()
    expect(people(teacher).get_by_role("tabpanel").get_by_text("Mila S.")).to_be_visible()

    course.remove("pupil21")
    expect(room.get_by_role("heading", name="Kein Zutritt mehr")).to_be_visible(timeout=AT_ONCE)
    expect(document.get_by_role("heading", name=re.compile("nicht da|Kein Zugriff"))).to_be_visible(timeout=AT_ONCE)
    expect(document.get_by_text("noch dabei")).to_have_count(0)
    expect(channel.get_by_text("Diesen Chat gibt es nicht")).to_be_visible(timeout=AT_ONCE)
    expect(channel.get_by_text("noch dabei")).to_have_count(0)
    expect(teacher.get_by_role("tabpanel").get_by_text("Mila S.")).to_have_count(0)
    for page in (document, channel, room):
        page.reload()
    expect(document.get_by_role("heading", name="Dieses Dokument ist nicht da")).to_be_visible()
    expect(document.get_by_text("noch dabei")).to_have_count(0)
    expect(room.get_by_role("button", name=JOIN)).to_have_count(0)
    expect(room.get_by_text("Das gibt es nicht, oder es ist nicht für dich freigegeben.")).to_be_visible()
    write_cell(open_table(open_page("pupil22", f"/document/{table}")), 1, 0, "die anderen arbeiten weiter")


def test_a_writer_becomes_a_reader(open_page: OpenPage, server: KreideServer) -> None:
    teacher = server.login("teacher")
    table = new_document(teacher, "table", writers=("pupil23",))
    page = open_table(open_page("pupil23", f"/document/{table}"))
    write_cell(page, 0, 0, "durfte ich")
    saved(page)
    share(teacher, table, readers=("pupil23",))
    expect(page.locator("[data-status]")).to_have_text("Nur lesen", timeout=AT_ONCE)
    expect(page.get_by_role("grid")).to_have_attribute("aria-readonly", "true")
    cell(page, 1, 0).click()
    page.keyboard.type("darf ich nicht")
    page.keyboard.press("Enter")
    expect(cell(page, 1, 0)).to_have_text("")
    share(teacher, table, writers=("pupil23",))
    status(page, "saved")
    expect(page.get_by_role("grid")).to_have_attribute("aria-readonly", "false", timeout=AT_ONCE)
    write_cell(page, 1, 0, "darf ich wieder")
    page.get_by_role("button", name="Verlauf", exact=True).click()
    expect(page.get_by_role("heading", name="Verlauf", exact=True)).to_be_visible()
    share(teacher, table)
    expect(page.get_by_role("heading", name=re.compile("nicht da|Kein Zugriff"))).to_be_visible(timeout=AT_ONCE)
    expect(page.get_by_role("heading", name="Verlauf", exact=True)).to_have_count(0)  # it has names in it
    expect(page.get_by_role("button", name="Verlauf", exact=True)).to_have_count(0)
    owner = open_table(open_page("teacher", f"/document/{table}"))
    until_cell(owner, 0, 0, "durfte ich")
    until_cell(owner, 1, 0, "darf ich wieder")


def test_logout_closes_every_window(open_page: OpenPage, server: KreideServer) -> None:
    course = Course.found(server, "pupil24")
    table = new_document(course.teacher, "table", writers=("pupil24",))
    room = open_page("pupil24", "/")
    enter(room, course.lesson())
    document = room.context.new_page()
    document.goto(f"/document/{table}")
    write_cell(open_table(document), 0, 0, "privat")
    saved(document)
    home = room.context.new_page()
    home.goto("/")
    home.get_by_role("button", name=re.compile("^Konto")).click()
    home.get_by_role("menuitem", name="Abmelden").click()
    expect(home.get_by_role("heading", name="Anmelden")).to_be_visible()
    expect(document.get_by_role("heading", name="Die Anmeldung ist abgelaufen")).to_be_visible(timeout=AT_ONCE)
    expect(document.get_by_text("privat")).to_have_count(0)
    expect(room.locator(".room")).to_have_count(0, timeout=AT_ONCE)
    document.reload()
    expect(document).to_have_url(re.compile("/login"))
    kept = "async () => (await indexedDB.databases()).map(({ name }) => name)"
    until(lambda: home.evaluate(kept) == [], "no copy of a document stays on the device")


def test_families_never_meet(open_page: OpenPage, server: KreideServer) -> None:
    api = server.login("teacher")
    consultation = new_meeting(api, "consultation", "Elternsprechtag", school_class="demo-8b")
    teacher = open_page("teacher", "/")
    enter(teacher, consultation)
    first, second = open_page("guardian1", "/"), open_page("guardian2", "/")
    heard = {first: Heard(first), second: Heard(second)}
    enter(first, consultation, waits=True)
    enter(second, consultation, waits=True)
    waiting = people(teacher).get_by_role("region", name=re.compile("Im Warteraum"))
    expect(waiting.get_by_text("Nadia Haddad")).to_be_visible()
    expect(waiting.get_by_text("Markus Krüger")).to_be_visible()

    teacher.get_by_role("button", name=re.compile("Hereinlassen: .*Nadia")).click()
    in_room(first)
    in_lobby(second)
    expect(people(first).get_by_role("tabpanel")).to_contain_text("Yıldız")
    expect(first.get_by_role("tab", name="Chat")).to_have_count(0)
    expect(first.get_by_role("tabpanel")).not_to_contain_text("Markus")
    expect(teacher.get_by_role("figure").filter(has_text="Nadia")).to_be_visible()

    teacher.get_by_role("button", name=re.compile("Hereinlassen: .*Markus")).click()
    in_room(second)  # let in too early: even then the families do not see each other
    expect(teacher.get_by_role("figure").filter(has_text="Markus")).to_be_visible()
    expect(people(second).get_by_role("tabpanel")).to_contain_text("Yıldız")
    expect(second.get_by_role("tabpanel")).not_to_contain_text("Nadia")
    expect(first.get_by_role("tabpanel")).not_to_contain_text("Markus")
    assert not heard[first].about("Markus")
    assert not heard[second].about("Nadia")
    assert heard[second].about("Markus")  # we do listen

    first.get_by_role("button", name="Verlassen").click()
    expect(teacher.get_by_role("figure").filter(has_text="Nadia")).to_have_count(0)
    expect(first.get_by_role("heading", name="verlassen")).to_be_visible()
    first.get_by_role("button", name="Wieder beitreten").click()
    first.get_by_role("button", name=JOIN).click()
    in_lobby(first)  # the next family may be inside

    # One press: who talked is out and told so, who waits is in, and both see each other large.
    teacher.get_by_role("button", name="Gespräch beenden und Nadia Haddad hereinlassen").click()
    expect(second.get_by_role("heading", name="Das Gespräch ist beendet")).to_be_visible()
    expect(second.get_by_role("button", name="Zurück in den Warteraum")).to_be_visible()
    in_room(first)
    expect(first.locator("#tafel figure.tile")).to_have_count(2)
    expect(teacher.get_by_role("region", name="Warteraum")).to_contain_text("Niemand wartet")


def test_who_waits_sees_nothing_of_the_room(open_page: OpenPage, server: KreideServer) -> None:
    lesson = new_lesson(server.login("teacher"))
    teacher, pupil = open_page("teacher", "/"), open_page("pupil1", "/")
    enter(teacher, lesson)
    enter(pupil, lesson)
    guest = open_page(None, guest_link(server.login("teacher"), lesson))
    heard = Heard(guest)
    guest.get_by_label("Ihr Name").fill("Olga Dolmetscherin")
    guest.get_by_role("button", name="Weiter").click()
    guest.get_by_role("button", name=JOIN).click()
    in_lobby(guest)
    field = pupil.get_by_placeholder("Nachricht an alle")
    field.fill("nicht für Gäste")
    field.press("Enter")
    expect(teacher.get_by_text("nicht für Gäste")).to_be_visible()
    assert not heard.about("Amira")
    expect(guest.locator("video, .tile")).to_have_count(0)

    people(teacher).get_by_role("button", name=re.compile("Ablehnen: .*Olga")).click()
    expect(guest.get_by_role("heading", name="Kein Zutritt")).to_be_visible()
    again = open_page(None, guest_link(server.login("teacher"), lesson), size=(390, 844))
    again.get_by_label("Ihr Name").fill("Olga Dolmetscherin")
    again.get_by_role("button", name="Weiter").click()
    again.get_by_role("button", name=JOIN).click()
    in_lobby(again)
    teacher.get_by_role("button", name=re.compile("Hereinlassen: .*Olga")).click()
    in_room(again)
    expect(teacher.get_by_role("figure").filter(has_text="Olga")).to_be_visible()
    expect(again.get_by_text("nicht für Gäste")).to_have_count(0)


def test_a_guest_link_that_is_full(open_page: OpenPage, server: KreideServer) -> None:
    path = guest_link(server.login("teacher"), new_lesson(server.login("teacher")))
    for number in range(MOST_GUESTS):
        Api(server.url).post("/api/v1/guest", {"token": path.removeprefix("/guest/"), "name": f"G{number}"})
    for locale, name, submit, words in (
        ("de-DE", "Ihr Name", "Weiter", "Durch diesen Link sind schon so viele gekommen"),
        ("en-GB", "Your name", "Continue", "As many as fit have come through this link"),
    ):
        page = open_page(None, path, locale=locale)
        page.get_by_label(name).fill("Olga")
        page.get_by_role("button", name=submit).click()
        expect(page.get_by_role("alert")).to_contain_text(words)
        expect(page.get_by_role("button", name=submit)).to_be_enabled()


def test_a_guest_link_that_was_closed(open_page: OpenPage, server: KreideServer) -> None:
    teacher = server.login("teacher")
    conference = new_meeting(teacher, "conference", "Klassenkonferenz 8b", school_class="demo-8b")
    made = teacher.post(f"/api/v1/meetings/{conference}/guest-links", {})
    page = open_page("teacher", "/")
    enter(page, conference)
    guest = open_page(None, f"/guest/{made['token']}")
    guest.get_by_label("Ihr Name").fill("Paul Praktikant")
    guest.get_by_role("button", name="Weiter").click()
    guest.get_by_role("button", name=JOIN).click()
    in_lobby(guest)
    people(page).get_by_role("button", name=re.compile("Hereinlassen: .*Paul")).click()
    in_room(guest)
    expect(guest.get_by_placeholder("Nachricht an alle")).to_be_visible()
    expect(guest.get_by_role("button", name="Datei anhängen")).to_have_count(0)  # guests send no files
    teacher.delete(f"/api/v1/meetings/{conference}/guest-links/{made['id']}")
    expect(guest.locator(".room")).to_have_count(0, timeout=AT_ONCE)
    expect(page.get_by_role("figure").filter(has_text="Paul")).to_have_count(0)
    late = open_page(None, f"/guest/{made['token']}")
    late.get_by_label("Ihr Name").fill("Zu Spät")
    late.get_by_role("button", name="Weiter").click()
    expect(late.get_by_text("Dieser Link gilt nicht mehr.")).to_be_visible()
