"""VGGish: its front end against its definition, its layers against arithmetic by hand, its files by their keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate

from sepbench.embeddings.registry import opened
from sepbench.embeddings.vggish_front_end import log_mel_examples, vggish_bank
from sepbench.errors import SepbenchError
from tests.embeddings.tiny_networks import tiny_vggish

RATE = 16000
NOISE = 0.1 * np.random.Generator(np.random.PCG64(9)).standard_normal(3 * RATE).astype(np.float32)
# torchvggish's file: name and shape of every tensor.
KEYS = {
    **{
        f"features.{place}.{part}": shape
        for place, (inputs, outputs) in {
            0: (1, 64), 3: (64, 128), 6: (128, 256), 8: (256, 256), 11: (256, 512), 13: (512, 512)
        }.items()
        for part, shape in (("weight", (outputs, inputs, 3, 3)), ("bias", (outputs,)))
    },
    **{
        f"embeddings.{place}.{part}": shape
        for place, (inputs, outputs) in {0: (12288, 4096), 2: (4096, 4096), 4: (4096, 128)}.items()
        for part, shape in (("weight", (outputs, inputs)), ("bias", (outputs,)))
    },
}  # fmt: skip


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("torch")
    path = tiny_vggish(tmp_path / "own.pth")
    monkeypatch.setenv("SEPBENCH_EMBEDDER_VGGISH", str(path))
    opened.cache_clear()
    return path


def mel(hertz: float) -> float:
    return float(1127 * np.log(1 + hertz / 700))


def test_filters_are_triangles_over_mel_without_the_constant_part() -> None:
    edges = [mel(125) + (mel(7500) - mel(125)) * place / 65 for place in range(66)]
    for band, column in ((0, 5), (10, 14), (40, 88), (63, 230)):
        here, (low, peak, high) = mel(column * RATE / 512), edges[band : band + 3]
        height = (here - low) / (peak - low) if here < peak else (high - here) / (high - peak)
        assert vggish_bank()[band, column] == pytest.approx(max(0.0, height), abs=1e-12)
    assert not vggish_bank()[:, 0].any() and (vggish_bank().max(axis=1) > 0.1).all()


def test_an_example_takes_fifteen_thousand_six_hundred_samples() -> None:
    with pytest.raises(SepbenchError, match="clip too short for VGGish: given 15599 samples; wanted 15600 or more"):
        log_mel_examples(NOISE[:15599])
    assert [len(log_mel_examples(np.resize(NOISE, n))) for n in (15600, 30959, 30960, 160000)] == [1, 1, 2, 10]
    np.testing.assert_array_equal(log_mel_examples(NOISE)[1], log_mel_examples(NOISE[96 * 160 :])[0])


def test_a_frame_is_the_log_of_weighted_magnitudes_not_of_power() -> None:
    start = 17 * 160
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    samples, n = NOISE[start : start + 400].astype(np.float64) * window, np.arange(400)
    magnitudes = np.array([abs(np.sum(samples * np.exp(-2j * np.pi * bin_ * n / 512))) for bin_ in range(257)])
    wanted = np.log(vggish_bank() @ magnitudes + 0.01)
    np.testing.assert_allclose(log_mel_examples(NOISE)[0, 17], wanted, atol=1e-6)


def test_a_tone_sounds_in_its_band_and_silence_in_none() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    loudest = int(log_mel_examples(tone)[0].mean(axis=0).argmax())
    edges = [mel(125) + (mel(7500) - mel(125)) * place / 65 for place in range(66)]
    assert edges[loudest] < mel(1000) < edges[loudest + 2]
    np.testing.assert_allclose(log_mel_examples(0 * tone), np.log(0.01), atol=1e-6)


def test_every_tensor_of_the_published_file_has_its_place() -> None:
    torch = pytest.importorskip("torch")
    from sepbench.networks.vggish import CONVOLUTIONS, VGGish

    with torch.device("meta"):
        network = VGGish()
    assert {key: tuple(value.shape) for key, value in network.state_dict().items()} == KEYS
    assert sum(value.numel() for value in network.parameters()) == 72_141_184
    assert sorted({int(key.split(".")[1]) for key in KEYS if key.startswith("features")}) == list(CONVOLUTIONS)


def test_layers_do_what_arithmetic_by_hand_does(own: Path) -> None:
    torch = pytest.importorskip("torch")
    weights = {name: tensor.double().numpy() for name, tensor in torch.load(own).items()}
    x = log_mel_examples(NOISE[:15600]).astype(np.float64)  # (1, 96, 64): one channel
    for place, pooled in ((0, True), (3, True), (6, False), (8, True), (11, False), (13, True)):
        kernels, bias = weights[f"features.{place}.weight"], weights[f"features.{place}.bias"]
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
        found = [correlate(padded, one, mode="valid")[0] + b for one, b in zip(kernels, bias, strict=True)]
        x = np.maximum(0, np.stack(found))
        if pooled:
            x = x.reshape(len(x), x.shape[1] // 2, 2, x.shape[2] // 2, 2).max(axis=(2, 4))
    y = np.moveaxis(x, 0, -1).ravel()  # TensorFlow's order, channels last
    for place in (0, 2, 4):
        y = weights[f"embeddings.{place}.weight"] @ y + weights[f"embeddings.{place}.bias"]
        y = y if place == 4 else np.maximum(0, y)
    np.testing.assert_allclose(opened("vggish:own").audio([NOISE[:15600]])[0], y[None], atol=1e-5)


def test_clips_have_a_vector_per_window_whatever_their_neighbours(own: Path) -> None:
    clips = [NOISE, NOISE[:15600], np.resize(NOISE, 40 * RATE)]  # the last one needs two passes
    together = opened("vggish:own").audio(clips)
    assert [one.shape for one in together] == [(3, 128), (1, 128), (41, 128)]
    for clip, vectors in zip(clips, together, strict=True):
        np.testing.assert_allclose(opened("vggish:own").audio([clip])[0], vectors, atol=1e-6)
    np.testing.assert_allclose(together[2][:3], together[0], atol=1e-5)
    with pytest.raises(SepbenchError, match="vggish:own embeds no texts"):
        opened("vggish:own").text(["a dog"])
