"""LASS-Net, CLIPSep and BiModalSep as adapters, with drawn weights: blocks, texts, files by hand, cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.audio import Audio  # noqa: E402
from sepbench.errors import MissingData, SepbenchError  # noqa: E402
from sepbench.networks.text_tokens import byte_tokens  # noqa: E402
from sepbench.separators.checking import check_adapter  # noqa: E402
from sepbench.separators.inline import load_separator  # noqa: E402
from sepbench.separators.separator import Request  # noqa: E402
from sepbench.separators.spec import load_model  # noqa: E402
from sepbench.separators.weight_files import convert, needed_by, require_weights  # noqa: E402
from tests.parity.listed import listed  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

ADAPTERS = Path(__file__).parent.parent.parent / "adapters"
NAMES = ("lass_net", "clipsep", "bimodalsep")
RATES = {name: load_model(ADAPTERS / name).file.sample_rate or 0 for name in NAMES}
BLOCKS = {"lass_net": 320_000, "clipsep": 65_535, "bimodalsep": 131_070}
HOPS = {"lass_net": 262_144, "clipsep": 32_768, "bimodalsep": 98_304}
every = pytest.mark.parametrize("name", NAMES)


def loaded(name: str, **changes: Any) -> Any:
    model = load_model(ADAPTERS / name, "tiny-random")
    adapter: Any = load_separator(model)
    adapter.load({**model.config, **changes}, "cpu")
    return adapter


@pytest.fixture(scope="module")
def adapters() -> dict[str, Any]:
    """With weights that depend on text and context more than those that torch draws."""
    found = {name: loaded(name) for name in NAMES}
    seed(found["lass_net"]._network, scale={"after_conv2": 0.1})
    for name in ("clipsep", "bimodalsep"):
        seed(found[name]._networks.separator, scale={r"synth.*scale": 0.3})
        seed(found[name]._networks.text)
    return found


def separator(name: str, adapter: Any) -> Any:
    return adapter._network if name == "lass_net" else adapter._networks.separator


def noise(samples: int, start: int = 1) -> Audio:
    return (0.1 * np.random.default_rng(start).standard_normal(samples)).astype(np.float32)


def ask(name: str, adapter: Any, mixtures: list[Audio], queries: list[str]) -> list[Audio]:
    pairs = enumerate(zip(mixtures, queries, strict=True))
    requests = [Request(str(number), mixture, RATES[name], query, "extract") for number, (mixture, query) in pairs]
    estimates = adapter.separate(requests)
    assert [estimate.item for estimate in estimates] == [request.item for request in requests]
    assert {estimate.sample_rate for estimate in estimates} == {RATES[name]}
    return [estimate.audio for estimate in estimates]


@pytest.mark.slow
@every
def test_they_keep_the_contract(name: str) -> None:
    found = check_adapter(load_model(ADAPTERS / name, "tiny-random"))
    assert {check.name: check.reason for check in found if check.state != "ok"} == {}


@every
def test_any_length_comes_back_and_batches_change_nothing(adapters: dict[str, Any], name: str) -> None:
    lengths = [1, 9001]
    mixtures, queries = [noise(length, length) for length in lengths], ["dog", "rain"]
    together = ask(name, adapters[name], mixtures, queries)
    for mixture, query, estimate in zip(mixtures, queries, together, strict=True):
        assert len(estimate) == len(mixture) and estimate.dtype == np.float32 and np.isfinite(estimate).all()
        assert np.array_equal(ask(name, adapters[name], [mixture], [query])[0], estimate)
    assert not ask(name, adapters[name], [np.zeros(9000, np.float32)], ["dog"])[0].any()


@every
def test_the_text_matters(adapters: dict[str, Any], name: str) -> None:
    one, other = ask(name, adapters[name], [noise(9000)] * 2, ["a dog barks", "rain on a roof"])
    assert np.abs(one - other).max() > 1e-4


@every
def test_they_are_drawn_alike_each_time(name: str) -> None:
    first, again = (separator(name, loaded(name)).state_dict() for _ in range(2))
    assert all(torch.equal(first[key], again[key]) for key in first)


@pytest.mark.parametrize("name", ["lass_net", "bimodalsep"])
def test_silence_follows_what_is_shorter_than_a_block(adapters: dict[str, Any], name: str) -> None:
    mixture = noise(20_000)
    padded = np.pad(mixture, (0, BLOCKS[name] - len(mixture)))
    short, whole = (ask(name, adapters[name], [one], ["dog"])[0] for one in (mixture, padded))
    assert np.array_equal(short, whole[: len(mixture)])


def test_clipsep_repeats_what_is_shorter_than_a_block(adapters: dict[str, Any]) -> None:
    mixture = noise(20_000)
    repeated = np.concatenate([mixture] * 4)[: BLOCKS["clipsep"]]
    short, whole = (ask("clipsep", adapters["clipsep"], [one], ["dog"])[0] for one in (mixture, repeated))
    assert np.array_equal(short, whole[: len(mixture)])


@pytest.mark.parametrize(("name", "clipped"), [("clipsep", True), ("bimodalsep", False)])
def test_only_clipsep_clips(adapters: dict[str, Any], name: str, clipped: bool) -> None:
    loud = 20 * noise(9000)
    assert np.abs(loud).max() > 5
    (kept,) = ask(name, adapters[name], [loud], ["dog"])
    (again,) = ask(name, adapters[name], [np.clip(loud, -1, 1)], ["dog"])
    assert np.array_equal(kept, again) == clipped
    assert (np.abs(kept).max() <= 1) == clipped


@every
def test_blocks_of_long_audio_give_way_to_each_other(adapters: dict[str, Any], name: str) -> None:
    """Away from a cut the estimate is that of the block alone."""
    block, hop = BLOCKS[name], HOPS[name]
    mixture = noise(block + hop)
    long, first, second = (
        ask(name, adapters[name], [one], ["dog"])[0] for one in (mixture, mixture[:block], mixture[hop:])
    )
    overlap = block - hop
    assert np.abs(long[:hop] - first[:hop]).max() < 1e-5
    assert np.abs(long[block:] - second[overlap:]).max() < 1e-5
    assert np.abs(first[hop:] - second[:overlap]).max() > 1e-3
    low, high = np.minimum(first[hop:], second[:overlap]), np.maximum(first[hop:], second[:overlap])
    assert (long[hop:block] > low - 1e-5).all() and (long[hop:block] < high + 1e-5).all()


def test_clipsep_asks_for_photos_where_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for variant, wanted in {
        "": ["dog"],
        "photo": ["a photo of dog"],
        "four-photos": [
            "a photo of dog.",
            "a photo of the small dog.",
            "a low resolution photo of a dog.",
            "a photo of many dog.",
        ],
    }.items():
        adapter = loaded("clipsep", prompts=load_model(ADAPTERS / "clipsep", variant).config["prompts"])
        read: list[str] = []

        def listening(text: str, read: list[str] = read) -> list[int]:
            read.append(text)
            return byte_tokens(text)

        monkeypatch.setattr(adapter, "_tokens", listening)
        ask("clipsep", adapter, [noise(4000)] * 2, ["dog", "dog"])
        assert read == wanted
        vectors = [adapter._networks.text.read(text, byte_tokens) for text in wanted]
        assert torch.allclose(adapter._embedded("dog"), sum(vectors) / len(vectors), atol=1e-6)


def test_clipseps_masks_are_binary_or_soft() -> None:
    binary, soft = (loaded("clipsep", mask=mask)._mask(torch.tensor([0.2, 0.5, 0.7])) for mask in ("binary", "soft"))
    assert binary.tolist() == [0, 0, 1] and soft.tolist() == pytest.approx([0.2, 0.5, 0.7])
    assert load_model(ADAPTERS / "clipsep", "soft").config["mask"] == "soft"


@pytest.mark.parametrize(
    ("name", "file"), [("lass_net", "lass_net"), ("clipsep", "clipsep-nit"), ("bimodalsep", "bimodalsep-model")]
)
def test_files_that_no_program_can_fetch_say_so(
    name: str, file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path))
    with pytest.raises(MissingData) as caught:
        require_weights(load_model(ADAPTERS / name))
    assert "download" in caught.value.remedy
    assert f"then sepbench weights convert {file} --from FILE" in caught.value.remedy


def test_clipsep_without_masks_of_noise_is_not_published(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path))
    with pytest.raises(MissingData) as caught:
        require_weights(load_model(ADAPTERS / "clipsep", "plain"))
    assert "no checkpoint of CLIPSep without masks of noise is published" in caught.value.remedy


def published(adapter: Any, name: str) -> dict[str, dict[str, Any]]:
    """Files of the layouts that their authors wrote, out of networks of ours, with what is not read beside it."""
    if name == "lass_net":
        return {"lass_net/LASSNet.pt": {"model": _within("module.", adapter._network.state_dict())}}
    separator = _within("module.", adapter._networks.separator.state_dict())
    text = adapter._networks.text
    if name == "clipsep":
        vision = {"vision_model.post_layernorm.bias": torch.zeros(3), "logit_scale": torch.zeros(())}
        whole = {**text.clip.state_dict(), **vision}
        return {"clipsep/best_model.pt": separator, "clip-vit-base-patch32/pytorch_model.bin": whole}
    extra = {"module.net_clap.model.model.logit_scale_a": torch.zeros(()), "module.istft.ola_window": torch.zeros(1022)}
    clap = {**_within("module.", text.state_dict()), "module.audio_branch.bn0.bias": torch.zeros(64)}
    return {
        "bimodalsep/model_weights.pth.tar": {"epoch": 3, "state_dict": {**separator, **extra}},
        "laion-clap/music_audioset_epoch_15_esc_90.14.pt": {"epoch": 15, "state_dict": clap},
    }


def _within(prefix: str, tensors: dict[str, Any]) -> dict[str, Any]:
    return {prefix + key: tensor for key, tensor in tensors.items()}


def _vocabularies(folder: Path) -> None:
    """As small as the tokenizers take."""
    signs = {
        "roberta-base": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4, "d": 5, "o": 6, "g": 7},
        "clip-vit-base-patch32": {"d": 0, "o": 1, "g</w>": 2, "<|startoftext|>": 256, "<|endoftext|>": 257},
    }
    for name, numbers in signs.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "vocab.json").write_text(json.dumps(numbers))
        (folder / name / "merges.txt").write_text("#version: 0.2\n")
    (folder / "bert-mini").mkdir()
    (folder / "bert-mini" / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ndog\n")


@every
def test_files_of_the_published_layout_are_converted_and_read(
    adapters: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path))
    model, given = load_model(ADAPTERS / name), adapters[name]
    for file, content in published(given, name).items():
        (tmp_path / "download").mkdir(exist_ok=True)
        torch.save(content, tmp_path / "download" / Path(file).name)
        (needed,) = (one for one in needed_by(model) if one.weight.file == file)
        convert(needed, tmp_path / "download" / Path(file).name)
    _vocabularies(tmp_path)
    again = loaded(name, checkpoint=model.config["checkpoint"])
    found = separator(name, again).state_dict()
    for key, tensor in separator(name, given).state_dict().items():
        assert torch.equal(found[key], tensor)
    assert np.isfinite(ask(name, again, [noise(9000)], ["dog"])[0]).all()


@pytest.mark.parametrize("odd", ["module.UNet.extra", "UNet.extra"])
def test_a_file_with_another_tensor_is_refused_by_name(
    adapters: dict[str, Any], odd: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path))
    content = published(adapters["lass_net"], "lass_net")["lass_net/LASSNet.pt"]
    content["model"][odd] = torch.zeros(1)
    torch.save(content, tmp_path / "given.pt")
    convert(needed_by(load_model(ADAPTERS / "lass_net"))[0], tmp_path / "given.pt")
    _vocabularies(tmp_path)
    with pytest.raises(SepbenchError, match=r"unknown UNet\.extra"):
        loaded("lass_net", checkpoint="lass_net/LASSNet.pt")


@pytest.mark.parametrize(
    ("name", "fixture", "part"),
    [
        ("lass_net", "lassnet", "UNet."),
        ("lass_net", "lassnet", "text_embedder."),
        ("clipsep", "clipsep_nit", ""),
        ("bimodalsep", "bimodalsep", "net_"),
    ],
)
def test_they_are_as_large_as_the_originals(name: str, fixture: str, part: str) -> None:
    stored = (".running_mean", ".running_var", ".num_batches_tracked")
    entries = {key: entry for key, entry in listed(fixture).items() if key.startswith(part)}
    wanted = sum(int(np.prod(entry.shape)) for key, entry in entries.items() if not key.endswith(stored))
    model = load_model(ADAPTERS / name)
    adapter: Any = load_separator(model)
    adapter.sketch(model.config)
    parts = adapter.cost(1.0).parts
    assert parts["text encoder" if part == "text_embedder." else "separator"].trainable == wanted


@every
def test_the_cost_of_blocks_is_their_sum(adapters: dict[str, Any], name: str) -> None:
    lengths = (BLOCKS[name], BLOCKS[name] + 1)
    costs = [adapters[name].cost(length / RATES[name]).parts["separator"] for length in lengths]
    assert [cost.steps for cost in costs] == [1, 2]
    assert costs[1].macs == 2 * costs[0].macs


def test_variants_have_their_own_facts() -> None:
    for name in NAMES:
        base, tiny = load_model(ADAPTERS / name), load_model(ADAPTERS / name, "tiny-random")
        assert (base.file.untrained, tiny.file.untrained) == (False, True)
        assert tiny.file.weights == () and tiny.file.trained_on == () and base.file.trained_on
        assert base.file.max_seconds == pytest.approx(BLOCKS[name] / RATES[name], abs=0.006)
    plain = load_model(ADAPTERS / "clipsep", "plain")
    assert plain.file.title == "CLIPSep" and plain.config["network"] == "plain"
