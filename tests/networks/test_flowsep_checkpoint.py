"""FlowSep's checkpoint: the published names, and a word for every tensor that does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sepbench.errors import SepbenchError
from tests.networks.flowsep_official import official

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.networks.flowsep import TINY, FlowSep, untrained  # noqa: E402
from sepbench.networks.flowsep_checkpoint import load_checkpoint  # noqa: E402

LISTS = Path(__file__).parent.parent / "parity" / "fixtures"
WORDS = "cond_stage_models.0.model.shared.weight"
OTHER_WORDS = "cond_stage_models.0.model.encoder.embed_tokens.weight"


@pytest.fixture(scope="module")
def network() -> Any:
    return untrained(TINY, seed=7)


@pytest.fixture(scope="module")
def whole() -> Any:
    with torch.device("meta"):
        return FlowSep()


def loaded(tensors: dict[str, Any]) -> dict[str, Any]:
    fresh = untrained(TINY, seed=8)
    load_checkpoint(fresh, tensors)
    return dict(fresh.state_dict())


def assert_same(found: dict[str, Any], network: Any) -> None:
    for key, value in network.state_dict().items():
        assert torch.equal(found[key], value), key


def test_every_tensor_finds_its_place(network: Any) -> None:
    tensors = official(network)
    tensors["scale_factor"] = torch.tensor(0.25)
    found = loaded(tensors)
    assert found.pop("scale_factor") == 0.25
    assert_same({**found, "scale_factor": network.scale_factor}, network)


def test_a_vocoder_from_before_weight_norm_was_resolved(network: Any) -> None:
    tensors = official(network)
    for key in [key for key in tensors if ".vocoder." in key and key.endswith(".weight")]:
        value = tensors.pop(key)
        lengths = value.square().sum(dim=(1, 2), keepdim=True).sqrt()
        tensors |= {f"{key}_g": lengths, f"{key}_v": 3 * value}
    found = loaded(tensors)
    for key, value in network.state_dict().items():
        assert torch.allclose(found[key], value, rtol=1e-5, atol=1e-8), key


@pytest.mark.parametrize("absent", [WORDS, OTHER_WORDS])
def test_one_of_two_names_of_one_table_is_enough(network: Any, absent: str) -> None:
    tensors = official(network)
    del tensors[absent]
    assert_same(loaded(tensors), network)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("first_stage_model.encoder.conv_in.scale", "unknown vae.encoder.conv_in.scale"),
        ("model_ema.diffusion_modelextraweight", "unknown model_ema.diffusion_modelextraweight"),
        ("clap.model.logit_scale", "unknown clap.model.logit_scale"),
    ],
)
def test_unknown_tensors_are_refused_by_name(network: Any, key: str, told: str) -> None:
    with pytest.raises(SepbenchError, match=told):
        loaded({**official(network), key: torch.zeros(1)})


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("model_ema.diffusion_modelout2bias", "missing unet.out.2.bias"),
        ("first_stage_model.vocoder.conv_post.bias", "missing vocoder.conv_post.bias"),
        ("scale_factor", "missing scale_factor"),
    ],
)
def test_missing_tensors_are_named(network: Any, key: str, told: str) -> None:
    tensors = official(network)
    del tensors[key]
    with pytest.raises(SepbenchError, match=told):
        loaded(tensors)


def test_a_filter_of_another_length_is_refused(network: Any) -> None:
    tensors = official(network)
    tensors["first_stage_model.vocoder.activation_post.upsample.filter"] = torch.zeros(1, 1, 8)
    with pytest.raises(SepbenchError, match=r"of another shape vocoder.activation_post.upsample.filter \(1, 1, 8\)"):
        loaded(tensors)


@pytest.mark.parametrize(
    ("part", "listed"), [("unet", "flowsep_unet"), ("vae", "flowsep_vae"), ("vocoder", "flowsep_bigvgan_plain")]
)
def test_the_official_names_and_shapes(whole: Any, part: str, listed: str) -> None:
    lines = [line.split("\t")[:2] for line in (LISTS / f"{listed}.keys.txt").read_text().splitlines()]
    module = getattr(whole, part)
    ours = {key: tuple(value.shape) for key, value in module.state_dict().items()} | dict(getattr(module, "fixed", {}))
    assert {key: str(shape) for key, shape in ours.items()} == dict(lines)


def test_names_of_moving_averages_stay_apart_without_dots(whole: Any) -> None:
    names = whole.unet.state_dict().keys()
    assert len({name.replace(".", "") for name in names}) == len(names) == 1104


def test_the_official_size(whole: Any) -> None:
    sizes = {part: sum(value.numel() for value in getattr(whole, part).parameters()) for part in ("unet", "text")}
    # T5-large's encoder: a table of 32128 words, 24 layers (4 x 1024² + 3 x 1024 x 2816 + 2 norms), 32 x 16 distances.
    layer = 4 * 1024**2 + 3 * 1024 * 2816 + 2 * 1024
    assert sizes == {"unet": 265_549_456, "text": 32128 * 1024 + 24 * layer + 32 * 16 + 1024}
