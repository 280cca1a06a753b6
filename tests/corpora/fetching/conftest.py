"""A file server for every test here, and a short patience with it."""

from __future__ import annotations

from tests.corpora.fetching.serving import serve

__all__ = ["serve"]
