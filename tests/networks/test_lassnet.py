"""LASS-Net: the official keys, closed forms of its pieces, what a text and its padding change, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.networks.lassnet import BertSize, LassNet, load_lassnet  # noqa: E402
from sepbench.networks.lassnet_unet import ResidualBlock, Shift  # noqa: E402
from sepbench.networks.text_tokens import bert_tokens  # noqa: E402
from tests.parity.listed import resolved_shapes  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

TEXT = BertSize(vocabulary=258, width=24, layers=2, heads=3, feed_forward=48)
POSITIONS = "text_embedder.bert_layer.embeddings.position_ids"


@pytest.fixture(scope="module")
def tiny() -> Any:
    return seed(LassNet((4, 4, 6, 6, 8, 8), TEXT), scale={r"after_conv2\.weight": 0.1})


def noise(*shape: int, seed: int = 0) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_official_keys() -> None:
    with torch.device("meta"):
        ours = {key: tuple(value.shape) for key, value in LassNet().state_dict().items()}
    assert ours == resolved_shapes("lassnet")


@torch.inference_mode()
@pytest.mark.parametrize(("samples", "heard"), [(513, 512), (5119, 4608), (5120, 5120), (40000, 39936)])
def test_whole_hops_come_back(tiny: Any, samples: int, heard: int) -> None:
    assert tiny(noise(1, samples), noise(1, 24)).shape == (1, heard)


@torch.inference_mode()
def test_half_a_window_is_refused(tiny: Any) -> None:
    with pytest.raises(SepbenchError, match="given 512 samples; wanted 513 or more"):
        tiny(noise(1, 512), noise(1, 24))


@torch.inference_mode()
def test_without_an_opinion_half_of_everything_is_kept() -> None:
    network = seed(LassNet((2, 2, 2, 2, 2, 2), TEXT), scale={r"after_conv2\.": 0.0})
    mixture = noise(2, 10240)
    assert (network(mixture, noise(2, 24)) - mixture / 2).abs().max() < 1e-5


@torch.inference_mode()
def test_a_batch_gives_what_single_clips_give(tiny: Any) -> None:
    mixtures, conditions = noise(2, 8192), noise(2, 24, seed=1)
    together = tiny(mixtures, conditions)
    for index in range(2):
        alone = tiny(mixtures[index : index + 1], conditions[index : index + 1])
        assert (together[index] - alone[0]).abs().max() < 1e-5
    assert (tiny(mixtures[:1], conditions[1:]) - together[:1]).abs().max() > 1e-3


@torch.inference_mode()
def test_silent_frames_to_a_multiple_of_64_change_nothing_and_the_highest_bins_are_not_judged(tiny: Any) -> None:
    magnitude, condition = noise(1, 50, 513).abs(), noise(1, 24)
    logit = tiny.UNet(magnitude, condition)
    longer = tiny.UNet(torch.nn.functional.pad(magnitude, (0, 0, 0, 14)), condition)
    assert logit.shape == magnitude.shape
    assert torch.equal(longer[:, :50], logit)
    assert not logit[..., 511:].any() and logit[..., :511].abs().min() > 0
    assert torch.equal(tiny.UNet(magnitude + torch.eye(513)[511], condition), logit)


@torch.inference_mode()
def test_a_block_whose_convolutions_are_silent_adds_the_last_shift() -> None:
    block = seed(ResidualBlock(3, 3, 8), scale={r"conv\d\.": 0.0})
    x, condition = noise(2, 3, 4, 5), noise(2, 8)
    assert torch.equal(block(x, condition), x + block.film2(condition))


@torch.inference_mode()
def test_shifts_are_two_layers_and_never_negative() -> None:
    shift, condition = seed(Shift(8, 3)), noise(20, 8)
    first, _, second, _ = shift.linear
    inner = (condition @ first.weight.T + first.bias).clamp_min(0)
    wanted = (inner @ second.weight.T + second.bias).clamp_min(0)
    assert (shift(condition)[:, :, 0, 0] - wanted).abs().max() < 1e-6
    assert wanted.shape == (20, 3) and not wanted.all() and wanted.any()


@torch.inference_mode()
def test_padding_of_a_text_is_masked(tiny: Any) -> None:
    tokens = torch.tensor([[2, 70, 80, 0, 0]])
    padded = tiny.text_embedder(tokens, torch.tensor([[1, 1, 1, 0, 0]]))
    assert (padded - tiny.text_embedder(tokens[:, :3])).abs().max() < 1e-5
    assert (padded - tiny.text_embedder(tokens)).abs().max() > 1e-3


def test_a_text_follows_its_sign_and_none_follows_it(tmp_path: Path) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "dog", "bark", "##s", "[", "]", "cl"]
    (tmp_path / "vocab.txt").write_text("\n".join(words) + "\n")
    tokens = bert_tokens(tmp_path / "vocab.txt")
    assert tokens("A dog barks") == [2, 5, 6, 7, 8]
    assert len(tokens("dog " * 600)) == 512


def test_files_with_positions_are_read_and_others_refused_by_name(tiny: Any) -> None:
    tensors = {**tiny.state_dict(), POSITIONS: torch.arange(512)[None]}
    network = LassNet((4, 4, 6, 6, 8, 8), TEXT)
    load_lassnet(network, tensors)
    assert torch.equal(network.UNet.after_conv2.weight, tiny.UNet.after_conv2.weight)
    tensors["UNet.extra"] = tensors.pop("UNet.after_conv2.bias")
    with pytest.raises(SepbenchError, match=r"unknown UNet\.extra; missing UNet\.after_conv2\.bias"):
        load_lassnet(network, tensors)
