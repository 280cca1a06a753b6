"""TDANet: the official keys of both variants, lengths, who hears whom in a batch, closed forms of its pieces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from sepbench.networks.state_dict import load_weights  # noqa: E402
from sepbench.networks.tdanet import TDANET_2MS, TDANET_4MS, TdaNetSize, tdanet, tdanet_best  # noqa: E402
from sepbench.networks.tdanet_blocks import Attention, Fusion, NamedNorm, global_norm  # noqa: E402
from tests.parity.listed import resolved_shapes  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

TINY = replace(TDANET_2MS, outs=8, width=16, iterations=3)
TABLE = "sm.unet.globalatt.attn.pos_enc.pe"
Variant = Callable[[TdaNetSize], Any]

both = pytest.mark.parametrize("variant", [tdanet, tdanet_best])


def tiny(variant: Variant) -> Any:
    return seed(variant(TINY), keep=[TABLE])


def noise(*shape: int, seed: int = 0) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("name", "variant", "size"),
    [
        ("tdanet_4ms", tdanet, TDANET_4MS),
        ("tdanet_best_4ms", tdanet_best, TDANET_4MS),
        ("tdanet_best_2ms", tdanet_best, TDANET_2MS),
    ],
)
def test_the_official_keys(name: str, variant: Variant, size: TdaNetSize) -> None:
    with torch.device("meta"):
        ours = {key: tuple(value.shape) for key, value in variant(size).state_dict().items()}
    assert ours == resolved_shapes(name)


@pytest.mark.parametrize(("size", "giga"), [(TDANET_4MS, 4.57), (TDANET_2MS, 9.02)])
def test_operations_of_a_second(size: TdaNetSize, giga: float) -> None:
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        tdanet_best(size)(torch.empty(1, 16000))
    assert counter.get_total_flops() / 2e9 == pytest.approx(giga, rel=5e-3)


@both
@pytest.mark.parametrize("time", [160, 1001, 1600, 1631])
def test_speakers_have_the_time_of_the_mixture(variant: Variant, time: int) -> None:
    assert tiny(variant)(noise(1, time)).shape == (1, 2, time)


@both
def test_equal_clips_of_a_batch_give_what_one_gives(variant: Variant) -> None:
    network, clip = tiny(variant), noise(1, 800)
    wanted = network(clip)
    assert (network(clip.expand(3, -1)) - wanted).abs().max() < 1e-5 * wanted.abs().max()


@both
def test_other_clips_of_a_batch_are_heard(variant: Variant) -> None:
    network, clips = tiny(variant), noise(2, 800)
    assert (network(clips)[0] - network(clips[:1])[0]).abs().max() > 1e-4


@pytest.mark.parametrize("norm", [NamedNorm, global_norm])
def test_the_norm_is_over_channels_and_time(norm: Callable[[int], Any]) -> None:
    x = noise(2, 3, 50) * torch.tensor([1.0, 5.0, 9.0])[:, None] + 4
    y = norm(3)(x)
    assert y.mean(dim=(1, 2)).abs().max() < 1e-6
    assert (y.square().mean(dim=(1, 2)) - 1).abs().max() < 1e-5
    assert y[:, 2].std() > 3 * y[:, 0].std()


def test_fusion_with_silence_halves_the_local_signal() -> None:
    fusion, local = Fusion(3, 1, global_norm), noise(1, 3, 12)
    fusion.local_embedding.conv.weight.data.fill_(1.0)
    normed = (local - local.mean()) / local.std(correction=0)
    assert (fusion(local, torch.zeros(1, 3, 3)) - normed / 2).abs().max() < 1e-5


def test_attention_in_one_clip_is_frame_by_frame() -> None:
    attention, x = Attention(16), noise(1, 16, 5)
    changed = x.clone()
    changed[..., 2] = noise(16, seed=1)
    unlike = (attention(x) - attention(changed)).abs().amax(dim=1)[0]
    assert unlike[2] > 0.01
    assert unlike[[0, 1, 3, 4]].max() == 0


def test_more_frames_than_positions_are_refused() -> None:
    with pytest.raises(SepbenchError, match="given 10001 frames; wanted 10000 or fewer"):
        Attention(8)(torch.zeros(1, 8, 10001))


def test_the_other_variants_file_is_refused_by_name() -> None:
    with pytest.raises(SepbenchError, match=r"unknown ln\.beta, ln\.gamma, .* missing ln\.bias, ln\.weight"):
        load_weights(tiny(tdanet), tiny(tdanet_best).state_dict())
    with pytest.raises(SepbenchError, match=r"of another shape .*decoder\.weight"):
        load_weights(tdanet_best(replace(TINY, window=64)), tiny(tdanet_best).state_dict())
