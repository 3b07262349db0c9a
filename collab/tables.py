"""The tables of documents, as the migrations have made them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, Text

_metadata = MetaData()
document = Table(
    "document",
    _metadata,
    Column("id", String, primary_key=True),
    Column("kind", String),
    Column("epoch", Integer),
    Column("head", BigInteger),
    Column("snapshot_seq", BigInteger),
    Column("created_at", BigInteger),
)
snapshot = Table(
    "document_snapshot",
    _metadata,
    Column("document", String, primary_key=True),
    Column("seq", BigInteger),
    Column("at", BigInteger),
    Column("state", LargeBinary),
    Column("outline", LargeBinary),
)
log = Table(
    "document_log",
    _metadata,
    Column("document", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("account", String),
    Column("origin", String),
    Column("at", BigInteger),
    Column("data", LargeBinary),
    Column("quarantined", Text),
)
author = Table(
    "document_author",
    _metadata,
    Column("document", String, primary_key=True),
    Column("client", BigInteger, primary_key=True),
    Column("account", String),
    Column("at", BigInteger),
)
claim = Table(
    "document_claim",
    _metadata,
    Column("document", String, primary_key=True),
    Column("client", BigInteger, primary_key=True),
    Column("account", String),
    Column("at", BigInteger),
)
checkpoint = Table(
    "document_checkpoint",
    _metadata,
    Column("id", String, primary_key=True),
    Column("document", String),
    Column("seq", BigInteger),
    Column("kind", String),
    Column("name", Text),
    Column("account", String),
    Column("at", BigInteger),
    Column("state", LargeBinary),
)
care = Table(
    "document_care",
    _metadata,
    Column("document", String, primary_key=True),
    Column("day", BigInteger),
    Column("seq", BigInteger),
    Column("oldest", BigInteger),
)
