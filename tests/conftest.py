"""Folders and signals that many tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

PROJECT = Path(__file__).parent.parent
REAL_ESC50 = PROJECT.parent / "shared" / "data" / "real_clips" / "esc50"


@pytest.fixture
def project() -> Path:
    """The checkout's root."""
    return PROJECT


@pytest.fixture
def real_esc50(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A partial copy of ESC-50 with real recordings, made the corpus's root."""
    if not REAL_ESC50.is_dir():
        pytest.skip("needs a copy of ESC-50 beside the project (shared/data/real_clips/esc50)")
    from sepbench.corpora.corpus import open_corpus

    monkeypatch.setenv("SEPBENCH_DATA_ESC50", str(REAL_ESC50))
    open_corpus.cache_clear()
    return REAL_ESC50


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator."""
    return np.random.Generator(np.random.PCG64(20261121))
