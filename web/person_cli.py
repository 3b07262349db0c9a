"""`kreide export PERSON`, `kreide erase PERSON` and `kreide guests`: what is said, what is asked, and what is done.

Laws: before anything goes, it is said what goes and what stays; without --yes a person at a terminal has to type the
login (a guest's name), without a terminal nothing happens. Everything that cannot work ends as a ConfigError, one line.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Final

from collab.errors import CollabError
from web.config import Config, ConfigError
from web.downloads import file_name
from web.errors import WebError
from web.person import count, erase, find_subject, open_holdings
from web.person_export import export
from web.stores import STORE_FAILURES
from web.visitors import Visitor

STAYS: Final = """What stays: titles of meetings, folders and documents that others see; that there was a message,
without its words; what others wrote, about this person, too, or copied from them by hand, or brought back from an old
state of a document; files of theirs that others' slides show. Backups made before still hold everything: delete them,
or erase again after a restore."""


async def run(config: Config, options: argparse.Namespace) -> str:
    """Do what was asked and return what to tell. Raises ConfigError."""
    if config.database is None and not (config.data / "school.db").is_file():
        raise ConfigError(f"There is no school in {config.data}: start the server once, or name its --data folder.")
    try:
        if options.command == "export":
            return await _export(config, options)
        if options.command == "guests":
            return await _list_guests(config, options)
        return await _erase(config, options)
    except FileExistsError as error:
        raise ConfigError("The file is there already.") from error
    except (WebError, CollabError) as error:
        raise ConfigError(f"{error.text}.") from error
    except STORE_FAILURES as error:
        raise ConfigError(f"It failed: {str(error).splitlines()[0]}.") from error


async def _export(config: Config, options: argparse.Namespace) -> str:
    async with open_holdings(config) as holdings:
        subject = await find_subject(holdings, options.person, options.school)
        target: Path = options.to or Path(file_name(subject.login, "zip"))
        size = await export(holdings, subject, target)
    return f"{target}: {size / 1e6:.1f} MB."


async def _erase(config: Config, options: argparse.Namespace) -> str:
    async with open_holdings(config) as holdings:
        subject = await find_subject(holdings, options.person, options.school)
        counts = await count(holdings, subject)
        print(f"{subject.full_name} ({subject.login}), {subject.role} of {subject.school}:")
        for name, number in counts.items():
            print(f"  {number:>7} {name}")
        print(STAYS)
        if options.dry_run:
            return "Nothing was changed (--dry-run)."
        if not options.yes and not _confirmed(subject.login):
            return "Nothing was changed."
        await erase(holdings, subject)
    return "Erased."


async def _list_guests(config: Config, options: argparse.Namespace) -> str:
    async with open_holdings(config) as holdings:
        found = await holdings.visitors.of(options.school, options.text)
    return "\n".join(_line(visitor) for visitor in found) or "Nobody without an account has left anything."


def _line(visitor: Visitor) -> str:
    seen = time.strftime("%Y-%m-%d %H:%M", time.localtime(visitor.last / 1000)) if visitor.last else "?"
    return f"{visitor.id:<24} {seen:<16} {visitor.name or '-'} ({visitor.school}: {', '.join(visitor.places)})"


def _confirmed(login: str) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError("Erasing cannot be undone: say --yes, or --dry-run to see what would go.")
    return input(f"This cannot be undone. Type {login!r} to erase: ").strip() == login
