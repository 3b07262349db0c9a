"""The error tree of the package. Every error carries a stable `code` and a text for people.

MediaError
├── ProtocolError    the remote sent something it may not send (codes: sdp_*, too_large, dtls_*)
├── StateError       right request, wrong moment (codes: closed, not_connected, ...)
├── AccessDenied     unknown or not allowed: both look alike (codes: not_found, not_allowed)
└── Overloaded       a bound was reached (codes: room_full, server_full, ...)
"""

from __future__ import annotations


class MediaError(Exception):
    """The root of what this package raises."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(text or code)
        self.code = code
        self.text = text or code


class ProtocolError(MediaError):
    """The remote did wrong."""


class StateError(MediaError):
    """We did wrong, or it is the wrong moment."""


class AccessDenied(MediaError):
    """Not there or not allowed; nobody can tell which."""


class Overloaded(MediaError):
    """A bound was reached; trying again later may work."""
