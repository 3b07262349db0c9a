"""A network that lets nothing out but TCP to two ports: the call goes through the relay that the server names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.e2e.conftest import FLAGS
from tests.e2e.devices import SPY, frames_and_sound, launch
from tests.server import ROOT, KreideServer
from tests.services import free_port, wait_for_port

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network"),
]
OUTSIDE, INSIDE = "10.231.77.1", "10.231.77.2"
SELECTED = """async () => {
  for (const connection of window.connections) {
    const stats = await connection.getStats();
    for (const report of stats.values()) {
      if (report.type !== 'transport' || !report.selectedCandidatePairId) continue;
      const local = stats.get(stats.get(report.selectedCandidatePairId).localCandidateId);
      return [local.candidateType, local.relayProtocol ?? local.protocol];
    }
  }
  return [];
}"""


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def school_network() -> Iterator[Callable[[Path, int, int], Path]]:
    """Make a network from which only two TCP ports of ours can be reached; return how to start a browser in it."""
    name = f"k{uuid4().hex[:8]}"

    def close_it(folder: Path, *ports: int) -> Path:
        try:
            run("ip", "netns", "add", name)
            run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            run("ip", "netns", "exec", name, "iptables", "-A", "OUTPUT", "-o", "lo", "-j", "ACCEPT")
        except subprocess.CalledProcessError:
            pytest.skip("this machine lets nobody make a network")
        run("ip", "addr", "add", f"{OUTSIDE}/30", "dev", name)
        run("ip", "link", "set", name, "up")
        inside = ("ip", "netns", "exec", name)
        run(*inside, "ip", "addr", "add", f"{INSIDE}/30", "dev", "eth0")
        for device in ("eth0", "lo"):
            run(*inside, "ip", "link", "set", device, "up")
        for port in ports:
            run(*inside, "iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", str(port), "-j", "ACCEPT")
        run(*inside, "iptables", "-A", "OUTPUT", "-j", "DROP")
        browser = folder / "browser"
        browser.write_text(f'#!/bin/sh\nexec {" ".join(inside)} {shutil.which("chromium")} "$@"\n')
        browser.chmod(0o755)
        return browser

    yield close_it
    subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["ip", "link", "del", name], check=False, stderr=subprocess.DEVNULL)


def start_relay(folder: Path, port: int, secret: str) -> subprocess.Popen[bytes]:
    """Debian's coturn with the configuration that Kreide ships, without its certificate."""
    text = (ROOT / "web" / "turnserver.conf").read_text()
    for name, value in (("address of this relay", OUTSIDE), ("address of Kreide", OUTSIDE), ("secret", secret),
                        ("turn.example.org", "relay.test")):  # fmt: skip
        text = text.replace(f"<{name}>", value)
    text = re.sub(r"^(cert|pkey|tls-listening-port)=.*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listening-port=3478", f"listening-port={port}")
    config = folder / "turnserver.conf"
    config.write_text(f"{text}\nno-tls\nno-dtls\npidfile={folder / 'pid'}\n")
    return subprocess.Popen(["turnserver", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_pupil_behind_443_only(
    _playwright: Playwright, tmp_path: Path, school_network: Callable[..., Path], free_ports: tuple[int, int]
) -> None:
    relay_port, media_port = free_ports
    flags = ["--host", OUTSIDE, "--udp-port", str(media_port), "--turn", f"turn:{OUTSIDE}:{relay_port}?transport=tcp"]
    server = KreideServer(tmp_path / "data", *flags, "--turn-secret", "geheim")
    server.url = f"http://{OUTSIDE}:{server.port}"
    closed = school_network(tmp_path, server.port, relay_port)
    common = [*FLAGS, "--no-sandbox", f"--unsafely-treat-insecure-origin-as-secure={server.url}"]
    with ExitStack() as stack:
        stack.callback(server.stop)
        server.start()
        relay = start_relay(tmp_path, relay_port, "geheim")
        stack.callback(relay.wait)
        stack.callback(relay.kill)
        wait_for_port(relay_port, relay, address=OUTSIDE)
        people: dict[str, Page] = {}
        for account, browser, colour, tone in (
            ("teacher", shutil.which("chromium"), "red", 300), ("pupil1", str(closed), "green", 500),
        ):  # fmt: skip
            assert browser is not None
            chromium = launch(_playwright, browser, common, tmp_path, colour, tone)
            stack.callback(chromium.close)
            context = chromium.new_context(base_url=server.url, locale="en-GB", permissions=["camera", "microphone"])
            context.set_default_timeout(60_000)
            context.add_init_script(SPY)
            page = people[account] = context.new_page()
            page.goto("/login")
            page.get_by_label("User name").fill(account)
            page.get_by_label("Password").fill("kreide")
            page.get_by_role("button", name="Log in").click()
            expect(page).to_have_url(re.compile(r"/$"))
            page.goto("/meeting/demo-lesson")
            page.get_by_role("button", name="Turn on camera").click()
            page.get_by_role("button", name="Join").click()
            expect(page.get_by_role("button", name="Leave")).to_be_visible()
        for page in people.values():
            _until(lambda page=page: frames_and_sound(page)[0] > 10, "no picture came")  # type: ignore[misc]
        assert people["pupil1"].evaluate(SELECTED) == ["relay", "tcp"]
        assert people["teacher"].evaluate(SELECTED)[0] != "relay", "who has UDP takes the straight way"


def _until(check: Callable[[], bool], what: str, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, what
        time.sleep(0.1)


@pytest.fixture
def free_ports() -> tuple[int, int]:
    return free_port(), free_port()
