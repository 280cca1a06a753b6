"""NISQA: front end and network against librosa and torchmetrics, and a whole metric on weights of chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepbench import measure
from sepbench.embeddings.nisqa import LONGEST_SECONDS, MOST_FRAMES, NAME, RATE, SHORTEST_SECONDS, decibels, segments
from sepbench.embeddings.registry import opened
from sepbench.errors import SepbenchError
from tests.metrics.speech_like import speech_like

torch = pytest.importorskip("torch")

SETTINGS = {
    "cnn_kernel_size": (3, 3),
    "cnn_c_out_1": 16,
    "cnn_c_out_2": 32,
    "cnn_c_out_3": 64,
    "cnn_pool_1": [24, 7],
    "cnn_pool_2": [12, 5],
    "cnn_pool_3": [6, 3],
    "cnn_dropout": 0.2,
    "td_sa_d_model": 64,
    "td_sa_nhead": 1,
    "td_sa_num_layers": 2,
    "td_sa_h": 64,
    "td_sa_dropout": 0.1,
    "pool_att_h": 128,
    "pool_att_dropout": 0,
    "ms_seg_length": 15,
    "ms_seg_hop_length": 4,
    "ms_max_segments": 1300,
}
"""As the authors' config/train_nisqa_cnn_sa_ap.yaml has them."""
# librosa 0.11.0, melspectrogram and amplitude_to_db, of the clip below, bands by frames.
BANDS, FRAMES = (0, 1, 10, 30, 47), (0, 1, 30, 62, 63, 100)
LEVELS = [
    [-19.41096, -14.84254, -16.69721, -13.73658, -26.3178, -80.0],
    [-16.60823, -23.50602, -16.65474, -9.43268, -27.38014, -80.0],
    [-16.15845, -18.02313, -15.59202, -23.12878, -36.28251, -80.0],
    [-19.39283, -15.3411, -15.00341, -15.96027, -30.75056, -80.0],
    [-18.90787, -16.78244, -17.29035, -17.36591, -32.88044, -80.0],
]


def test_levels_are_librosas() -> None:
    noise = np.random.Generator(np.random.PCG64(3)).standard_normal(RATE)
    clip = (0.1 * noise * (np.arange(RATE) < 30000)).astype(np.float32)
    assert decibels(clip)[np.ix_(BANDS, FRAMES)] == pytest.approx(np.array(LEVELS), abs=1e-4)


def theirs() -> tuple[object, dict[str, torch.Tensor]]:
    """torchmetrics' network with weights of chance, and these."""
    nisqa = pytest.importorskip("torchmetrics.functional.audio.nisqa")
    network = nisqa._NISQADIM(SETTINGS).eval()
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, value in network.state_dict().items():
        drawn = 0.1 * torch.randn(value.shape, generator=generator) if value.is_floating_point() else value
        state[name] = drawn.abs() + 0.5 if name.endswith("running_var") else drawn
    network.load_state_dict(state)
    return network, state


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """The same weights as the published file has them, and torchmetrics' network."""
    network, state = theirs()
    (tmp_path / "weights" / "nisqa").mkdir(parents=True)
    torch.save({"args": SETTINGS, "model_state_dict": state}, tmp_path / "weights" / "nisqa" / "nisqa.tar")
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    opened.cache_clear()
    return network


@pytest.mark.parametrize("seconds", [0.2, 1.013, 3.0])
def test_ratings_are_torchmetrics(ours: object, seconds: float) -> None:
    from torchmetrics.functional.audio.nisqa import _segment_specs

    clip = speech_like(RATE, seconds).astype(np.float32)
    padded, count = _segment_specs(torch.from_numpy(decibels(clip).astype(np.float32))[None], SETTINGS)
    with torch.no_grad():
        wanted = ours(padded, count.expand(1))[0].numpy()  # type: ignore[operator]
    (found,) = opened(NAME).audio([clip])
    np.testing.assert_allclose(found, wanted, atol=1e-5, rtol=0)
    names = ["nisqa_mos", "nisqa_noi", "nisqa_dis", "nisqa_col", "nisqa_loud"]
    scores = measure(estimate=clip, reference=clip, sample_rate=RATE, metrics=names, query="a man speaking")
    assert [scores[name].value for name in names] == pytest.approx(found.tolist(), abs=1e-6)


def test_clips_of_other_lengths_are_refused(ours: object) -> None:
    shortest, longest = round(SHORTEST_SECONDS * RATE), MOST_FRAMES * 480 - 1
    assert segments(np.ones(shortest, np.float32)).shape == (1, 48, 15)
    assert len(segments(np.ones(longest, np.float32))) == 1300
    for length in (shortest - 1, longest + 1):
        with pytest.raises(SepbenchError, match=r"wanted 0\.14 to 52\.13 s"):
            segments(np.ones(length, np.float32))
    for seconds, status in ((0.1, "too_short"), (LONGEST_SECONDS + 0.1, "not_applicable")):
        clip = speech_like(RATE, seconds)
        found = measure(estimate=clip, reference=clip, sample_rate=RATE, metrics=["nisqa_mos"])
        assert found["nisqa_mos"].status == status
    with pytest.raises(SepbenchError, match="embeds no texts"):
        opened(NAME).text(["speech"])
