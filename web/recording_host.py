"""The recording of one live room on the worker that owns it: joins who agreed, the media, the rows and the files.

Laws: a row is stored before the right to record is given; a right that is taken away acts before anything else is
waited for. What the files' process says is written down in the order in which it says it. A recording ends with its
room, when it moves, when the disk is full and when its process dies; the call never does.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from sfu.errors import MediaError
from sfu.recorder import FileClosed, FileOpened, FramesLost, RecorderEvent, Recording, RecordingEnded
from web.errors import StateError, Unavailable
from web.messages import RecordingEnd, RoomConsent
from web.recording import Consents
from web.recording_end import finish_abandoned, finish_recording
from web.recording_files import RecordingFiles
from web.room_media import RoomMedia
from web.room_outputs import Output
from web.room_state import Room
from web.school.actions import recordings as rows
from web.school.store import SchoolStore, new_id

Apply = Callable[[Sequence[Output]], None]
Later = Callable[[Coroutine[Any, Any, None]], None]
log = logging.getLogger(__name__)


class RoomRecording:
    """At most one recording at a time."""

    def __init__(
        self,
        room: Room,
        media: RoomMedia,
        parts: tuple[SchoolStore, RecordingFiles],
        *,
        apply: Apply,
        later: Later,
    ) -> None:
        self.consents = Consents(room)
        self._room = room
        self._media = media
        self._store, self._files = parts
        self._apply = apply
        self._later = later
        self._recording: Recording | None = None
        self._starting = False
        self._in_order = asyncio.Lock()  # fair: first come, first served
        self._erased: set[tuple[str, int]] = set()

    def begin(self) -> None:
        """The room begins: what a lost worker recorded in it is over."""
        self._later(self._begin())

    async def _begin(self) -> None:
        async with self._in_order:
            await finish_abandoned(self._store, self._files, self._room.meeting, _now())

    async def switch(self, peer: str, on: bool) -> None:
        """A leader begins or ends the recording."""
        if on:
            await self._start(peer)
        else:
            self.consents.check(peer)
            self.stop("stopped")

    async def _start(self, peer: str) -> None:
        by = self.consents.check(peer)
        if self._recording is not None or self._starting:
            raise StateError("state", "the room is being recorded")
        if not self._files.offered:
            raise StateError("recording_off", "this server does not record")
        self._starting = True
        try:
            if self._files.is_full():
                raise StateError("recording_full", "the disk is nearly full")
            meeting, id = self._room.meeting, new_id()
            begun = rows.Recorded(id, meeting.school, meeting.id, by.person.id, _now())
            async with self._in_order:  # behind what the room began with
                await rows.do_begin_recording(self._store, begun)
            try:
                folder = self._files.create(id)
                recording = await self._media.plane.record(
                    folder, self._files.reserve, lambda event: self._on_event(id, event)
                )
            except (OSError, MediaError) as error:
                self._later(self._finish(id, "broken"))
                raise Unavailable("unavailable", "the recording could not be started") from error
        finally:
            self._starting = False
        if self._media.left or self._room.find(peer) is not by:  # the room or its leader went meanwhile
            self._media.plane.stop_recording()
            self._later(self._finish(id, "ended", recording))
            return
        self._recording = recording
        self._apply(self.consents.start(_now(), id, by))

    async def consent(self, peer: str, word: RoomConsent) -> None:
        """Somebody says their word, or takes it back."""
        if word.agree:
            self.consents.agree(_now(), peer, word.recording)
            await self._enrol(word.recording)
            return
        if word.erase and not self.consents.runs(word.recording):
            await self._erase(word.recording, self._room.inside(peer).person.id)
            return
        person, numbers, outputs = self.consents.withdraw(peer, word.recording)
        self._apply(outputs)  # from here on no packet of theirs is taken
        self._end(numbers, forget=True)
        if numbers or word.erase:
            await rows.do_withdraw(self._store, self._room.meeting.school, word.recording, person)
        if word.erase:
            await self._erase(word.recording, person)

    def settle(self) -> None:
        """The room has changed: devices left, or came whose people have agreed already."""
        if self.consents.running is None:
            return
        if self.consents.leaderless():
            self.stop("no_leader" if self._room.occupied else "ended")
            return
        numbers, outputs = self.consents.gone()
        self._end(numbers, forget=False)
        if outputs:
            self._apply(outputs)
        if any(True for _ in self._waiting()):
            self._later(self._enrol(self.consents.running.id))

    def stop(self, reason: RecordingEnd) -> None:
        """End the recording that runs, if any."""
        running, recording = self.consents.running, self._recording
        if running is None or recording is None:
            return
        self._recording = None
        self._apply(self.consents.stop(reason))
        self._media.plane.stop_recording()
        self._later(self._finish(running.id, reason, recording))

    # --- inner workings ---

    def _waiting(self) -> Iterable[str]:
        agreed = self.consents.agreed
        records = self._room.board.records
        return (m.peer for m in self._room.members if m.inside and m.person.id in agreed and m.peer not in records)

    async def _enrol(self, id: str) -> None:
        async with self._in_order:
            for member, number, word in self.consents.due():
                files = (2 * number, 2 * number + 1)
                track = rows.Track(id, files[0], member.person.id, member.person.name, word.at)
                await rows.do_enrol(self._store, self._room.meeting.school, track, files)
                self._apply(self.consents.enrol(member, number, word))

    def _end(self, numbers: Iterable[int], *, forget: bool) -> None:
        for number in numbers:
            if self._recording is not None:
                self._recording.end(number, forget=forget)

    async def _erase(self, id: str, person: str) -> None:
        """Delete what there is of a person in a recording of this room; what is being closed goes when it is."""
        meeting = self._room.meeting
        async with self._in_order:
            for recording in await rows.read_recordings(self._store, meeting.school, id, meeting.id):
                files = [track.file for track in recording.tracks if track.person == person]
                self._erased.update((id, file) for file in files)
                await asyncio.to_thread(self._files.delete, id, files)
                await rows.do_delete_tracks(self._store, id, files)

    def _on_event(self, id: str, event: RecorderEvent) -> None:
        match event:
            case FileOpened(file, at):
                self._later(self._note(id, file, started_at=at))
            case FileClosed(file, length, milliseconds):
                self._later(self._note(id, file, milliseconds=milliseconds, bytes=length))
            case FramesLost():
                outputs = self.consents.gaps()
                if outputs:
                    self._apply(outputs)
                    self._later(self._note_gaps(id))
            case RecordingEnded(reason):
                running = self.consents.running
                if reason != "closed" and running is not None and running.id == id:
                    self.stop(reason)

    async def _note(
        self,
        id: str,
        file: int,
        started_at: int | None = None,
        milliseconds: int | None = None,
        bytes: int | None = None,
    ) -> None:
        async with self._in_order:
            if (id, file) in self._erased:
                await asyncio.to_thread(self._files.delete, id, [file])
                return
            await rows.do_note_file(
                self._store, id, file, started_at=started_at, milliseconds=milliseconds, bytes=bytes
            )

    async def _note_gaps(self, id: str) -> None:
        async with self._in_order:
            await rows.do_note_gaps(self._store, id)

    async def _finish(self, id: str, reason: RecordingEnd, recording: Recording | None = None) -> None:
        """Wait for the files, and write down what there is."""
        if recording is not None:
            await recording.closed()
        async with self._in_order:
            await finish_recording(self._store, self._files, id, reason, _now())
            self._erased = {(other, file) for other, file in self._erased if other != id}


def _now() -> int:
    return time.time_ns() // 1_000_000
