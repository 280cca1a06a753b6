"""CLIPSep: the official keys, the scale of frequency in closed form, masks that are known, CLIP's text side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from sepbench.networks.clip_text import ClipText, ClipTextSize, load_clip_text  # noqa: E402
from sepbench.networks.clipsep import CLIPSEP_16K, ClipSep, ClipSepNit, log_magnitudes  # noqa: E402
from sepbench.networks.log_frequency import to_linear_frequency, to_log_frequency  # noqa: E402
from sepbench.networks.spectra import Framing, Spectra  # noqa: E402
from sepbench.networks.state_dict import load_weights  # noqa: E402
from sepbench.networks.text_tokens import BYTE_VOCABULARY, END, byte_tokens, clip_tokens  # noqa: E402
from tests.parity.listed import resolved_shapes  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

WIDTHS = (4, 4, 6, 6, 8, 8, 8)
TEXT = ClipTextSize(vocabulary=BYTE_VOCABULARY, width=16, layers=2, heads=2, feed_forward=32, embedding=12)


def tiny(kind: type[Any] = ClipSepNit, **scale: float) -> Any:
    return seed(kind(4, WIDTHS), scale={name.replace("__", r"\."): factor for name, factor in scale.items()})


def noise(*shape: int, seed: int = 0) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("name", "kind"), [("clipsep", ClipSep), ("clipsep_nit", ClipSepNit)])
def test_the_official_keys(name: str, kind: type[Any]) -> None:
    with torch.device("meta"):
        ours = {key: tuple(value.shape) for key, value in kind().state_dict().items()}
    assert ours == resolved_shapes(name)


def test_warped_bins_lie_where_the_formula_says() -> None:
    ramp = torch.arange(513.0)[None, :, None].expand(1, 513, 4)
    places = (21.0 ** (torch.arange(256).double() / 255) - 1) / 20 * 512
    assert (to_log_frequency(ramp, 256)[0].double() - places[:, None]).abs().max() < 1e-3
    back = to_linear_frequency(to_log_frequency(ramp, 256), 513)
    assert (back - ramp).abs().max() < 0.02  # between two warped bins the scale is nearly straight


def test_frames_stay_apart() -> None:
    frames = torch.zeros(1, 513, 256)
    frames[..., 100] = 1.0
    for there in (to_log_frequency(frames, 256), to_linear_frequency(frames, 513)):
        assert (there[..., 100] - 1).abs().max() < 1e-3
        assert there[..., :99].abs().max() == there[..., 102:].abs().max() == 0


def test_silence_has_the_logarithm_of_the_floor() -> None:
    assert (log_magnitudes(torch.zeros(1, 513, 128)) + 23.02585).abs().max() < 1e-3


@torch.inference_mode()
def test_without_a_scale_the_bias_is_the_mask() -> None:
    network = tiny(synth_net__scale=0.0)
    network.synth_net.bias.fill_(1.5)
    mask = network(noise(1, 513, 128).abs(), noise(1, 512))
    assert mask.shape == (1, 513, 128)
    assert (mask - 0.8175745).abs().max() < 1e-5


@torch.inference_mode()
def test_noise_heard_through_the_query_itself_is_what_was_asked_for() -> None:
    network, embedding = tiny(), noise(1, 512)
    features = network.features(noise(1, 513, 128).abs())
    one, two = network.noise_masks(features, embedding)[0]
    assert (one - two).abs().max() > 0.01
    for net in network.pit_nets:
        net.weight.copy_(torch.eye(4))
        net.bias.zero_()
    wanted = network.log_mask(features, embedding)[0]
    assert all(torch.equal(mask, wanted) for mask in network.noise_masks(features, embedding)[0])


@torch.inference_mode()
def test_a_batch_gives_what_single_clips_give_and_the_text_matters() -> None:
    network, magnitude, embedding = tiny(), noise(2, 513, 128).abs(), noise(2, 512, seed=1)
    together = network(magnitude, embedding)
    alone = torch.cat([network(magnitude[i : i + 1], embedding[i : i + 1]) for i in range(2)])
    assert (together - alone).abs().max() < 1e-5
    assert (network(magnitude, embedding.flip(0)) - together).abs().max() > 0.01


def test_ends_are_heard_with_silence_beyond() -> None:
    signal, padded = noise(1, 2048), torch.zeros(1, 4096)
    padded[:, 1024:3072] = signal
    alone, within = (Spectra(Framing(16000, 1024, 256, "constant"))(one) for one in (signal, padded))
    assert (alone - within[..., 4:13]).abs().max() < 1e-4


def test_a_sine_of_double_precision_is_silent_elsewhere() -> None:
    sine = torch.sin(2 * torch.pi * 1000 * torch.arange(65535).double() / 16000)[None]
    single, double = (
        Spectra(CLIPSEP_16K, dtype)(sine.to(dtype)).abs()[0, 300:, 100].max()
        for dtype in (torch.float32, torch.float64)
    )
    assert double < 1e-9 < 1e-7 < single


def test_the_other_kinds_file_is_refused_by_name() -> None:
    with pytest.raises(SepbenchError, match=r"missing pit_nets\.0\.bias, pit_nets\.0\.weight"):
        load_weights(ClipSepNit(4, WIDTHS), tiny(ClipSep).state_dict())
    with pytest.raises(SepbenchError, match=r"unknown pit_nets\.0\.bias"):
        load_weights(ClipSep(4, WIDTHS), tiny().state_dict())


@torch.inference_mode()
def test_clip_reads_up_to_the_sign_at_the_end() -> None:
    network = seed(ClipText(TEXT))
    whole = network.read("dog", byte_tokens)
    assert whole.shape == (1, 12)
    beyond = network(torch.tensor([[*byte_tokens("dog"), 5, 6]]))
    assert (beyond - whole).abs().max() < 1e-5
    assert (network(torch.tensor([[256, 5, END]])) - whole).abs().max() > 1e-2


def test_the_text_side_of_a_whole_clip_fits() -> None:
    vision = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "image_size": 32,
        "patch_size": 16,
    }
    text = ClipText(TEXT).clip.config.to_dict()
    whole = transformers.CLIPModel(transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=12))
    tensors, network = dict(whole.state_dict()), ClipText(TEXT)
    load_clip_text(network, {**tensors, "text_model.embeddings.position_ids": torch.arange(77)[None]})
    assert torch.equal(network.clip.text_projection.weight, whole.text_projection.weight)
    tensors["text_model.extra"] = tensors.pop("text_model.final_layer_norm.bias")
    with pytest.raises(SepbenchError, match=r"unknown text_model\.extra; missing text_model\.final_layer_norm\.bias"):
        load_clip_text(network, tensors)


def test_clip_tokens_stand_between_signs(tmp_path: Path) -> None:
    tokens = {"d": 0, "o": 1, "g</w>": 2, "do": 3, "dog</w>": 4, "<|startoftext|>": 5, "<|endoftext|>": 6}
    (tmp_path / "vocab.json").write_text(json.dumps(tokens))
    (tmp_path / "merges.txt").write_text("#version: 0.2\nd o\ndo g</w>\n")
    read = clip_tokens(tmp_path / "vocab.json", tmp_path / "merges.txt")
    assert read("Dog dog") == [5, 4, 4, 6]
    assert len(read("dog " * 100)) == 77 and read("dog " * 100)[-1] == 6
