"""A cache of the test's own, a tiny CLAP, and a hub to fetch from."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepbench.embeddings.registry import opened
from tests.corpora.fetching.serving import serve

__all__ = ["serve"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, no weights anywhere, and no embedder open."""
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    monkeypatch.delenv("SEPBENCH_WEIGHTS", raising=False)
    monkeypatch.delenv("SEPBENCH_EMBEDDER_CLAP", raising=False)
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    opened.cache_clear()
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def clap_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random CLAP as the hub keeps one."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tests.embeddings.tiny_clap import save

    return save(tmp_path_factory.mktemp("hub") / "clap")


@pytest.fixture
def own_clap(cache: Path, clap_folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The tiny CLAP as the user's own; its name."""
    monkeypatch.setenv("SEPBENCH_EMBEDDER_CLAP", str(clap_folder))
    return "laion-clap:own"
