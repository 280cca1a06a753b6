"""FlowSep on long audio, with a network whose answers are known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.networks.flowsep import TINY, Noise, untrained  # noqa: E402
from sepbench.networks.flowsep_logmel import SAMPLES, peak_gain  # noqa: E402
from sepbench.networks.flowsep_text import byte_tokens  # noqa: E402
from sepbench.networks.flowsep_transformer import Text  # noqa: E402
from sepbench.networks.flowsep_windows import OVERLAP, separate_clip  # noqa: E402

NOTHING = Text(torch.zeros(1, 1, 1), torch.ones(1, 1, dtype=torch.bool))
HOP, FRAMES = 640, 256


class Known(SimpleNamespace):
    """In the network's place; answers by a function of what is heard and of the noise."""

    def __init__(self, answer: Any) -> None:
        super().__init__(latent_hop=HOP, latent_frames=FRAMES, size=TINY, scale_factor=torch.tensor(1.0), answer=answer)

    def __call__(self, heard: Any, text: Any, noise: Noise, steps: int) -> Any:
        return self.answer(heard, noise)


def sound(samples: int) -> Any:
    """Noise that grows from quiet to loud."""
    values = np.random.default_rng(4).standard_normal(samples) * np.linspace(0.01, 0.2, samples)
    return values.astype(np.float32)


@pytest.mark.parametrize("samples", [1, 5000, SAMPLES, SAMPLES + 1, 3 * SAMPLES + 77])
def test_a_network_that_gives_back_what_it_hears_leaves_no_seam(samples: int) -> None:
    mixture = sound(samples)
    found = separate_clip(Known(lambda heard, _: heard * peak_gain(heard)), mixture, NOTHING, seed=0, steps=1)
    wanted = mixture * np.float32(0.5 / (np.abs(mixture - mixture.mean(dtype=np.float64)).max() + 1e-8))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_windows_share_their_noise_where_they_overlap() -> None:
    """A network that gives its noise back, window by window, makes the noise of the whole clip."""

    def of_noise(heard: Any, noise: Noise) -> Any:
        drawn = noise.start[0, 0, :, 0].repeat_interleave(HOP)[None, : heard.shape[1]]
        return drawn * peak_gain(heard)

    samples = 2 * SAMPLES
    found = separate_clip(Known(of_noise), sound(samples), NOTHING, seed=9, steps=1)
    frames = OVERLAP.starts(samples)[-1] // HOP + FRAMES
    drawn = Noise.drawn(torch.Generator().manual_seed(9), TINY.vae, frames).start[0, 0, :, 0]
    wanted = drawn.repeat_interleave(HOP)[:samples] * peak_gain(torch.from_numpy(sound(samples)))
    np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-4, atol=1e-5)


def test_windows_start_on_frames_of_the_latent_map() -> None:
    starts = OVERLAP.starts(10 * SAMPLES)
    assert starts[:3] == [0, 133120, 266240]
    assert all(start % HOP == 0 for start in starts)


def test_a_short_clip_is_one_call_of_the_network() -> None:
    network, mixture = untrained(TINY, seed=1), sound(4000)
    told = network.text.read("dog", byte_tokens)
    noise = Noise.drawn(torch.Generator().manual_seed(3), TINY.vae, FRAMES)
    with torch.inference_mode():
        wanted = network(torch.from_numpy(mixture)[None], told, noise, 1)[0].numpy()
    found = separate_clip(network, mixture, told, seed=3, steps=1)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
