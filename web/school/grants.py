"""The grant table: what each role may do in each kind of meeting. Nothing else decides that.

Laws: a row is a promise to people who read it, so each surprising cell says why. The table speaks of people who
belong to the meeting; `access` decides who belongs, and knows a "host" only while the account is staff.
"yes" walks in, "lobby" waits until a moderator lets them in, "no" is as if the meeting did not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from web.school.model import Grant, MeetingKind, MeetingRole

NOTHING = Grant("no", False, False, False, False, False, False)


def _row(admission: str, may: str) -> Grant:
    assert admission in ("yes", "lobby")
    words = set(may.split())
    assert words <= {"publish", "screen", "edit", "chat", "moderate", "present", "record"}
    return Grant(
        "yes" if admission == "yes" else "lobby",
        publish="publish" in words,
        screen="screen" in words,
        edit="edit" in words,
        chat="chat" in words,
        moderate="moderate" in words,
        present="present" in words,
        record="record" in words,
    )


_ALL = _row("yes", "publish screen edit chat moderate present record")
_CONFIDENTIAL = _row("yes", "publish screen edit chat moderate present")  # what is said there is never recorded

GRANTS: Mapping[tuple[MeetingKind, MeetingRole], Grant] = MappingProxyType({
    # Unterricht. The chat is the class's own channel with all its history: only the class reads it.
    ("lesson", "host"):               _ALL,
    ("lesson", "teacher"):            _ALL,  # teachers enrolled in the class, and substitutes once invited
    ("lesson", "pupil"):              _row("yes",   "publish edit chat"),
    ("lesson", "guardian"):           NOTHING,  # a lesson is not a public place
    ("lesson", "head"):               _row("yes",   "publish"),  # visits: sees and speaks, leaves no trace in the work
    ("lesson", "school_admin"):       NOTHING,  # runs accounts, reads no content
    ("lesson", "guest"):              _row("lobby", "publish"),

    # Elternsprechtag. One channel serves all families of the day, so no family may read it or write into it.
    ("consultation", "host"):         _CONFIDENTIAL,
    ("consultation", "teacher"):      _CONFIDENTIAL,  # two who teach the class hold it together
    ("consultation", "pupil"):        _row("lobby", "publish"),  # may come along, if invited
    ("consultation", "guardian"):     _row("lobby", "publish"),
    ("consultation", "head"):         _row("lobby", "publish"),  # the talk is confidential: asks like everybody else
    ("consultation", "school_admin"): NOTHING,
    ("consultation", "guest"):        _row("lobby", "publish"),  # an interpreter

    # Konferenz. The chair moderates; pupils and guardians sit in the Schulkonferenz and are heard like members.
    ("conference", "host"):           _ALL,
    ("conference", "teacher"):        _row("yes",   "publish screen edit chat present"),
    ("conference", "pupil"):          _row("yes",   "publish chat"),
    ("conference", "guardian"):       _row("yes",   "publish chat"),
    ("conference", "head"):           _ALL,
    ("conference", "school_admin"):   NOTHING,
    ("conference", "guest"):          _row("lobby", "publish chat"),
})  # fmt: skip
