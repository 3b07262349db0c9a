"""What happens to messages after they were sent: edited, deleted, answered with a sign, held, decided.

Laws: each change is one transaction that locks its channel and takes the channel's next change number, so numbers are
committed in order. Nothing is changed without leaving a trace: an edited message says so, a deleted one keeps its
place. A held message has no number of the channel until it is approved; it is decided once. Who may do what is
decided by the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from sqlalchemy import Connection, func, insert, select, update

from . import chat_tables as tables
from .chat import Change, Held, Message, NewMessage, check_message, check_text, with_reaction
from .chat_files import find_free, free_held, hold, let_go, let_go_held, pack_files, through
from .chat_store import ChatStore, now
from .chat_words import take_in_again
from .errors import AccessDenied, CollabError, Overloaded, StateError

MAX_HELD = 200  # that wait in one channel
MAX_HELD_OF_ONE = 20


class Changes:
    """Changes the messages of one store."""

    def __init__(self, store: ChatStore) -> None:
        self._store = store

    async def delete(self, channel: str, seq: int, author: str | None = None) -> Change:
        """Blank a message (with `author`: only one of theirs); raise AccessDenied when there is none."""

        def blank(message: Message) -> dict[str, object]:
            nothing = dict.fromkeys(("mentions", "reactions", "attachments", "files"))
            return {"text": "", "deleted_at": now(), **nothing}

        return await self._alter(channel, seq, author, blank)

    async def edit(self, channel: str, seq: int, author: str, text: str, mentions: tuple[str, ...]) -> Change:
        """Replace the text of the author's own message."""
        check_text(text, mentions, bare=True)

        def rewrite(message: Message) -> dict[str, object]:
            if message.deleted:
                raise StateError("deleted", "the message was deleted")
            check_text(text, bare=bool(message.attachments))
            return {"text": text, "edited_at": now(), "mentions": tables.pack(mentions)}

        return await self._alter(channel, seq, author, rewrite)

    async def react(self, channel: str, seq: int, person: str, sign: str, given: bool) -> Change:
        """Give a sign under a message, or take it back."""

        def answer(message: Message) -> dict[str, object]:
            if message.deleted:
                raise StateError("deleted", "the message was deleted")
            return {"reactions": tables.pack(with_reaction(message.reactions, sign, person, given))}

        return await self._alter(channel, seq, None, answer)

    async def hold(self, new: NewMessage) -> Change:
        """Keep a message until somebody decides; a repeat is the same one."""
        check_message(new)
        return await self._store.database.transact(lambda connection: self._hold(connection, new))

    async def decide(self, channel: str, held: str, approve: bool) -> tuple[Change, Message | None]:
        """Approve or decline a held message; return what became of it, and the message that was approved."""
        return await self._store.database.transact(lambda connection: self._decide(connection, channel, held, approve))

    async def waiting(self, channel: str, author: str | None = None) -> list[Held]:
        """Return what waits in a channel, oldest first; with `author` only theirs."""
        table = tables.held.c
        query = select(tables.held).where(table.channel == channel, table.status == "waiting")
        if author is not None:
            query = query.where(table.author == author)
        async with self._store.database.read() as connection:
            rows = await connection.execute(query.order_by(table.at, table.id).limit(MAX_HELD))
            return [tables.read_held(row) for row in rows]

    async def after(self, channel: str, number: int, limit: int) -> list[Change]:
        """Return what changed after a change number, in order: of each message its newest state."""
        found: list[Change] = []
        async with self._store.database.read() as connection:
            for table in (tables.message, tables.held):
                query = select(table).where(table.c.channel == channel, table.c.changed > number)
                for row in await connection.execute(query.order_by(table.c.changed).limit(limit)):
                    item = tables.read_message(row) if table is tables.message else tables.read_held(row)
                    found.append(Change(row.changed, item))
        return sorted(found, key=lambda change: change.number)[:limit]

    async def _alter(
        self, channel: str, seq: int, author: str | None, values: Callable[[Message], dict[str, object]]
    ) -> Change:
        table = tables.message
        mine = (table.c.channel == channel, table.c.seq == seq)

        def run(connection: Connection) -> Change:
            number = _next(connection, channel)
            row = connection.execute(select(table).where(*mine)).first()
            if row is None:
                raise AccessDenied("not_found", "there is no such message")
            if author not in (None, row.author):
                raise AccessDenied("not_allowed", "somebody else wrote it")
            given = values(tables.read_message(row))
            connection.execute(update(table).where(*mine).values(changed=number, **given))
            if "deleted_at" in given:
                let_go(through(connection), channel, seq)
            altered = tables.read_message(connection.execute(select(table).where(*mine)).one())
            if "text" in given and not altered.deleted:
                take_in_again(connection, altered)
            return Change(number, altered)

        return await self._store.database.transact(run)

    def _hold(self, connection: Connection, new: NewMessage) -> Change:
        table = tables.held
        self._store.found(connection, [new.channel])
        number = _next(connection, new.channel)
        again = (table.c.channel == new.channel, table.c.author == new.author, table.c.client_id == new.client_id)
        row = connection.execute(select(table).where(*again)).first()
        if row is None:
            _check_room(connection, new)
            files = find_free(through(connection), new.channel, new.author, new.attachments)
            held = Held(
                new.channel, new.author, new.name, new.role, new.text, new.client_id, uuid4().hex, now(),
                reply_to=new.reply_to, mentions=new.mentions, attachments=files,
            )  # fmt: skip
            hold(through(connection), files, held.id)
            connection.execute(insert(table).values(_row(held) | {"changed": number}))
            return Change(number, held)
        connection.execute(update(table).where(*again).values(changed=number))
        return Change(number, tables.read_held(row))

    def _decide(self, connection: Connection, channel: str, held: str, approve: bool) -> tuple[Change, Message | None]:
        table = tables.held
        number = _next(connection, channel)
        mine = (table.c.channel == channel, table.c.id == held)
        row = connection.execute(select(table).where(*mine).with_for_update()).first()  # it may be going just now
        if row is None:
            raise AccessDenied("not_found", "there is no such message")
        if row.status != "waiting":
            raise StateError("decided", "somebody has decided already")
        status = "approved" if approve else "declined"
        carried = tables.read_held(row).attachments
        outcome = {"status": status, "changed": number, "attachments": None}
        connection.execute(update(table).where(table.c.id == held).values(**outcome))
        decided = tables.read_held(connection.execute(select(table).where(table.c.id == held)).one())
        if not approve:
            let_go_held(through(connection), held)
            return Change(number, decided), None
        free_held(through(connection), held)
        new = NewMessage(
            channel, decided.author, decided.name, decided.role, decided.text, decided.client_id,
            decided.reply_to, decided.mentions, tuple(file.id for file in carried),
        )  # fmt: skip
        (stored,) = self._store.log(connection, [new], now())
        if isinstance(stored, CollabError):
            raise stored
        return Change(number, decided), stored


def _next(connection: Connection, channel: str) -> int:
    table = tables.channel
    bump = update(table).where(table.c.id == channel).values(changed=table.c.changed + 1)
    number = connection.execute(bump.returning(table.c.changed)).scalar()
    if number is None:
        raise AccessDenied("not_found", "there is no such message")
    return int(number)


def _check_room(connection: Connection, new: NewMessage) -> None:
    table = tables.held.c
    waiting = select(func.count()).where(table.channel == new.channel, table.status == "waiting")
    mine = connection.execute(waiting.where(table.author == new.author)).scalar_one()
    if mine >= MAX_HELD_OF_ONE or connection.execute(waiting).scalar_one() >= MAX_HELD:
        raise Overloaded("overloaded", "enough messages wait already")


def _row(held: Held) -> dict[str, object]:
    return {
        "id": held.id,
        "channel": held.channel,
        "author": held.author,
        "client_id": held.client_id,
        "name": held.name,
        "role": held.role,
        "text": held.text,
        "at": held.at,
        "reply_to": held.reply_to,
        "mentions": tables.pack(held.mentions),
        "status": held.status,
        "attachments": pack_files(held.attachments),
    }
