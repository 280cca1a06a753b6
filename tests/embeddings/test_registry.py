"""Finding embedders, and what is said of those that cannot be opened here."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from sepbench.embeddings import registry
from sepbench.embeddings.late import Late
from sepbench.embeddings.registry import abouts, located, opened, printed_identity, wanting
from sepbench.errors import MissingData, MissingExtra, SepbenchError
from sepbench.paths import is_inside

DEFAULT = "laion-clap:630k-audioset-best"


def test_facts_of_every_embedder() -> None:
    for name, facts in abouts().items():
        assert name == facts.name and ":" in name
        assert facts.rate > 0 and facts.speaks and facts.licence and facts.source
        assert all(is_inside(weight.file) for weight in facts.weights)


def test_facts_need_no_torch() -> None:
    import subprocess

    code = "import sys; from sepbench.embeddings.registry import abouts; abouts(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_unknown_name() -> None:
    with pytest.raises(SepbenchError, match="unknown embedder") as error:
        opened("laion-clap:630k-audioset")
    assert "laion-clap:630k-audioset-best" in error.value.remedy


def test_missing_weights_name_file_and_command(cache: Path) -> None:
    with pytest.raises(MissingData, match=r"630k-audioset-best\.pt.*hf://lukewys/laion_clap") as error:
        opened(DEFAULT)
    assert error.value.remedy == f"sepbench weights fetch {DEFAULT}"
    assert isinstance(wanting(DEFAULT), MissingData)
    assert printed_identity(DEFAULT) == f"{DEFAULT}.v1.48000.mean-10s.unavailable"


def test_a_missing_package_names_its_extra(own_clap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtra, match="transformers") as error:
        opened(own_clap)
    assert error.value.remedy == 'pip install "sepbench[models]"'
    monkeypatch.setattr(registry, "find_spec", lambda _: None)
    assert isinstance(wanting(own_clap), MissingExtra)


def test_what_is_here_wants_nothing(own_clap: str) -> None:
    assert wanting(own_clap) is None
    assert opened(own_clap) is opened(own_clap)
    assert opened(own_clap).identity == printed_identity(own_clap)
    assert len(located(own_clap).weights) == 5


def test_threads_that_want_vectors_open_one_network(monkeypatch: pytest.MonkeyPatch) -> None:
    times = []

    @cache
    def slowly(name: str) -> SimpleNamespace:
        times.append(name)
        time.sleep(0.05)
        return SimpleNamespace(audio=list)

    monkeypatch.setattr("sepbench.embeddings.late.opened", slowly)
    embedder = Late(abouts()[DEFAULT], "some weights")
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(embedder.audio, [[], [], []]))
    assert times == [DEFAULT]
