"""Networks that let nothing out but TCP: over the port of the pages itself, or, behind a proxy, through the relay."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import threading
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
NETWORK = f"10.231.{1 + secrets.randbelow(254)}"  # not that of another run, or of one that was killed
OUTSIDE = f"{NETWORK}.1"
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

PICTURES = """async () => {
  const found = [];
  for (const connection of window.connections) {
    for (const report of (await connection.getStats()).values()) {
      if (report.type !== 'inbound-rtp' || report.kind !== 'video') continue;
      const { framesReceived, framesDecoded, packetsReceived, packetsLost, pliCount } = report;
      found.push({ framesReceived, framesDecoded, packetsReceived, packetsLost, pliCount });
    }
  }
  return [found, document.body.innerText];
}"""


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def school_network() -> Iterator[Callable[[Path, int, int], Path]]:
    """Make networks from which only these TCP ports of ours can be reached; return how to start a browser in one."""
    names: list[str] = []

    def close_it(folder: Path, *ports: int) -> Path:
        number = 4 * len(names)
        outside, within = f"{NETWORK}.{number + 1}", f"{NETWORK}.{number + 2}"
        name = f"k{uuid4().hex[:8]}"
        names.append(name)
        try:
            run("ip", "netns", "add", name)
            run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            run("ip", "netns", "exec", name, "iptables", "-A", "OUTPUT", "-o", "lo", "-j", "ACCEPT")
        except subprocess.CalledProcessError:
            pytest.skip("this machine lets nobody make a network")
        run("ip", "addr", "add", f"{outside}/30", "dev", name)
        run("ip", "link", "set", name, "up")
        inside = ("ip", "netns", "exec", name)
        run(*inside, "ip", "addr", "add", f"{within}/30", "dev", "eth0")
        for device in ("eth0", "lo"):
            run(*inside, "ip", "link", "set", device, "up")
        run(*inside, "ip", "route", "add", "default", "via", outside)
        for port in ports:
            run(*inside, "iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", str(port), "-j", "ACCEPT")
        run(*inside, "iptables", "-A", "OUTPUT", "-j", "DROP")
        browser = folder / f"browser-{name}"
        browser.write_text(f'#!/bin/sh\nexec {" ".join(inside)} {shutil.which("chromium")} "$@"\n')
        browser.chmod(0o755)
        return browser

    yield close_it
    for name in names:
        subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["ip", "link", "del", name], check=False, stderr=subprocess.DEVNULL)


def start_proxy(port: int) -> socket.socket:
    """The pages on another port, as a proxy in front of the server has them."""

    def carry(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve(client: socket.socket) -> None:
        with client, socket.create_connection((OUTSIDE, port)) as server:
            back = threading.Thread(target=carry, args=(server, client), daemon=True)
            back.start()
            carry(client, server)
            back.join()

    def accept() -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                threading.Thread(target=serve, args=(proxy.accept()[0],), daemon=True).start()

    proxy = socket.create_server((OUTSIDE, 0))
    threading.Thread(target=accept, daemon=True).start()
    return proxy


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


def test_pupils_behind_443_only(
    _playwright: Playwright, tmp_path: Path, school_network: Callable[..., Path], free_ports: tuple[int, int]
) -> None:
    relay_port, media_port = free_ports
    flags = ["--host", OUTSIDE, "--udp-port", str(media_port), "--turn", f"turn:{OUTSIDE}:{relay_port}?transport=tcp"]
    server = KreideServer(tmp_path / "data", *flags, "--turn-secret", "geheim")
    server.url = f"http://{OUTSIDE}:{server.port}"
    pages_alone = school_network(tmp_path, server.port)
    with ExitStack() as stack:
        stack.callback(server.stop)
        server.start()
        proxy = stack.enter_context(start_proxy(server.port))
        proxied = f"http://{OUTSIDE}:{proxy.getsockname()[1]}"
        through_proxy = school_network(tmp_path, proxy.getsockname()[1], relay_port)
        relay = start_relay(tmp_path, relay_port, "geheim")
        stack.callback(relay.wait)
        stack.callback(relay.kill)
        wait_for_port(relay_port, relay, address=OUTSIDE)
        people: dict[str, Page] = {}
        for account, browser, url, tone in (
            ("teacher", shutil.which("chromium"), server.url, 300), ("pupil1", str(pages_alone), server.url, 500),
            ("pupil2", str(through_proxy), proxied, 700),
        ):  # fmt: skip
            assert browser is not None
            common = [*FLAGS, "--no-sandbox", f"--unsafely-treat-insecure-origin-as-secure={url}"]
            chromium = launch(_playwright, browser, common, tmp_path, "red", tone)
            stack.callback(chromium.close)
            context = chromium.new_context(base_url=url, locale="en-GB", permissions=["camera", "microphone"])
            context.set_default_timeout(60_000)
            context.add_init_script(SPY)
            people[account] = context.new_page()
            join(people[account], account)
        for account, page in people.items():
            _see(account, page)
        assert people["pupil1"].evaluate(SELECTED)[1] == "tcp"
        assert people["pupil1"].evaluate(SELECTED)[0] != "relay", "the port of the pages takes media, too"
        assert people["pupil2"].evaluate(SELECTED) == ["relay", "tcp"]
        assert people["teacher"].evaluate(SELECTED)[0] != "relay", "who has UDP takes the straight way"


def join(page: Page, account: str) -> None:
    """Enter the lesson with camera and microphone."""
    page.goto("/login")
    page.get_by_label("User name").fill(account)
    page.get_by_label("Password").fill("kreide")
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/$"))
    page.goto("/meeting/demo-lesson")
    page.get_by_role("button", name="Turn on camera").click()
    expect(page.get_by_role("button", name="Camera is on")).to_be_visible()  # else the others wait for no picture
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("button", name="Leave")).to_be_visible()


def _see(account: str, page: Page) -> None:
    """Wait until pictures have come, or, where three browsers leave a small machine no time for them, sound."""
    end = time.monotonic() + 60
    while frames_and_sound(page)[0] <= 10 and time.monotonic() < end:
        time.sleep(0.1)
    frames, heard = frames_and_sound(page)
    if frames <= 10:
        told = page.evaluate(PICTURES)
        print(f"no picture came to {account} in a minute: {told}")
        end = time.monotonic() + 60
        while frames_and_sound(page)[1] <= heard:
            assert time.monotonic() < end, f"neither picture nor sound comes to {account}: {told}"
            time.sleep(0.1)


@pytest.fixture
def free_ports() -> tuple[int, int]:
    return free_port(), free_port()
