"""Others' weights to start from: the files that the paper's recipe names, small ones of the same names, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from safetensors.torch import save_file  # noqa: E402

from recipes.codecsep.settings import Settings as CodecSepSettings  # noqa: E402
from recipes.hsm_tss.settings import Settings  # noqa: E402
from recipes.training.weights import Start, start_from  # noqa: E402
from sepbench.errors import MissingData, SepbenchError  # noqa: E402
from sepbench.networks.clap_text import ClapText, TextSize  # noqa: E402
from sepbench.networks.dac import CodecSize, Dac, Encoder  # noqa: E402
from sepbench.records import load_toml  # noqa: E402
from tests.networks.hsm_tss_small import small  # noqa: E402

RECIPES = Path(__file__).parents[2] / "recipes"
SMALL = CodecSize(16000, strides=(4, 4), stages=1, encoder_width=2, decoder_width=8)
TIED = "encoder.embed_tokens.weight"


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder of weights."""
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path))


@pytest.fixture
def paper() -> Settings:
    """HSM-TSS's recipe at the paper's sizes."""
    return load_toml(Settings, RECIPES / "hsm_tss" / "paper.toml")


def put(folder: Path, start: Start, tensors: dict[str, Any]) -> None:
    path = folder / start.file
    path.parent.mkdir(parents=True)
    if path.suffix == ".safetensors":
        save_file({key: value.contiguous() for key, value in tensors.items()}, path)
    else:
        torch.save({start.within: tensors, "metadata": {"kwargs": {}}}, path)


def parts(network: Any, encoder: Encoder) -> dict[str, Any]:
    return {**{f"{name}.": part for name, part in network.named_children()}, "dac_encoder.": encoder}


def test_the_papers_recipe_fills_text_encoder_and_codec_whole(paper: Settings, tmp_path: Path) -> None:
    flan, descript = paper.start
    network, own = small(), small()
    size = network.size.codec
    codec, encoder = Dac(size), Encoder(size)
    for weight in (*own.text.parameters(), *codec.parameters()):
        torch.nn.init.normal_(weight)
    read = {key: value for key, value in own.text.model.state_dict().items() if key != TIED}
    put(tmp_path, flan, {**read, "decoder.block.0.weight": torch.zeros(1), "lm_head.weight": torch.zeros(1)})
    put(tmp_path, descript, codec.state_dict())
    before = network.qaudio.query.clone()
    start_from(parts(network, encoder), paper.start)
    for mine, theirs in (
        (network.text, own.text),
        (network.codec.decoder, codec.decoder),
        (network.codec.quantizer, codec.quantizer),
        (encoder, codec.encoder),
    ):
        for name, value in theirs.state_dict().items():
            assert torch.equal(mine.state_dict()[name], value), name
    assert torch.equal(network.qaudio.query, before)


def test_codecsep_s_fills_its_codec_and_the_text_tower(tmp_path: Path) -> None:
    codec, text = load_toml(CodecSepSettings, RECIPES / "codecsep" / "paper.toml").start
    sizes = TextSize(vocabulary=20, width=12, layers=1, heads=3, feed_forward=24)
    network, own, tower = Dac(SMALL), Dac(SMALL), ClapText(sizes)
    for weight in own.parameters():
        torch.nn.init.normal_(weight)
    theirs = ClapText(sizes).state_dict()
    put(tmp_path, codec, own.state_dict())
    unread = {"module.text_branch.embeddings.position_ids": torch.zeros(1, 20, dtype=torch.long)}
    put(tmp_path, text, {**{f"module.{key}": value for key, value in theirs.items()}, **unread})
    heard = {"encoder.": network.encoder, "decoder.": network.decoder, "text_encoder.model.": tower}
    start_from(heard, [codec, text])
    assert all(torch.equal(tower.state_dict()[name], value) for name, value in theirs.items())
    assert all(
        torch.equal(one, other)
        for one, other in zip(network.encoder.parameters(), own.encoder.parameters(), strict=True)
    )


def test_a_file_that_is_not_there_or_holds_nothing_is_named(paper: Settings, tmp_path: Path) -> None:
    network = small()
    with pytest.raises(MissingData, match="weights file not found"):
        start_from(parts(network, Encoder(network.size.codec)), paper.start)
    save_file({"unknown.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    for start in (Start("other.safetensors"), Start("other.safetensors", names={"codec.decoder.": "decoder."})):
        with pytest.raises(SepbenchError, match="nothing to start from"):
            start_from(parts(network, Encoder(network.size.codec)), [start])


def test_half_a_part_is_refused(tmp_path: Path) -> None:
    network = small()
    codec = Dac(network.size.codec)
    put(tmp_path, Start("half/codec.safetensors"), codec.decoder.state_dict())
    with pytest.raises(SepbenchError, match="quantizer"):
        start_from(parts(network, codec.encoder), [Start("half/codec.safetensors", names={"codec.decoder.": ""})])
