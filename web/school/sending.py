"""How a school's pictures are sent: the codec that cameras are asked for, and kbit/s for each person at most.

Laws: both are read when a room begins and hold as long as the room does, on whichever worker it is; None is what the
server is told. Whoever cannot send the codec sends the first of the others that they can. Nobody gets more than the
server gives, whatever the school says.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from sfu.codecs import VideoCodec
from web.school import tables
from web.school.store import SchoolStore

_SENDING = select(tables.school.c.video_codec, tables.school.c.downlink_cap).where(
    tables.school.c.id == bindparam("school")
)


async def load_sending(store: SchoolStore, school: str) -> tuple[VideoCodec | None, int | None]:
    """The codec and the cap that this school wants."""
    async with store.read() as connection:
        row = (await connection.execute(_SENDING, {"school": school})).first()
        return (row.video_codec, row.downlink_cap) if row else (None, None)
