"""What can be set on the command line or in the environment: each setting is said here, once.

Laws: a setting is named as the field of Config that holds it; its flag (`--public-ip`) and its variable
(`KREIDE_PUBLIC_IP`) follow from one name. Flags win over the environment, the environment over what is usual. Which
command takes which group of settings is said by `cli`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from msgspec import Struct, structs

from sfu.codecs import VIDEO
from web.config import Config, ConfigError
from web.machines import parse_address


class Flag(Struct, frozen=True):
    """One setting of the command line; `list`: may be said several times, in the environment with commas."""

    name: str
    help: str | None = None
    usual: str | int = ""
    kind: Literal["text", "number", "path", "list", "yes", "address"] = "text"
    metavar: str | None = None
    choices: tuple[str, ...] | None = None
    field: str = ""  # of Config, where it is not called the same

    @property
    def target(self) -> str:
        """The field of Config."""
        return self.field or self.name.replace("-", "_")


STORES: Final = (
    Flag("data", "data folder (default ./data)", "data", "path"),
    Flag("database", "postgresql://… (default: SQLite)", metavar="URL"),
    Flag("uploads", "where files lie that people send", kind="path", metavar="FOLDER"),
)
RECORDINGS: Final = (Flag("recordings", "where recordings lie", kind="path", metavar="FOLDER"),)
SERVING: Final = (
    Flag("host", "IP address to listen on (default 127.0.0.1)", "127.0.0.1"),
    Flag("port", "HTTP port (default 8080)", 8080, "number"),
    Flag("udp-port", "media port (default: --port)", 0, "number"),
    Flag("public-port", "of a proxy in front that passes media on, too", 0, "number", "PORT"),
    Flag("public-ip", "address that people reach", kind="list", metavar="IP", field="public_ips"),
    Flag("media-threads", "per worker, one UDP port each", 1, "number"),
    Flag("video-codec", "what cameras send", "vp8", choices=VIDEO),
    Flag("downlink-cap", "of pictures, for each person", 1000, "number", "KBIT"),
    Flag("turn", "relay for networks without UDP", kind="list", metavar="URL"),
    Flag("turn-secret", "what the relay shares with this server"),
    Flag("workers", "processes; more than one takes --redis", 1, "number"),
    Flag("redis", "redis://… joins workers", metavar="URL"),
    Flag("relay-address", "for workers on other machines", kind="address", metavar="IP:PORT"),
    Flag("tls-cert", "serve HTTPS with this certificate", kind="path"),
    Flag("tls-key", "and its key", kind="path"),
    Flag("trusted-proxy", "whose X-Forwarded-Host counts", kind="list", metavar="IP/NET", field="trusted_proxies"),
    Flag("allowed-origin", "foreign pages that may connect", kind="list", metavar="ORIGIN", field="allowed_origins"),
    Flag("history-days", "how long each edit can be looked at", 30, "number", "DAYS"),
    Flag("recording-days", "how long they are kept; 0: none", 30, "number", "DAYS"),
    Flag("recording-reserve", "of the disk that stay free", 1_000, "number", "MB"),
    Flag("upload-limit", "of one file", 20, "number", "MB"),
    Flag("uploads-per-person", "of all that one person has sent", 1_000, "number", "MB"),
    Flag("uploads-per-school", "of all that one school keeps", 50_000, "number", "MB"),
    Flag("clamd", "looks through what people send for viruses", metavar="SOCKET"),
    Flag("demo", "with the demo school", kind="yes"),
)


def add_flags(parser: argparse.ArgumentParser, *groups: Sequence[Flag]) -> None:
    """Let a command take these settings."""
    taken = [flag for group in groups for flag in group]
    for flag in taken:
        if flag.kind == "yes":
            parser.add_argument(f"--{flag.name}", action="store_true", default=_said(flag) == "1", help=flag.help)
            continue
        given: dict[str, object] = {"dest": flag.target, "default": _default(flag), "help": flag.help}
        given |= {name: value for name in ("metavar", "choices") if (value := getattr(flag, name)) is not None}
        kind = {"number": int, "path": Path}.get(flag.kind)
        more = {"action": "append"} if flag.kind == "list" else {} if kind is None else {"type": kind}
        parser.add_argument(f"--{flag.name}", **given, **more)  # type: ignore[arg-type]
    parser.set_defaults(settings=taken)


def read_config(options: argparse.Namespace) -> Config:
    """Return what the settings of a command say; what it does not take stays as usual. Raises ConfigError."""
    told: dict[str, Any] = {flag.target: _value(flag, getattr(options, flag.target)) for flag in options.settings}
    usual = {field.name: field.default for field in structs.fields(Config)}
    return Config(**{name: usual[name] if value is None else value for name, value in told.items()})


def _value(flag: Flag, said: object) -> object:
    if flag.kind == "list":
        assert isinstance(said, list)
        return tuple(said)
    if flag.kind != "address" or said is None:
        return said
    try:
        return parse_address(str(said))
    except ValueError as error:
        raise ConfigError(f"--{flag.name} takes an IP address and a port, such as 10.0.0.5:9100: {error}.") from error


def _default(flag: Flag, environment: Mapping[str, str] = os.environ) -> object:
    said = _said(flag, environment)
    match flag.kind:
        case "list":
            return [item for item in said.split(",") if item]
        case "number":
            if not said.isdecimal():
                raise ConfigError(f"{_variable(flag)} takes a number, not {said!r}.")
            return int(said)
        case "path":
            return Path(said) if said else None
        case _:
            return said or None


def _said(flag: Flag, environment: Mapping[str, str] = os.environ) -> str:
    return environment.get(_variable(flag), str(flag.usual))


def _variable(flag: Flag) -> str:
    return f"KREIDE_{flag.name.upper().replace('-', '_')}"
