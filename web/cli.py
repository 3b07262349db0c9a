"""The command line: `kreide serve`, `school`, `ticket`, `backup`, `restore`, `export`, `erase`.

Laws: flags win over `KREIDE_*` environment; what cannot work ends in one line on standard error and exit
status 1, never in a traceback. The same command line starts parent and worker: the parent adds the hidden
`--worker-*` flags, so a worker is told nothing that a person could not type.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sfu.codecs import VIDEO
from web.config import Config, ConfigError, check
from web.machines import Address, parse_address

ROLES = ("teacher", "pupil", "guardian", "head", "school_admin", "guest")


def main(arguments: Sequence[str]) -> int:
    """Run one command; return the exit status."""
    try:
        options = _parser().parse_args(arguments)
        config = check(_config(options))
        if options.command == "ticket":
            return asyncio.run(_print_ticket(config, options))
        if options.command == "school":
            from web.founding import found_school

            print(asyncio.run(found_school(config, options.title, options.admin, options.name)))
            return 0
        if options.command in ("export", "erase"):
            from web import person_cli

            print(asyncio.run(person_cli.run(config, options)))
            return 0
        if options.command in ("backup", "restore"):
            from web import backup

            print(getattr(backup, options.command)(config, options.file))
            return 0
        from web.supervisor import serve  # the server's imports are slow; `ticket` and `--help` do without

        return serve(config, arguments, options)
    except ConfigError as error:
        print(f"kreide: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kreide", description="A classroom server: video, documents, chat.")
    commands = parser.add_subparsers(dest="command", required=True)

    serve = commands.add_parser("serve", help="run the server")
    _store_flags(serve)
    serve.add_argument("--host", default=_env("HOST", "127.0.0.1"), help="IP address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", type=int, default=_env_number("PORT", 8080), help="HTTP port (default 8080)")
    serve.add_argument("--udp-port", type=int, default=_env_number("UDP_PORT", 0), help="media port (default: --port)")
    serve.add_argument(
        "--public-ip", action="append", default=_env_list("PUBLIC_IP"), metavar="IP", help="address that people reach"
    )
    serve.add_argument(
        "--media-threads", type=int, default=_env_number("MEDIA_THREADS", 1), help="per worker, one UDP port each"
    )
    serve.add_argument("--video-codec", choices=VIDEO, default=_env("VIDEO_CODEC", "vp8"), help="what cameras send")
    serve.add_argument(
        "--downlink-cap",
        type=int,
        default=_env_number("DOWNLINK_CAP", 1000),
        metavar="KBIT",
        help="of pictures, for each person",
    )
    serve.add_argument(
        "--turn", action="append", default=_env_list("TURN"), metavar="URL", help="relay for networks without UDP"
    )
    serve.add_argument("--turn-secret", default=_env("TURN_SECRET"), help="what the relay shares with this server")
    serve.add_argument(
        "--workers", type=int, default=_env_number("WORKERS", 1), help="processes; more than one takes --redis"
    )
    serve.add_argument("--redis", default=_env("REDIS") or None, metavar="URL", help="redis://… joins workers")
    serve.add_argument(
        "--relay-address",
        default=_env("RELAY_ADDRESS") or None,
        metavar="IP:PORT",
        help="for workers on other machines",
    )
    serve.add_argument("--tls-cert", type=Path, default=_env_path("TLS_CERT"), help="serve HTTPS with this certificate")
    serve.add_argument("--tls-key", type=Path, default=_env_path("TLS_KEY"), help="and its key")
    serve.add_argument(
        "--trusted-proxy",
        action="append",
        default=_env_list("TRUSTED_PROXY"),
        metavar="IP/NET",
        help="whose forwarded headers count",
    )
    serve.add_argument(
        "--allowed-origin",
        action="append",
        default=_env_list("ALLOWED_ORIGIN"),
        metavar="ORIGIN",
        help="foreign pages that may connect",
    )
    serve.add_argument(
        "--history-days",
        type=int,
        default=_env_number("HISTORY_DAYS", 30),
        metavar="DAYS",
        help="how long each edit can be looked at",
    )
    serve.add_argument(
        "--recordings", type=Path, default=_env_path("RECORDINGS"), metavar="FOLDER", help="where recordings lie"
    )
    serve.add_argument(
        "--recording-days",
        type=int,
        default=_env_number("RECORDING_DAYS", 30),
        metavar="DAYS",
        help="how long they are kept; 0: none",
    )
    serve.add_argument(
        "--recording-reserve",
        type=int,
        default=_env_number("RECORDING_RESERVE", 1_000),
        metavar="MB",
        help="of the disk that stay free",
    )
    for flag, usual in (("upload-limit", 20), ("uploads-per-person", 1_000), ("uploads-per-school", 50_000)):
        value = _env_number(flag.upper().replace("-", "_"), usual)
        serve.add_argument(f"--{flag}", type=int, default=value, metavar="MB")
    serve.add_argument("--demo", action="store_true", default=_env("DEMO") == "1", help="with the demo school")
    serve.add_argument("--worker-index", type=int, help=argparse.SUPPRESS)
    serve.add_argument("--worker-fd", type=int, help=argparse.SUPPRESS)
    serve.add_argument("--worker-runtime", type=Path, help=argparse.SUPPRESS)

    school = commands.add_parser("school", help="add a school and the account that runs it")
    _store_flags(school)
    school.add_argument("--title", required=True, help="what the school is called")
    school.add_argument("--admin", required=True, metavar="LOGIN", help="login of the first account")
    school.add_argument("--name", default="", help="name of the person behind it (default: the login)")

    save = commands.add_parser("backup", help="copy everything of a running server into one file")
    _store_flags(save)
    save.add_argument("file", type=Path, metavar="FILE")
    back = commands.add_parser("restore", help="put a backup back; the server must be stopped")
    _store_flags(back)
    back.add_argument("file", type=Path, metavar="FILE")

    _person_commands(commands)
    ticket = commands.add_parser("ticket", help="print a ticket for tools")
    _store_flags(ticket)
    scope = ticket.add_mutually_exclusive_group(required=True)
    scope.add_argument("--meeting", metavar="ID")
    scope.add_argument("--document", metavar="ID")
    ticket.add_argument("--role", choices=ROLES, default="guest")
    ticket.add_argument("--right", choices=("read", "write"), default="read")
    ticket.add_argument("--name", required=True)
    return parser


def _person_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    export = commands.add_parser("export", help="put everything of one person into a zip file; the server may run")
    export.add_argument("--to", type=Path, metavar="FILE", help="(default: LOGIN.zip)")
    erase = commands.add_parser("erase", help="take one person out of everything; the server may run")
    erase.add_argument("--dry-run", action="store_true", help="only say what would go")
    erase.add_argument("--yes", action="store_true", help="do not ask")
    for command in (export, erase):
        _store_flags(command)
        command.add_argument("person", metavar="PERSON", help="login or id of the account")
        command.add_argument("--school", metavar="ID", help="where several schools have such a login")
        command.add_argument("--recordings", type=Path, default=_env_path("RECORDINGS"), metavar="FOLDER")


def _store_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path(_env("DATA", "data")), help="data folder (default ./data)")
    parser.add_argument(
        "--database", default=_env("DATABASE") or None, metavar="URL", help="postgresql://… (default: SQLite)"
    )
    parser.add_argument(
        "--uploads", type=Path, default=_env_path("UPLOADS"), metavar="FOLDER", help="where files lie that people send"
    )


def _config(options: argparse.Namespace) -> Config:
    if options.command != "serve":
        recordings = getattr(options, "recordings", None)
        return Config(data=options.data, database=options.database, uploads=options.uploads, recordings=recordings)
    return Config(
        host=options.host,
        port=options.port,
        udp_port=options.udp_port,
        public_ips=tuple(options.public_ip),
        media_threads=options.media_threads,
        downlink_cap=options.downlink_cap,
        video_codec=options.video_codec,
        turn=tuple(options.turn),
        turn_secret=options.turn_secret,
        workers=options.workers,
        redis=options.redis,
        database=options.database,
        data=options.data,
        runtime=options.worker_runtime or options.data / "run",
        relay_address=_address(options.relay_address),
        tls_cert=options.tls_cert,
        tls_key=options.tls_key,
        trusted_proxies=tuple(options.trusted_proxy),
        allowed_origins=tuple(options.allowed_origin),
        history_days=options.history_days,
        recordings=options.recordings,
        recording_days=options.recording_days,
        recording_reserve=options.recording_reserve,
        uploads=options.uploads,
        upload_limit=options.upload_limit,
        uploads_per_person=options.uploads_per_person,
        uploads_per_school=options.uploads_per_school,
        demo=options.demo,
    )


async def _print_ticket(config: Config, options: argparse.Namespace) -> int:
    from web.stores import issue_ticket

    print(await issue_ticket(config, options))
    return 0


def _env(name: str, default: str = "") -> str:
    return os.environ.get(f"KREIDE_{name}", default)


def _env_number(name: str, default: int) -> int:
    value = _env(name, str(default))
    if not value.isdecimal():
        raise ConfigError(f"KREIDE_{name} takes a number, not {value!r}.")
    return int(value)


def _env_list(name: str) -> list[str]:
    return [item for item in _env(name).split(",") if item]


def _address(text: str | None) -> Address | None:
    try:
        return None if text is None else parse_address(text)
    except ValueError as error:
        raise ConfigError(f"--relay-address takes an IP address and a port, such as 10.0.0.5:9100: {error}.") from error


def _env_path(name: str) -> Path | None:
    value = _env(name)
    return Path(value) if value else None
