"""Quiet hours (Ruhezeit): whether somebody has them at a moment, and until when.

Laws: pure; the moment is an argument (milliseconds since 1970), the hours are those of the wall clock in the school's
time zone, also on the two nights a year when it jumps. Hours that end where they began are none. What follows without
a gap is one: Friday's evening, the weekend and the night to Monday end on Monday morning. An unknown zone is UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from web.school.model import QuietHours

SATURDAY: Final = 5
DAYS: Final = 8  # whoever is never awake is told of at most a week


def quiet_until(quiet: QuietHours | None, zone: str, now: int) -> int | None:
    """Return when the quiet hours of this moment end, None when there are none now."""
    if quiet is None:
        return None
    at = local = datetime.fromtimestamp(now / 1000, zone_of(zone)).replace(tzinfo=None)
    for _ in range(DAYS):
        end = _end(quiet, at)
        if end is None:
            break
        at = end
    return None if at == local else int(at.replace(tzinfo=zone_of(zone)).timestamp() * 1000)


def is_zone(name: str) -> bool:
    """Whether there is such a time zone."""
    return zone_of(name) is not UTC or name == "UTC"


@lru_cache(maxsize=1000)
def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name in the IANA database."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not there, a directory, a path that leads out
        return UTC


def _end(quiet: QuietHours, at: datetime) -> datetime | None:
    """When what is quiet at this moment ends: the weekend or the night, whichever lasts longer."""
    midnight = datetime.combine(at.date(), time())
    ends = []
    if quiet.weekends and at.weekday() >= SATURDAY:
        ends.append(midnight + timedelta(days=7 - at.weekday()))
    minute = at.hour * 60 + at.minute
    over_midnight = quiet.end < quiet.start
    if over_midnight and minute >= quiet.start:
        ends.append(midnight + timedelta(days=1, minutes=quiet.end))
    elif (over_midnight and minute < quiet.end) or quiet.start <= minute < quiet.end:
        ends.append(midnight + timedelta(minutes=quiet.end))
    return max(ends, default=None)
