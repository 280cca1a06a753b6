"""ResUNet30: the published file's keys and size, and what holds for any weights."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")

from sepbench.networks.overlap_add import overlap_add  # noqa: E402
from sepbench.networks.resunet30 import (  # noqa: E402
    AUDIOSEP_32K,
    DCASE_16K,
    ResUNet30,
    aligned_windows,
    complex_mask,
)
from sepbench.networks.spectra import Framing, Spectra  # noqa: E402
from tests.parity.fixture import Array  # noqa: E402
from tests.parity.seeded import array, seed, tensor  # noqa: E402

KEYS = Path(__file__).parent.parent / "parity" / "fixtures"
TINY = (4, 4, 6, 6, 8, 8)


@pytest.fixture(scope="module")
def tiny() -> Any:
    return seed(ResUNet30(DCASE_16K, widths=TINY))


def noise(*shape: int) -> Any:
    return 0.1 * torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def separate(network: Any, mixture: Any) -> Any:
    return network(mixture, torch.nn.functional.normalize(noise(len(mixture), 512)))


@pytest.mark.parametrize(("framing", "name"), [(AUDIOSEP_32K, "32k"), (DCASE_16K, "dcase16k")])
def test_keys_and_shapes_are_the_official_ones(framing: Framing, name: str) -> None:
    lines = (KEYS / f"audiosep_resunet30_{name}.keys.txt").read_text().splitlines()
    listed = {key: shape for key, shape, _ in (line.split("\t") for line in lines)}
    kept = {line.split("\t")[0] for line in lines if line.endswith("kept")}
    with torch.device("meta"):
        network = ResUNet30(framing)
    ours = {key: str(tuple(value.shape)) for key, value in network.state_dict().items()}
    fixed = {key: str(shape) for key, shape in network.fixed.items()}
    assert ours | fixed == listed
    assert fixed.keys() == kept
    assert len(listed) == 332


def test_the_official_size_counts_the_dft_matrices_too() -> None:
    with torch.device("meta"):
        network = ResUNet30()
    trainable = sum(value.numel() for value in network.parameters())
    film = sum(value.numel() for value in network.film.parameters())
    fixed = sum(torch.Size(shape).numel() for key, shape in network.fixed.items() if "conv" in key)
    assert (trainable, film, trainable + fixed) == (26_447_941, 5_056_128, 39_034_949)


@pytest.mark.parametrize("length", [513, 514, 1000, 5119, 5120, 5121, 7777])
def test_any_length_comes_back_as_long(tiny: Any, length: int) -> None:
    estimate = separate(tiny, noise(1, 1, length))
    assert estimate.shape == (1, 1, length)
    assert torch.isfinite(estimate).all()


def test_half_a_window_is_refused(tiny: Any) -> None:
    with pytest.raises(SepbenchError, match="audio too short for the window: given 512 samples; wanted 513 or more"):
        separate(tiny, noise(1, 1, 512))


def test_silence_stays_silence_to_the_last_bit(tiny: Any) -> None:
    assert not separate(tiny, torch.zeros(1, 1, 9000)).any()


def test_a_batch_gives_what_single_clips_give(tiny: Any) -> None:
    mixtures, conditions = noise(3, 1, 8000), noise(3, 512)
    with torch.inference_mode():
        together = tiny(mixtures, conditions)
        alone = [tiny(mixtures[i : i + 1], conditions[i : i + 1]) for i in range(3)]
    assert (together - torch.cat(alone)).abs().max() < 1e-6
    assert min((a - b).abs().max() for a, b in pairwise(alone)) > 1e-3


def test_the_condition_matters(tiny: Any) -> None:
    mixture = noise(1, 1, 8000)
    with torch.inference_mode():
        difference = tiny(mixture, torch.zeros(1, 512)) - tiny(mixture, torch.ones(1, 512))
    assert difference.abs().max() > 1e-4


def test_no_bin_grows_and_the_last_is_silent() -> None:
    mask = complex_mask(10 * noise(2, 3, 20, 16))
    assert mask.shape == (2, 20, 17)
    assert mask.abs().max() <= 1 + 1e-6
    assert not mask[..., -1].any()


@pytest.mark.parametrize("seconds", [10.24, 10.25, 19.3])
def test_long_audio_by_windows_equals_the_whole_clip(tiny: Any, seconds: float) -> None:
    mixture, condition = noise(round(seconds * 16000)).numpy(), noise(1, 512)

    def separate_windows(windows: Array) -> Array:
        with torch.inference_mode():
            return array(tiny(tensor(windows)[:, None], condition))[:, 0]

    whole = separate_windows(mixture[None])[0]
    pieces = overlap_add(separate_windows, mixture, aligned_windows(DCASE_16K))
    assert np.sqrt(np.mean((pieces - whole) ** 2)) < 1e-4 * np.sqrt(np.mean(whole**2))
    assert len(pieces) == len(mixture)


def test_training_mode_changes_nothing(tiny: Any) -> None:
    mixture = noise(1, 1, 4000)
    before = separate(tiny.eval(), mixture)
    assert torch.equal(separate(tiny.train(), mixture), before)


def test_spectra_are_a_windowed_dft_and_come_back() -> None:
    spectra, signal = Spectra(Framing(16000, 64, 10)), noise(1, 333)
    spectrum = spectra(signal)
    padded = torch.nn.functional.pad(signal, (32, 32), mode="reflect")[0].double()
    turn = torch.arange(64).double() * 2 * torch.pi / 64
    window = 0.5 - 0.5 * torch.cos(turn)
    frame = padded[70 : 70 + 64] * window
    dft = torch.stack([(frame * torch.exp(-1j * turn * k)).sum() for k in range(33)])
    assert (spectrum[0, :, 7] - dft).abs().max() < 1e-5
    assert (spectra.inverse(spectrum, 333) - signal).abs().max() < 1e-6
