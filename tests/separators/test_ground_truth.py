"""The control that is given the answer gives it back."""

from __future__ import annotations

import numpy as np

from sepbench.separators.discovery import find_models
from sepbench.separators.runner import checked, open_runner
from sepbench.separators.separator import Request


def test_the_reference_itself_and_it_says_that_it_is_an_oracle() -> None:
    (model,) = find_models(["ground-truth"])
    assert model.file.paradigm == "oracle" and model.file.needs == ("references",) and model.native_removal
    wanted, rest = np.arange(5, dtype=np.float32) / 8, np.ones(5, np.float32)
    requests = [
        Request("m.0", wanted + rest, 16000, "any", mode, references=(wanted, rest)) for mode in model.file.modes
    ]
    estimates = checked(requests, open_runner(model, config={}, device="cpu").separate(requests))
    for estimate in estimates:
        assert estimate.sample_rate == 16000 and np.array_equal(estimate.audio, wanted)
