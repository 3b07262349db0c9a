"""Networks that let nothing out but TCP: over the port of the pages itself, or, behind a proxy, through the relay."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import secrets
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.e2e.conftest import FLAGS
from tests.e2e.devices import SPY, frames_and_sound, launch
from tests.e2e.waits import PATIENCE, until
from tests.server import ROOT, KreideServer
from tests.services import free_port, wait_for_port

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network"),
]
NETWORK = f"10.231.{1 + secrets.randbelow(254)}"  # not that of another run, or of one that was killed
OUTSIDE = f"{NETWORK}.1"
CLONE_NEWNET = 0x40000000
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


class Town:
    """A network of the calling thread's own, with closed networks in it.

    Where network devices come and go, browsers break off what is on its way: those of other tests see none of ours,
    and ours are all there, without addresses that come later by themselves, before the first browser starts.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self._names: list[str] = []
        try:
            self._enter(self._make())
        except subprocess.CalledProcessError:
            self.leave()
            pytest.skip("this machine lets nobody make a network")

    def school(self, *ports: int) -> Path:
        """Make a network that reaches only these TCP ports of ours; return how to start a browser there."""
        number = 4 * (len(self._names) - 1)
        outside, within = f"{NETWORK}.{number + 1}", f"{NETWORK}.{number + 2}"
        name = self._make()
        inside = ("ip", "netns", "exec", name)
        run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "addr", "add", f"{outside}/30", "dev", name)
        run(*inside, "ip", "addr", "add", f"{within}/30", "dev", "eth0")
        for command in (("ip", "link", "set", name), (*inside, "ip", "link", "set", "eth0")):
            run(*command, "addrgenmode", "none")
            run(*command, "up")
        run(*inside, "ip", "route", "add", "default", "via", outside)
        run(*inside, "iptables", "-A", "OUTPUT", "-o", "lo", "-j", "ACCEPT")
        for port in ports:
            run(*inside, "iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", str(port), "-j", "ACCEPT")
        run(*inside, "iptables", "-A", "OUTPUT", "-j", "DROP")
        return self._browser(name)

    def browser(self) -> Path:
        """How to start a browser in the town itself."""
        return self._browser(self._names[0])

    def leave(self) -> None:
        """Go home; the networks vanish when the last process in them has ended."""
        _set_network(self._home)
        os.close(self._home)
        for name in self._names:
            run("ip", "netns", "del", name)

    def _make(self) -> str:
        name = f"k{uuid4().hex[:8]}"
        run("ip", "netns", "add", name)
        self._names.append(name)
        run("ip", "netns", "exec", name, "ip", "link", "set", "lo", "up")
        return name

    def _enter(self, name: str) -> None:
        network = os.open(f"/run/netns/{name}", os.O_RDONLY)
        try:
            _set_network(network)
        finally:
            os.close(network)

    def _browser(self, name: str) -> Path:
        browser = self._folder / f"browser-{name}"
        browser.write_text(f'#!/bin/sh\nexec ip netns exec {name} {shutil.which("chromium")} "$@"\n')
        browser.chmod(0o755)
        return browser


def _set_network(descriptor: int) -> None:
    """Move the calling thread, and what it starts from now on, into a network (setns(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.leave()


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
    _playwright: Playwright, tmp_path: Path, town: Town, free_ports: tuple[int, int]
) -> None:
    relay_port, media_port = free_ports
    flags = ["--host", OUTSIDE, "--udp-port", str(media_port), "--turn", f"turn:{OUTSIDE}:{relay_port}?transport=tcp"]
    server = KreideServer(tmp_path / "data", *flags, "--turn-secret", "geheim")
    server.url = f"http://{OUTSIDE}:{server.port}"
    pages_alone = town.school(server.port)
    with ExitStack() as stack:
        stack.callback(server.stop)
        server.start()
        proxy = stack.enter_context(start_proxy(server.port))
        proxied = f"http://{OUTSIDE}:{proxy.getsockname()[1]}"
        through_proxy = town.school(proxy.getsockname()[1], relay_port)
        relay = start_relay(tmp_path, relay_port, "geheim")
        stack.callback(relay.wait)
        stack.callback(relay.kill)
        wait_for_port(relay_port, relay, address=OUTSIDE)
        people: dict[str, Page] = {}
        for account, browser, url, colour, tone in (
            ("teacher", town.browser(), server.url, "red", 300), ("pupil1", pages_alone, server.url, "green", 500),
            ("pupil2", through_proxy, proxied, "blue", 700),
        ):  # fmt: skip
            common = [*FLAGS, "--no-sandbox", f"--unsafely-treat-insecure-origin-as-secure={url}"]
            chromium = launch(_playwright, str(browser), common, tmp_path, colour, tone)
            stack.callback(chromium.close)
            context = chromium.new_context(base_url=url, locale="en-GB", permissions=["camera", "microphone"])
            context.set_default_timeout(PATIENCE)
            context.add_init_script(SPY)
            people[account] = context.new_page()
            join(people[account], account)
        for account, page in people.items():
            until(partial(sees, page), f"pictures come to {account}")
        kind, protocol = people["pupil1"].evaluate(SELECTED)
        assert protocol == "tcp" and kind != "relay", "the port of the pages takes media, too"
        assert people["pupil2"].evaluate(SELECTED) == ["relay", "tcp"]
        until(lambda: people["teacher"].evaluate(SELECTED)[0] != "relay", "who has UDP takes the straight way")


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


def sees(page: Page) -> bool:
    return frames_and_sound(page)[0] > 10


@pytest.fixture
def free_ports() -> tuple[int, int]:
    return free_port(), free_port()
