"""The tagger's recipe on a minute part of the demo suite: it learns, and is read as a Cnn14 of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from recipes.tagger.training import FINISHED, train
from recipes.training.command import Order
from recipes.training.stages import LOG
from sepbench.embeddings.panns import OWN, OWN_FILE, logits_of
from sepbench.embeddings.registry import located, opened
from tests.recipes.settings import losses, shrunk


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tagger")
    changes = {
        **{"per_label": 1, "widths": [4, 4, 4, 4, 4, 4], "log_every": 5, "save_every": 5},
        **{"drawing.seconds": 0.5, "drawing.source_counts": [1, 2]},
        "schedule": {"steps": 20, "batch": 4, "learning_rate": 3e-2},
    }
    train(Order(shrunk("tagger", changes, folder / "minute.toml"), folder, "cpu", None))
    return folder


def test_it_learns(finished: Path) -> None:
    found = losses(finished / LOG)["tagger"]
    assert found[-1] < found[0] / 2


def test_it_is_read_as_a_cnn14_of_one_s_own(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OWN_FILE, str(finished / FINISHED))
    opened.cache_clear()
    noise = 0.1 * np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    (vector,) = opened(OWN).audio([noise])
    opened.cache_clear()
    logits = logits_of(vector)
    assert logits[:39].mean() > logits[39:].mean()  # of the 527, those that ever sounded
    assert str(finished) in located(OWN).weights[0].file
