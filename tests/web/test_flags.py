"""Each setting has one flag, one variable and one field; what commands share is the same in all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from web.cli import _config, _parser, main
from web.config import Config
from web.flags import RECORDINGS, SERVING, STORES
from web.machines import Address


def read(*arguments: str) -> Config:
    return _config(_parser().parse_args(arguments))


def test_every_field_of_the_config_has_one_flag() -> None:
    targets = [flag.target for flag in (*STORES, *SERVING, *RECORDINGS)]
    fields = {field.name for field in structs.fields(Config)} - {"runtime"}  # this one is made, not said
    assert sorted(targets) == sorted(fields)


@pytest.mark.parametrize(
    "command", [("serve",), ("guests",), ("backup", "x"), ("ticket", "--meeting", "m", "--name", "n"), ("erase", "x")]
)
def test_what_nobody_says_is_as_usual(command: tuple[str, ...]) -> None:
    assert read(*command) == Config()


def test_flags_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PORT": "99", "PUBLIC_IP": "1.1.1.1,::1", "DEMO": "1", "DATABASE": "", "HOST": ""}.items():
        monkeypatch.setenv(f"KREIDE_{name}", value)
    config = read("serve", "--port", "100", "--uploads", "/u", "--relay-address", "10.0.0.5:9100", "--tls-key", "k")
    assert (config.port, config.public_ips, config.demo) == (100, ("1.1.1.1", "::1"), True)
    assert (config.database, config.host, config.uploads, config.tls_key) == (None, "127.0.0.1", Path("/u"), Path("k"))
    assert config.relay_address == Address("10.0.0.5", 9100)


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        (["serve"], {"KREIDE_PORT": "x"}, "KREIDE_PORT takes a number"),
        (["serve", "--relay-address", "x"], {}, "--relay-address takes"),
        (["guests", "--data", "/nowhere"], {}, "no school"),
    ],
)
def test_what_cannot_work_is_one_line(
    arguments: list[str], variables: dict[str, str], says: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
