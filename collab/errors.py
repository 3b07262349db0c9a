"""The error tree of the package. Every error carries a stable `code` and a text for people.

CollabError
├── ProtocolError    the remote sent something it may not send (codes: frame_*, update_*, too_large)
├── StateError       we are not able to do it (codes: not_loaded, store_failed, closed, ...)
├── AccessDenied     unknown or not allowed (codes: unknown_document, other_epoch, not_allowed, foreign_author)
└── Overloaded       a bound was reached (codes: too_fast, too_slow, too_many)
"""

from __future__ import annotations


class CollabError(Exception):
    """The root of what this package raises."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(text or code)
        self.code = code
        self.text = text or code


class ProtocolError(CollabError):
    """The remote did wrong."""


class StateError(CollabError):
    """We did wrong, or what we stand on failed."""


class AccessDenied(CollabError):
    """Not there or not allowed; nobody can tell which."""


class Overloaded(CollabError):
    """A bound was reached; trying again later may work."""


_CLOSE_CODES = {
    "too_large": 4413,
    "unknown_document": 4404,
    "other_epoch": 4404,
}


def close_code(error: CollabError) -> int:
    """Return the WebSocket close code of an error: 4400 to 4499 are final for a client, others may be tried again."""
    if error.code in _CLOSE_CODES:
        return _CLOSE_CODES[error.code]
    if isinstance(error, ProtocolError):
        return 4400
    if isinstance(error, AccessDenied):
        return 4403
    return 4529 if isinstance(error, Overloaded) else 4509
