"""The tables of uploads, and how their rows become uploads.

Laws: no row leaves the package, only the structs of `uploads.py`. A content is `loose` when a reference to it has gone
since somebody last looked whether there are others.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, Row, String, Table, Text

from .uploads import Content, Reference, Upload

_metadata = MetaData()
blob = Table(
    "upload_blob",
    _metadata,
    Column("school", String, primary_key=True),
    Column("hash", String, primary_key=True),
    Column("place", String),
    Column("size", BigInteger),
    Column("type", String),
    Column("width", Integer),
    Column("height", Integer),
    Column("thumb", BigInteger),
    Column("loose", Boolean),
)
upload = Table(
    "upload",
    _metadata,
    Column("id", String, primary_key=True),
    Column("school", String),
    Column("hash", String),
    Column("person", String),
    Column("name", Text),
    Column("at", BigInteger),
    Column("channel", String),
    Column("seq", BigInteger),
    Column("held", String),
    Column("document", String),
)
chunk = Table(
    "upload_chunk",
    _metadata,
    Column("place", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("data", LargeBinary),
)


def read_upload(row: Row[Any]) -> Upload:
    """Return the upload of a row of both tables joined."""
    return Upload(
        Reference(row.id, row.school, row.person, row.name, row.at, row.channel, row.document),
        Content(row.hash, row.size, row.type, row.width, row.height, row.thumb),
        row.place,
        row.seq,
        row.held,
    )
