"""Fixtures of AudioSep's separator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.parity.fixture import Array, Fixture
from tests.parity.seeded import array, seed, tensor

if TYPE_CHECKING:
    from sepbench.networks.spectra import Framing

LEFT_SECONDS, CENTRE_SECONDS, RIGHT_SECONDS = 1, 3, 1


def separate_32k(fixture: Fixture) -> dict[str, Array]:
    """Whole clips by the 32 kHz network."""
    from sepbench.networks.resunet30 import AUDIOSEP_32K

    return _separate(fixture, AUDIOSEP_32K)


def separate_16k(fixture: Fixture) -> dict[str, Array]:
    """Whole clips by the network of DCASE's baseline."""
    from sepbench.networks.resunet30 import DCASE_16K

    return _separate(fixture, DCASE_16K)


def _separate(fixture: Fixture, framing: Framing) -> dict[str, Array]:
    import torch

    from sepbench.networks.resunet30 import ResUNet30

    network, outputs = seed(ResUNet30(framing)), {}
    for case in fixture.cases():
        mixture = fixture.waveform(case, "mixture", dimensions=3)
        with torch.inference_mode():
            outputs[f"{case}waveform"] = array(network(tensor(mixture), tensor(fixture[f"{case}condition"])))
    return outputs


def separate_32k_by_chunks(fixture: Fixture) -> dict[str, Array]:
    """A long clip as the original cuts it: windows of 5 s every 3 s, their margins thrown away, no cross-fade.

    A clip of 5 s or less comes out silent there; we have no use for that but to compare.
    """
    import torch

    from sepbench.networks.resunet30 import ResUNet30

    mixture = fixture.waveform("", "mixture", dimensions=3)
    rate, samples = int(fixture["signal_sample_rate"]), mixture.shape[-1]
    left, centre, right = (seconds * rate for seconds in (LEFT_SECONDS, CENTRE_SECONDS, RIGHT_SECONDS))
    window = left + centre + right
    network, condition = seed(ResUNet30()), tensor(fixture["condition"])
    output = np.zeros((1, samples), np.float32)
    for start in range(0, samples if samples > window else 0, centre):
        with torch.inference_mode():
            estimate = array(network(tensor(mixture[:, :, start : start + window]), condition))[:, 0]
        first = 0 if start == 0 else left
        last = estimate.shape[1] if start + window >= samples else left + centre
        output[:, start + first : start + last] = estimate[:, first:last]
        if start + window >= samples:
            break
    return {"waveform": output}
