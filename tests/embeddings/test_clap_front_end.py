"""What CLAP hears, against transformers' own extractor where that one leaves nothing to chance."""

from __future__ import annotations

import numpy as np
import pytest

from sepbench.embeddings.clap_front_end import LENGTH, RATE, FrontEnd, repeat_padded
from sepbench.errors import SepbenchError
from tests.parity.name_seeded import signal

FRONT_ENDS = {"fusion": FrontEnd("htk"), "rand_trunc": FrontEnd("slaney")}


@pytest.fixture(scope="module")
def extracted():
    pytest.importorskip("torch")
    extractor = pytest.importorskip("transformers").ClapFeatureExtractor(frequency_min=50)

    def extract(clip: np.ndarray, truncation: str) -> np.ndarray:
        return extractor(clip, truncation=truncation, sampling_rate=RATE, return_tensors="np")["input_features"][0]

    return extract


@pytest.mark.parametrize("truncation", FRONT_ENDS)
@pytest.mark.parametrize("samples", [1, 999, 5 * RATE + 4800, LENGTH - 1, LENGTH])
def test_ten_seconds_or_less_as_transformers_hears_them(extracted, samples: int, truncation: str) -> None:
    clip = signal(samples, RATE, 3)
    channels = extracted(clip, truncation)
    mel = FRONT_ENDS[truncation].log_mel(repeat_padded(clip))
    assert mel.shape == (1001, 64) and mel.dtype == np.float32
    for channel in channels:  # with fusion four of the same
        np.testing.assert_allclose(mel, channel, atol=2e-4)  # dB, on values down to -100


def test_a_few_samples_over_ten_seconds_are_heard_whole_by_fusion(extracted) -> None:
    clip = signal(LENGTH + 479, RATE, 4)
    np.testing.assert_allclose(FRONT_ENDS["fusion"].log_mel(clip), extracted(clip, "fusion")[0], atol=2e-4)


def test_a_tone_is_loudest_in_the_band_around_it() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    mel = FrontEnd("htk").log_mel(tone)
    # HTK: 1000 Hz is 1000 mel; bands are centred (2595 log10(1 + 14000 / 700) - low) / 65 apart
    low, high = 2595 * np.log10(1 + 50 / 700), 2595 * np.log10(21)
    assert int(mel[50].argmax()) == round((1000.0 - low) / ((high - low) / 65)) - 1


def test_an_empty_clip_is_refused() -> None:
    with pytest.raises(SepbenchError, match="empty clip"):
        repeat_padded(np.zeros(0, np.float32))
