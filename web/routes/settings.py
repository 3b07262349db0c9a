"""Settings: the school's rules for direct messages, and what people set for themselves.

Laws: the school's are set by head and administration, one's own by oneself; both act on open connections within a
second.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from sfu.codecs import VideoCodec
from web.errors import ProtocolError
from web.quiet import is_zone
from web.routes.channels import Days
from web.routes.table import Call, Nothing, Route, endpoint
from web.school.actions import PersonalPatch, SchoolPatch, do_change_school, do_set_personal
from web.school.keeping import LEAST_DAYS, MOST_DAYS
from web.school.model import DirectPolicy, Personal, QuietHours, School
from web.services import Services

Minute = Annotated[int, Meta(ge=0, le=24 * 60 - 1)]
HistoryDays = Annotated[int, Meta(ge=LEAST_DAYS, le=MOST_DAYS)]
Kbit = Annotated[int, Meta(ge=200, le=20_000)]
Zone = Annotated[str, Meta(min_length=1, max_length=64)]


class Usual(Struct, frozen=True):
    """What the server is told, for schools that say nothing of their own."""

    history_days: int
    video_codec: VideoCodec
    downlink_cap: int


class SchoolSettings(Struct, frozen=True):
    """`direct`: who writes to whom in private; `direct_keep_days`: how long that is kept, null for ever.

    `history_days`: how long the single changes of documents are kept. `video_codec`: what cameras are asked for.
    `downlink_cap`: kbit/s for each person, at most what is `usual`. Where one of these is null, what is `usual` holds.
    """

    id: str
    title: str
    direct: DirectPolicy
    direct_keep_days: int | None
    time_zone: str
    history_days: int | None
    video_codec: VideoCodec | None
    downlink_cap: int | None
    usual: Usual


class ChangedSchool(Struct, frozen=True):
    """What is left out stays; null takes the school's own word back where there is a usual one."""

    direct: DirectPolicy | UnsetType = UNSET
    direct_keep_days: Days | UnsetType | None = UNSET
    time_zone: Zone | UnsetType = UNSET
    history_days: HistoryDays | UnsetType | None = UNSET
    video_codec: VideoCodec | UnsetType | None = UNSET
    downlink_cap: Kbit | UnsetType | None = UNSET


class Quiet(Struct, frozen=True):
    """Minutes of the day, over midnight where `end` is earlier; `weekends`: Saturday and Sunday, too."""

    start: Minute
    end: Minute
    weekends: bool = False


class OwnSettings(Struct, frozen=True):
    """`away`: others see that I am away; `typing`: others see that I write; `quiet`: my quiet hours."""

    away: bool
    typing: bool
    quiet: Quiet | None
    time_zone: str


class ChangedSettings(Struct, frozen=True):
    """What is left out stays."""

    away: bool | UnsetType = UNSET
    typing: bool | UnsetType = UNSET
    quiet: Quiet | UnsetType | None = UNSET


async def school_settings(call: Call[Nothing]) -> SchoolSettings:
    """The caller's school."""
    _, school = await call.services.contacts.personal(call.person)
    return _school_view(school, call.services)


async def change_school(call: Call[ChangedSchool]) -> SchoolSettings:
    """Say who writes to whom, how long that is kept, by which clock the school lives, and how pictures are sent."""
    body = call.body
    await call.services.access.access_administration(call.person)
    if body.time_zone is not UNSET and not is_zone(body.time_zone):
        raise ProtocolError("bad_time_zone", "there is no such time zone")
    patch = SchoolPatch(
        direct=body.direct,
        direct_keep_days=body.direct_keep_days,
        time_zone=body.time_zone,
        history_days=body.history_days,
        video_codec=body.video_codec,
        downlink_cap=body.downlink_cap,
    )
    return _school_view(await do_change_school(call.services.school, call.person.school, patch), call.services)


async def own_settings(call: Call[Nothing]) -> OwnSettings:
    """What the caller has set for themselves."""
    return _own_view(*await call.services.contacts.personal(call.person))


async def change_own(call: Call[ChangedSettings]) -> OwnSettings:
    """Set what others see of the caller, and their quiet hours."""
    _, school = await call.services.contacts.personal(call.person)
    body = call.body
    quiet = body.quiet
    hours = QuietHours(quiet.start, quiet.end, quiet.weekends) if isinstance(quiet, Quiet) else quiet
    patch = PersonalPatch(away=body.away, typing=body.typing, quiet=hours)
    return _own_view(await do_set_personal(call.services.school, school.id, call.person.id, patch), school)


def _school_view(school: School, services: Services) -> SchoolSettings:
    usual = Usual(services.config.history_days, services.config.video_codec, services.config.downlink_cap)
    return SchoolSettings(
        id=school.id,
        title=school.title,
        direct=school.direct,
        direct_keep_days=school.direct_keep_days,
        time_zone=school.time_zone,
        history_days=school.history_days,
        video_codec=school.video_codec,
        downlink_cap=school.downlink_cap,
        usual=usual,
    )


def _own_view(personal: Personal, school: School) -> OwnSettings:
    quiet = personal.quiet
    hours = None if quiet is None else Quiet(quiet.start, quiet.end, quiet.weekends)
    return OwnSettings(personal.away, personal.typing, hours, school.time_zone)


ROUTES: tuple[Route, ...] = (
    endpoint("GET", "/api/v1/school", school_settings, "Settings of my school", response=SchoolSettings,
             errors=(403,)),
    endpoint("PATCH", "/api/v1/school", change_school, "Change the school's settings", request=ChangedSchool,
             response=SchoolSettings, errors=(400, 403)),
    endpoint("GET", "/api/v1/me/settings", own_settings, "My settings", response=OwnSettings, errors=(403,)),
    endpoint("PATCH", "/api/v1/me/settings", change_own, "Change my settings", request=ChangedSettings,
             response=OwnSettings, errors=(400, 403)),
)  # fmt: skip
