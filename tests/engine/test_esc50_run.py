"""The suite on real recordings: the order that every honest benchmark must find."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepbench.engine.config import RunConfig
from sepbench.engine.run import run
from sepbench.metrics.registry import select
from sepbench.separators.discovery import find_models
from sepbench.suite import find_suite, load_suite


@pytest.mark.slow
def test_oracle_template_mixture_in_that_order(real_esc50: Path, tmp_path: Path) -> None:
    config = RunConfig(
        suite=load_suite(find_suite("esc50")),
        models=tuple(find_models(["mixture", "silence", "oracle-irm", "template", "nmf"])),
        metrics=tuple(select(["si_sdri", "sdri"])),
        out=tmp_path / "run",
        workers=2,
        on_missing="skip",
    )
    outcome = run(config)
    values = {name: model["metrics"]["si_sdri"]["value"] for name, model in outcome.summary["models"].items()}
    assert outcome.failed == 0
    assert values["oracle-irm"] > values["template"] > values["mixture"] == pytest.approx(0, abs=0.01)
    assert values["silence"] is None  # silence has no scale; plain SDRi pays it where targets are weak
    below_zero = outcome.summary["models"]["silence"]["slices"]["snr_bin"]["-15..-10"]["sdri"]["value"]
    assert 10 < below_zero < 15
