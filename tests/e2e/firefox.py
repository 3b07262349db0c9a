"""Debian's Firefox, driven over Marionette: playwright drives only a Firefox of its own.

Laws: one window, headless, a profile of its own that is thrown away; cameras are Firefox's own fake ones and need no
asking. A command is one JSON message with its length in front, and has one answer; an error of the page is raised.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.services import free_port

SECONDS = 180.0
PREFERENCES: dict[str, object] = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.autoplay.default": 0,  # allowed; the rule of a gesture has a test of its own
    "media.gmp-manager.updateEnabled": False,
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class Firefox:
    """One browser with one page."""

    def __init__(self, folder: Path) -> None:
        binary = shutil.which("firefox-esr")
        assert binary is not None, "firefox-esr is missing (Debian: apt install firefox-esr)"
        port = free_port()
        profile = folder / "profile"
        profile.mkdir(parents=True)
        chosen = {**PREFERENCES, "marionette.port": port}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in chosen.items()]
        (profile / "user.js").write_text("".join(lines))
        command = [binary, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
        environment = {"HOME": str(folder), "MOZ_DISABLE_CONTENT_SANDBOX": "1", "PATH": "/usr/bin:/bin"}
        with (folder / "firefox.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self._socket = self._connect(port)
        self._buffer = b""
        self._number = 0
        self._receive()  # it says who it is
        self.command("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})

    def command(self, name: str, parameters: dict[str, object]) -> Any:
        """Carry out one command; raise what the browser says was wrong."""
        self._number += 1
        body = json.dumps([0, self._number, name, parameters]).encode()
        self._socket.sendall(f"{len(body)}:".encode() + body)
        _, number, error, result = self._receive()
        assert number == self._number
        if error is not None:
            raise RuntimeError(f"{name}: {error['error']}: {error['message']}")
        return result

    def open(self, url: str) -> None:
        self.command("WebDriver:Navigate", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:
        """The value (or what it promises) of a function's body in the page."""
        wrapped = f"""const [done] = [arguments[arguments.length - 1]];
            Promise.resolve((async function () {{ {script} }}).apply(null, arguments))
                .then((value) => done({{ value }}), (error) => done({{ error: String(error) }}));"""
        found = self.command(
            "WebDriver:ExecuteAsyncScript", {"script": wrapped, "args": list(arguments), "sandbox": None}
        )
        if "error" in found["value"]:
            raise RuntimeError(found["value"]["error"])
        return found["value"].get("value")

    def until(self, script: str, *arguments: object, what: str = "", seconds: float = SECONDS) -> Any:
        """Ask until the answer is true, and return it."""
        end = time.monotonic() + seconds
        while not (found := self.run(script, *arguments)):
            assert time.monotonic() < end, what or script
            time.sleep(0.1)
        return found

    def press(self, name: str) -> None:
        """Press the button of this name, as soon as there is one."""
        selector = f"//*[self::button or @role='menuitem'][normalize-space()='{name}' or @aria-label='{name}']"
        found = self._patiently(lambda: self.command("WebDriver:FindElement", {"using": "xpath", "value": selector}))
        (element,) = found["value"].values()
        self._patiently(lambda: self.command("WebDriver:ElementClick", {"id": element}))

    def close(self) -> None:
        try:
            self.command("Marionette:Quit", {"flags": ["eForceQuit"]})
        except (OSError, RuntimeError, ConnectionError):
            self._process.kill()
        self._socket.close()
        self._process.wait(SECONDS)

    def _patiently(self, act: Callable[[], Any]) -> Any:
        end = time.monotonic() + SECONDS
        while True:
            try:
                return act()
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def _connect(self, port: int) -> socket.socket:
        end = time.monotonic() + SECONDS
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), SECONDS)
            except OSError:
                assert self._process.poll() is None, "firefox has ended"
                assert time.monotonic() < end, "firefox does not open Marionette"
                time.sleep(0.05)

    def _receive(self) -> Any:
        while b":" not in self._buffer:
            self._fill()
        head, _, self._buffer = self._buffer.partition(b":")
        while len(self._buffer) < int(head):
            self._fill()
        message, self._buffer = self._buffer[: int(head)], self._buffer[int(head) :]
        return json.loads(message)

    def _fill(self) -> None:
        part = self._socket.recv(65536)
        if not part:
            raise ConnectionError("firefox has closed Marionette")
        self._buffer += part
