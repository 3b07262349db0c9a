"""Which codec the cameras of a school are asked for.

Laws: it is read when a room begins and holds as long as the room does, on whichever worker it is; None is what the
server is told. Whoever cannot send it sends the first of the others that they can.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from sfu.codecs import VideoCodec
from web.school import tables
from web.school.store import SchoolStore

_CODEC = select(tables.school.c.video_codec).where(tables.school.c.id == bindparam("school"))


async def load_codec(store: SchoolStore, school: str) -> VideoCodec | None:
    """What this school wants."""
    async with store.read() as connection:
        wanted: VideoCodec | None = (await connection.execute(_CODEC, {"school": school})).scalar()
        return wanted
