"""Devices that somebody has logged in from before: a signed mark per device and login name.

Laws: pure; the key and the mark's random part are arguments. A mark says only "whoever sends this has once known
the password of this login", and opens nothing by itself. It names nobody: the login is inside the signature only.
Why: attempts are counted per login, so anybody could keep a teacher out by guessing all day long. A device that
carries a mark has a count of its own, as OWASP describes for device cookies.
"""

from __future__ import annotations

import hmac

from joserfc.jwk import OctKey

MAX_MARK = 128


def build_mark(key: OctKey, login: str, nonce: str) -> str:
    """Return the mark of one device, told apart from others by `nonce`, for one login name."""
    return f"{nonce}.{_sign(key, login, nonce)}"


def parse_mark(key: OctKey, login: str, mark: str) -> str | None:
    """Return the device's nonce when the mark is ours and of this login, None for anything else."""
    nonce, _, signature = mark.partition(".")
    if len(mark) > MAX_MARK or not nonce:
        return None
    return nonce if hmac.compare_digest(signature.encode(), _sign(key, login, nonce).encode()) else None


def _sign(key: OctKey, login: str, nonce: str) -> str:
    secret = key.raw_value
    assert isinstance(secret, bytes)
    return hmac.digest(secret, f"device\0{nonce}\0{login}".encode(), "sha256").hex()
