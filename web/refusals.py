"""How an error looks in an ack: a code of `messages.ErrorCode`, and a sentence for people.

Laws: forbidden and absent look alike unless the person can see the thing anyway. What we did wrong is logged and
told as "internal"; nothing of its text leaves the house.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

import msgspec

from web.errors import describe
from web.messages import ErrorBody, ErrorCode, Failure

log = logging.getLogger(__name__)

_OWN: Mapping[str, ErrorCode] = MappingProxyType({code: code for code in get_args(ErrorCode)})
_BY_STATUS: Mapping[int, ErrorCode] = MappingProxyType(
    {
        400: "bad_message",
        401: "not_found",
        403: "not_allowed",
        404: "not_found",
        409: "state",
        413: "too_large",
        429: "overloaded",
        503: "unavailable",
    }
)


def refusal(error: Exception, event: str) -> bytes:
    """Return the ack of a request that failed with `error`, as JSON."""
    if isinstance(error, msgspec.ValidationError):
        too_long = "length <=" in str(error)
        return build_refusal("too_large" if too_long else "bad_message", str(error))
    if isinstance(error, (msgspec.DecodeError, RecursionError)):
        return build_refusal("bad_message", "this is not JSON")
    way_out = describe(error)
    if way_out is None:
        log.error("%s failed", event, exc_info=error)
        return build_refusal("internal", "something went wrong on our side")
    code = _OWN.get(way_out.code) or _BY_STATUS.get(way_out.status, "internal")
    if code == "bad_message" and event.startswith("media:"):
        code = "media"
    return build_refusal(code, way_out.text)


def build_refusal(code: ErrorCode, text: str) -> bytes:
    """Return the ack that says no."""
    return msgspec.json.encode(Failure(ErrorBody(code, text)))
