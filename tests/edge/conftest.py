"""The document plane's fixtures, for tests over real services."""

from __future__ import annotations

from tests.collab.conftest import store

__all__ = ["store"]
