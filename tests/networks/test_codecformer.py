"""CodecFormer's masker: the official keys, invariants of transformer and speakers, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")

from sepbench.networks.codecformer import CodecFormerMasker, load_codecformer  # noqa: E402
from sepbench.networks.latent_masker import MaskerSize  # noqa: E402
from tests.parity.listed import resolved_shapes  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

SIZE = MaskerSize(channels=32, width=16, layers=2, heads=2, feed_forward=32)


@pytest.fixture
def tiny() -> Any:
    return seed(CodecFormerMasker(SIZE), keep=["block.pos_enc.pe"])


@pytest.fixture(scope="module")
def latent() -> Any:
    return torch.randn(1, 32, 6, generator=torch.Generator().manual_seed(2))


def test_the_official_keys() -> None:
    with torch.device("meta"):
        ours = {key: tuple(value.shape) for key, value in CodecFormerMasker().state_dict().items()}
    assert ours == resolved_shapes("codecformer_masker")


def test_every_frame_hears_every_frame_alike_but_for_its_position(tiny: Any, latent: Any) -> None:
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    assert (tiny(latent[..., order]) - tiny(latent)[..., order]).abs().max() > 0.1
    tiny.block.pos_enc.pe.zero_()
    assert (tiny(latent[..., order]) - tiny(latent)[..., order]).abs().max() < 1e-5


def test_frames_leave_the_transformer_normed(tiny: Any, latent: Any) -> None:
    tiny.block.mdl.norm.norm.weight.data.fill_(1.0)
    tiny.block.mdl.norm.norm.bias.data.zero_()
    sequence = tiny.sequence(latent)
    assert sequence.shape == (1, 6, 16)
    assert sequence.mean(dim=-1).abs().max() < 1e-6
    assert (sequence.square().mean(dim=-1) - 1).abs().max() < 1e-4


def test_speakers_share_all_but_the_maskers_rows(tiny: Any, latent: Any) -> None:
    before = tiny(latent.expand(2, -1, -1))
    assert before.shape == (2, 2, 32, 6)
    weight = tiny.masker.weight.data
    tiny.masker.weight.data = torch.cat([weight[32:], weight[:32]])
    assert (tiny(latent)[0] - before[0].flip(0)).abs().max() < 1e-5


def test_a_shut_gate_gives_no_mask(tiny: Any, latent: Any) -> None:
    tiny.output_gate[0].bias.data.fill_(-200.0)
    assert tiny(latent).abs().max() == 0


def test_more_than_2500_frames_are_refused(tiny: Any) -> None:
    with pytest.raises(SepbenchError, match="given 2501 frames; wanted 2500 or fewer"):
        tiny(torch.zeros(1, 32, 2501))


def test_wrong_keys_are_named(tiny: Any) -> None:
    tensors = dict(tiny.state_dict())
    tensors["film.beta1.bias"] = tensors.pop("activation.alpha")
    with pytest.raises(SepbenchError, match=r"unknown film\.beta1\.bias; missing activation\.alpha"):
        load_codecformer(CodecFormerMasker(SIZE), tensors)
    with pytest.raises(SepbenchError, match=r"of another shape masker\.weight"):
        load_codecformer(CodecFormerMasker(SIZE, speakers=3), tiny.state_dict())
