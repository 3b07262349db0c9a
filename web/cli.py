"""The command line: `kreide serve`, `school`, `ticket`, `backup`, `restore`, `export`, `erase`, `guests`.

Laws: flags win over `KREIDE_*` environment; what cannot work ends in one line on standard error and exit
status 1, never in a traceback. The same command line starts parent and worker: the parent adds the hidden
`--worker-*` flags, so a worker is told nothing that a person could not type. Settings are said in `flags`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from web.config import Config, ConfigError, check
from web.flags import RECORDINGS, SERVING, STORES, add_flags, read_config

ROLES = ("teacher", "pupil", "guardian", "head", "school_admin", "guest")


def main(arguments: Sequence[str]) -> int:
    """Run one command; return the exit status."""
    try:
        options = _parser().parse_args(arguments)
        config = check(_config(options))
        if options.command == "ticket":
            return asyncio.run(_ticket(config, options))
        if options.command == "school":
            from web.founding import found_school

            print(asyncio.run(found_school(config, options.title, options.admin, options.name)))
            return 0
        if options.command in ("export", "erase", "guests"):
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
    add_flags(serve, STORES, SERVING, RECORDINGS)
    serve.add_argument("--worker-index", type=int, help=argparse.SUPPRESS)
    serve.add_argument("--worker-fd", type=int, help=argparse.SUPPRESS)
    serve.add_argument("--worker-runtime", type=Path, help=argparse.SUPPRESS)

    school = commands.add_parser("school", help="add a school and the account that runs it")
    add_flags(school, STORES)
    school.add_argument("--title", required=True, help="what the school is called")
    school.add_argument("--admin", required=True, metavar="LOGIN", help="login of the first account")
    school.add_argument("--name", default="", help="name of the person behind it (default: the login)")

    save = commands.add_parser("backup", help="copy everything of a running server into one file")
    back = commands.add_parser("restore", help="put a backup back; the server must be stopped")
    for command in (save, back):
        add_flags(command, STORES)
        command.add_argument("file", type=Path, metavar="FILE")

    _person_commands(commands)
    ticket = commands.add_parser("ticket", help="print a ticket for tools, or take one back")
    add_flags(ticket, STORES)
    scope = ticket.add_mutually_exclusive_group(required=True)
    scope.add_argument("--meeting", metavar="ID")
    scope.add_argument("--document", metavar="ID")
    scope.add_argument("--revoke", metavar="TICKET")
    ticket.add_argument("--role", choices=ROLES, default="guest")
    ticket.add_argument("--right", choices=("read", "write"), default="read")
    ticket.add_argument("--name", help="of whom a new one stands for")
    return parser


def _person_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    export = commands.add_parser("export", help="put everything of one person into a zip file; the server may run")
    export.add_argument("--to", type=Path, metavar="FILE", help="(default: LOGIN.zip)")
    erase = commands.add_parser("erase", help="take one person out of everything; the server may run")
    erase.add_argument("--dry-run", action="store_true", help="only say what would go")
    erase.add_argument("--yes", action="store_true", help="do not ask")
    guests = commands.add_parser("guests", help="list who was here without an account, newest first")
    guests.add_argument("text", nargs="?", default="", metavar="TEXT", help="in the name, or where they were")
    for command in (export, erase):
        command.add_argument("person", metavar="PERSON", help="login or id of the account, or id of the guest")
    for command in (export, erase, guests):
        add_flags(command, STORES, RECORDINGS)
        command.add_argument("--school", metavar="ID", help="only this one's")


def _config(options: argparse.Namespace) -> Config:
    config = read_config(options)
    if options.command != "serve":
        return config
    return structs.replace(config, runtime=options.worker_runtime or config.data / "run")


async def _ticket(config: Config, options: argparse.Namespace) -> int:
    from web.stores import issue_ticket, revoke_ticket

    if options.revoke:
        await revoke_ticket(config, options.revoke)
        print("The ticket is taken back; whoever came with it is out within a second.")
        return 0
    if not options.name:
        raise ConfigError("A new ticket takes the --name of whom it stands for.")
    print(await issue_ticket(config, options))
    return 0
