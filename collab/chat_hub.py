"""Chat on one worker: messages become durable in batches, then are handed to who listens, here and on other workers.

Laws: committed before answered, answered in the order of asking, handed out in the order of the numbers. Whoever writes
alone on this worker is never delayed; when several write, what comes within `TOGETHER` shares a commit, and those of a
channel are handed out in one go. The bus only announces; whatever it loses is found by reading the channels' heads
every 2 s, and at once when it is back. How many messages wait to be stored, and whose, is bounded by `chat_queue`. What
fails while a batch is stored or handed out, a listener, too, ends neither task: senders are answered, the next go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from uuid import uuid4

import msgspec
from msgspec import Struct

from .bus import Bus, Subscription
from .chat import Change, Feed, Held, Message, NewMessage, check_message
from .chat_changes import Changes
from .chat_positions import Positions
from .chat_queue import ChatQueue, Waiting
from .chat_retention import Retention
from .chat_search import Search
from .chat_store import ChatStore
from .errors import CollabError, StateError

BATCH = 64  # what one commit hands out at once must not look like a slow reader to anybody
TOGETHER = 0.05  # seconds: nobody sees that a message of somebody else came so much later
PAGE = 200
POLL_SECONDS = 2.0
log = logging.getLogger(__name__)


class Page(Struct, frozen=True):
    """Some of a channel's messages, oldest first, and the numbers of its last message and change."""

    messages: list[Message]
    head: int
    changed: int


class News(Struct, frozen=True, array_like=True):
    """What one worker announces to the others about a channel."""

    origin: str  # who announces it, and has told its own listeners already
    messages: list[Message]
    changes: list[tuple[int, Message | None, Held | None]]


Listener = Callable[[str, Sequence[Message | Change]], None]


class _Open:
    """A channel that somebody on this worker hears."""

    def __init__(self) -> None:
        self.hearers = 0
        self.feed: Feed | None = None  # None until the head is known
        self.early = False  # news came before that
        self.subscription: Subscription | None = None
        self.opening: asyncio.Task[None] | None = None


class Chat:
    """Send, read and hear channels; who may do so is decided by the caller."""

    def __init__(self, store: ChatStore, bus: Bus, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._bus = bus
        self.changes = Changes(store)
        self.positions = Positions(store)
        self.retention = Retention(store)
        self.search = Search(store)
        self._origin = uuid4().hex
        self._own = msgspec.msgpack.encode(self._origin)
        self._waiting = ChatQueue()
        self._open: dict[str, _Open] = {}
        self._listeners: list[Listener] = []
        self._closing = False
        self._clock = clock
        self._stored_at = float("-inf")
        self._writer: str | None = None  # if nobody else was in the last batch
        self._write = asyncio.Event()
        self._read = asyncio.Event()
        self._decoder = msgspec.msgpack.Decoder(News)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._bus.on_health.append(self._on_health)
        self._tasks = [asyncio.create_task(self._run_writer()), asyncio.create_task(self._run_reader())]

    async def close(self) -> None:
        """Store what waits, then stop."""
        self._closing = True
        with contextlib.suppress(ValueError):
            self._bus.on_health.remove(self._on_health)
        self._write.set()
        self._read.set()
        # Not cancelled: a database call that is cut off leaves its connection behind.
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for _, future in self._waiting.take(len(self._waiting)):
            if not future.done():
                future.set_exception(StateError("closed", "the server is stopping"))
        for channel, opened in list(self._open.items()):
            opened.hearers = 1
            self.shut(channel)

    def send(self, message: NewMessage) -> asyncio.Future[Message]:
        """Queue a message; the future holds it once it is durable. Raises ProtocolError, Overloaded."""
        check_message(message)
        if self._closing:
            raise StateError("closed", "the server is stopping")
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting.put(message, future)
        self._write.set()
        return future

    async def history(self, channel: str, after: int, limit: int, before: int | None = None) -> Page:
        """Return messages after a number (or the last ones before one), oldest first, and where the channel stands."""
        limit = min(limit, PAGE)
        head, changed = (await self._store.counts([channel]))[channel]
        if before is not None:
            return Page(await self._store.before(channel, before, limit), head, changed)
        messages = await self._store.after(channel, after, limit)
        return Page(messages, max(head, messages[-1].seq if messages else 0), changed)

    async def tell(self, channel: str, change: Change, message: Message | None = None) -> None:
        """Hand out what `changes` has stored: a change, and the message that came of it."""
        messages = [] if message is None else [message]
        self._hand_out(channel, messages, [change])
        await self._announce(channel, messages, [change])

    def on_news(self, listener: Listener) -> None:
        """Call `listener` with the news of every open channel, some at a time, each message once and in order."""
        self._listeners.append(listener)

    async def open(self, channel: str) -> None:
        """Hear a channel once more; when this returns no later message will be missed. Each call needs a `shut`."""
        opened = self._open.get(channel)
        if opened is None:
            opened = self._open[channel] = _Open()
            opened.opening = asyncio.create_task(self._start_hearing(channel, opened))
        opened.hearers += 1
        assert opened.opening is not None
        await asyncio.shield(opened.opening)

    def shut(self, channel: str) -> None:
        """Hear a channel once less."""
        opened = self._open.get(channel)
        if opened is None:
            return
        opened.hearers -= 1
        if opened.hearers <= 0:
            del self._open[channel]
            if opened.subscription is not None:
                opened.subscription.close()

    def catch_up(self) -> None:
        """Look for missed messages now instead of at the next turn."""
        self._read.set()

    # --- inner workings ---

    def _on_health(self, healthy: bool) -> None:
        if healthy:
            self.catch_up()

    async def _run_writer(self) -> None:
        while not self._closing:
            await self._write.wait()
            self._write.clear()
            while self._waiting:
                await self._gather()
                batch = self._waiting.take(BATCH)
                try:
                    self._writer = _only_author(batch)
                    await self._store_batch(batch)
                except Exception:  # what breaks one batch must not end everybody's chat
                    log.exception("a batch of messages broke off")
                    _fail(batch, StateError("store_failed", "the message could not be stored now"))
                    self.catch_up()

    async def _gather(self) -> None:
        """Wait for others to write, too, unless they would have to wait for it."""
        now = self._clock()
        wait = self._stored_at + TOGETHER - now
        alone = self._writer is not None and _only_author(self._waiting.next(BATCH)) == self._writer
        if wait > 0 and len(self._waiting) < BATCH and not alone and not self._closing:
            await asyncio.sleep(wait)
            now += wait
        self._stored_at = now

    async def _store_batch(self, batch: Sequence[Waiting]) -> None:
        try:
            results = await self._store.commit([message for message, _ in batch])
        except Exception:  # the top of a batch: nobody may wait for ever
            log.exception("messages could not be stored")
            _fail(batch, StateError("store_failed", "the message could not be stored now"))
            return
        fresh: dict[str, list[Message]] = {}
        for (_, future), result in zip(batch, results, strict=True):
            if isinstance(result, Message):
                fresh.setdefault(result.channel, []).append(result)
                if not future.done():
                    future.set_result(result)
            elif not future.done():
                future.set_exception(result)
        for channel, messages in fresh.items():
            self._hand_out(channel, messages, [])
            await self._announce(channel, messages, [])

    async def _announce(self, channel: str, messages: list[Message], changes: Sequence[Change]) -> None:
        if not self._bus.carries(f"chat:{channel}"):
            return
        news = News(self._origin, messages, [_pack(change) for change in changes])
        await self._bus.publish(f"chat:{channel}", msgspec.msgpack.encode(news))

    async def _start_hearing(self, channel: str, opened: _Open) -> None:
        def on_payload(payload: bytes) -> None:
            if payload.startswith(self._own, 1):  # after the array's head; our own news come back, too
                return
            news = self._decoder.decode(payload)
            self._hand_out(channel, news.messages, [_unpack(*change) for change in news.changes])

        opened.subscription = await self._bus.subscribe(f"chat:{channel}", on_payload)
        if self._open.get(channel) is not opened:
            opened.subscription.close()
            return
        opened.feed = Feed(*(await self._store.counts([channel]))[channel])
        if opened.early:
            self.catch_up()

    def _hand_out(self, channel: str, messages: Sequence[Message], changes: Sequence[Change]) -> None:
        opened = self._open.get(channel)
        if opened is None:
            return
        if opened.feed is None:
            opened.early = True
            return
        ready, missing = opened.feed.receive(messages)
        changed, more = opened.feed.receive_changes(changes) if changes else ([], False)
        self._call(channel, [*ready, *changed])
        if missing or more:
            self.catch_up()

    def _call(self, channel: str, everything: Sequence[Message | Change]) -> None:
        for listener in self._listeners if everything else ():
            try:
                listener(channel, everything)
            except Exception:  # one listener's trouble is nobody else's
                log.exception("a listener of the chat failed in channel %s", channel)

    def _feed(self, channel: str) -> Feed | None:
        opened = self._open.get(channel)
        return opened.feed if opened is not None else None

    async def _run_reader(self) -> None:
        while not self._closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._read.wait()
            self._read.clear()
            try:
                await self._read_missed()
            except CollabError:
                log.warning("channels cannot be read now; trying again")
            except Exception:  # what is missing is looked for again at the next turn
                log.exception("channels could not be read")

    async def _read_missed(self) -> None:
        if not self._open:
            return
        for channel, (head, changed) in (await self._store.counts(list(self._open))).items():
            while (feed := self._feed(channel)) is not None and feed.last < head:
                messages = await self._store.after(channel, feed.last, PAGE)
                if not messages:
                    break
                feed.skip_forgotten(messages[0].seq)
                self._hand_out(channel, messages, [])
            while (feed := self._feed(channel)) is not None and feed.changed < changed:
                changes = await self.changes.after(channel, feed.changed, PAGE)
                upto = changes[-1].number if len(changes) == PAGE else changed
                self._call(channel, feed.read_changes(changes, upto))


def _pack(change: Change) -> tuple[int, Message | None, Held | None]:
    item = change.item
    return (change.number, item, None) if isinstance(item, Message) else (change.number, None, item)


def _unpack(number: int, message: Message | None, held: Held | None) -> Change:
    item = message or held
    assert item is not None
    return Change(number, item)


def _only_author(batch: Sequence[Waiting]) -> str | None:
    authors = {message.author for message, _ in batch}
    return authors.pop() if len(authors) == 1 else None


def _fail(batch: Sequence[Waiting], error: CollabError) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
