"""The network goes, the server dies: everybody is back in the same place without loading the page again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import visits
from tests.e2e.conftest import OpenPage
from tests.e2e.devices import frames_and_sound
from tests.e2e.screens import enter, in_lobby, in_room, new_lesson
from tests.e2e.visits import MARK, MARKED
from tests.e2e.waits import PATIENCE, until
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
Visit = Callable[[str, str], Page]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KreideServer]:
    """A server that may be killed."""
    server = KreideServer(tmp_path_factory.mktemp("house") / "data")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def visit(open_page: OpenPage, house: KreideServer) -> Visit:
    """Bring somebody with a running camera into a lesson."""

    def go(account: str, lesson: str) -> Page:
        return visits.visit(open_page, house, account, lesson)

    return go


def say(page: Page, text: str) -> None:
    field = page.get_by_placeholder("Nachricht an alle")
    field.fill(text)
    field.press("Enter")


def talk(page: Page) -> list[str]:
    """Every message of the chat, in order, once they are there."""
    expect(page.get_by_role("log")).to_be_visible()
    expect(page.get_by_role("log").locator("[aria-busy=true]")).to_have_count(0)
    return page.get_by_role("log").locator("article p").all_inner_texts()


def until_talk(page: Page, wanted: list[str]) -> None:
    expect(page.get_by_role("log").locator("article p")).to_have_text(wanted, timeout=PATIENCE)


def until_pictures(page: Page) -> None:
    """Somebody else's picture moves."""
    frames, _ = frames_and_sound(page)
    until(lambda: frames_and_sound(page)[0] != frames, "no frame was decoded")
    frames, _ = frames_and_sound(page)
    until(lambda: frames_and_sound(page)[0] > frames + 20, "decoded frames rise")


def tiles(page: Page) -> list[str]:
    return sorted(page.locator("figure.tile figcaption").all_inner_texts())


def test_a_network_loss_is_survived(visit: Visit, house: KreideServer) -> None:
    api = house.login("teacher")
    lesson = new_lesson(api)
    teacher, pupil = visit("teacher", lesson), visit("pupil1", lesson)
    before = talk(teacher)
    say(teacher, "vor dem Ausfall")
    pupil.get_by_role("button", name="Melden").click()
    hands = teacher.get_by_role("region", name="Meldungen").first
    expect(hands.get_by_text("Amira")).to_be_visible()
    until_pictures(pupil)
    until_pictures(teacher)
    seen = tiles(pupil)

    pupil.context.set_offline(True)
    expect(pupil.get_by_text("Keine Verbindung.")).to_be_visible(timeout=PATIENCE)
    say(pupil, "ohne Netz geschrieben")
    expect(pupil.get_by_role("log").get_by_text("ohne Netz geschrieben")).to_be_visible()
    say(teacher, "während des Ausfalls")
    expect(teacher.get_by_role("log").get_by_text("während des Ausfalls")).to_be_visible()
    teacher.get_by_role("button", name=re.compile("^Inhalt")).click()
    teacher.get_by_role("menuitem", name="Parabeln").click()

    pupil.context.set_offline(False)
    expect(pupil.get_by_text("Keine Verbindung.")).to_be_hidden(timeout=PATIENCE)
    whole = [*before, "vor dem Ausfall", "während des Ausfalls", "ohne Netz geschrieben"]
    until_talk(pupil, whole)
    until_talk(teacher, whole)
    board = pupil.get_by_role("region", name="Tafel")
    expect(board.get_by_role("heading", name="Die Normalparabel verschieben")).to_be_visible(timeout=PATIENCE)
    expect(pupil.get_by_role("button", name="Gemeldet")).to_be_visible()
    expect(hands.get_by_text("Amira")).to_be_visible()
    expect(teacher.locator("figure.tile")).to_have_count(2)
    until(lambda: tiles(pupil) == seen, "the same faces")
    in_room(pupil)
    until_pictures(pupil)
    until_pictures(teacher)
    assert pupil.evaluate(MARKED)


def test_a_killed_server_is_survived(visit: Visit, house: KreideServer) -> None:
    api = house.login("teacher")
    lesson = new_lesson(api)
    teacher, pupil = visit("teacher", lesson), visit("pupil2", lesson)
    before = talk(teacher)
    say(teacher, "vor dem Absturz")
    until_talk(pupil, [*before, "vor dem Absturz"])
    teacher.get_by_role("button", name=re.compile("^Inhalt")).click()
    teacher.get_by_role("menuitem", name="Parabeln").click()
    board = pupil.get_by_role("region", name="Tafel")
    heading = board.get_by_role("heading", name="Die Normalparabel verschieben")
    expect(heading).to_be_visible(timeout=PATIENCE)
    until_pictures(pupil)

    house.kill()
    for page in (teacher, pupil):
        expect(page.get_by_text("Keine Verbindung.")).to_be_visible(timeout=PATIENCE)
    expect(heading).to_be_visible()  # what is there stays to be read
    house.start()
    for page in (teacher, pupil):
        expect(page.get_by_text("Keine Verbindung.")).to_be_hidden(timeout=PATIENCE)
        in_room(page)
        until_talk(page, [*before, "vor dem Absturz"])
    say(pupil, "wieder da")
    until_talk(teacher, [*before, "vor dem Absturz", "wieder da"])
    expect(teacher.locator("figure.tile")).to_have_count(2)
    expect(pupil.get_by_role("button", name="Kamera an")).to_be_visible()
    expect(heading).to_be_visible(timeout=PATIENCE)
    until_pictures(pupil)
    until_pictures(teacher)
    for page in (teacher, pupil):
        assert page.evaluate(MARKED)


def test_the_lobby_survives_a_killed_server(open_page: OpenPage, house: KreideServer) -> None:
    guardian = open_page("guardian1", "/", url=house.url)
    enter(guardian, "demo-consultation", waits=True)
    guardian.evaluate(MARK)
    house.kill()
    expect(guardian.get_by_text("Keine Verbindung.")).to_be_visible(timeout=PATIENCE)
    house.start()
    expect(guardian.get_by_text("Keine Verbindung.")).to_be_hidden(timeout=PATIENCE)
    in_lobby(guardian)
    teacher = open_page("teacher", "/", url=house.url)
    enter(teacher, "demo-consultation")
    teacher.get_by_role("tab", name="Personen").click()
    teacher.get_by_role("button", name=re.compile("Hereinlassen: .*Nadia")).click()
    in_room(guardian)
    assert guardian.evaluate(MARKED)


def test_a_reload_keeps_the_place(visit: Visit, house: KreideServer) -> None:
    lesson = new_lesson(house.login("teacher"))
    teacher, pupil = visit("teacher", lesson), visit("pupil3", lesson)
    pupil.get_by_role("button", name="Melden").click()
    hands = teacher.get_by_role("region", name="Meldungen").first
    expect(hands.get_by_text("Charlotte")).to_be_visible()
    pupil.reload()
    pupil.get_by_role("button", name="Beitreten").click()
    in_room(pupil)
    expect(teacher.locator("figure.tile")).to_have_count(2)
    expect(pupil.get_by_role("button", name="Kamera aus")).to_be_visible()  # nothing is switched on by itself
    expect(hands.get_by_text("Charlotte")).to_be_visible()
