"""sepbench: an honest benchmark for sound separators that are told in words what to extract or remove."""

from __future__ import annotations

__version__ = "0.1.0"
