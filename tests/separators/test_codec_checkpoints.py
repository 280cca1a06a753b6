"""CodecSep, SDCodec, CodecFormer and TDANet from files in their published form to an estimate, at small widths."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.audio import Audio  # noqa: E402
from sepbench.cli.app import main  # noqa: E402
from sepbench.errors import SeparatorFailure, SepbenchError  # noqa: E402
from sepbench.separators.discovery import find_models  # noqa: E402
from sepbench.separators.runner import checked, open_runner  # noqa: E402
from sepbench.separators.separator import Request  # noqa: E402
from sepbench.separators.weight_files import require_weights  # noqa: E402
from tests.separators import published_files  # noqa: E402
from tests.separators.published_files import CODEC, MASKER, TDANET, TEXT  # noqa: E402

SAMPLES = 1601
SMALL: dict[str, dict[str, Any]] = {
    "codecsep": {**CODEC, "masker": MASKER, "text": TEXT},
    "codecsep:code-stream": {**CODEC, "masker": MASKER, "text": TEXT},
    "sdcodec": CODEC,
    "codecformer": {**CODEC, "masker": MASKER},
    "tdanet": {"size": {"window": 64, "iterations": 2, **TDANET}},
    "tdanet:ms2": {"size": {"window": 32, "iterations": 2, **TDANET}},
}
LAST = "decoder.model.6."
"""Descript's last convolution; only a hyperbolic tangent, which is odd, comes after it."""

Tensors = dict[str, Any]
Change = Callable[[Tensors], Tensors]


def unchanged(tensors: Tensors) -> Tensors:
    return tensors


def without(key: str) -> Change:
    return lambda tensors: {name: tensor for name, tensor in tensors.items() if name != key}


def with_one_more(key: str) -> Change:
    return lambda tensors: {**tensors, key: torch.zeros(3)}


def in_parallel(tensors: Tensors) -> Tensors:
    """As a trainer on several devices leaves it that saves its wrapper with the model."""
    return {f"module.{name}": tensor for name, tensor in tensors.items()}


class Place:
    """A folder of weights, and what puts published files into it."""

    def __init__(self, folder: Path) -> None:
        self.weights, self._given = folder / "weights", folder / "run"

    def codecsep(self, change: Change = unchanged, name: str = "ckpt_final/ckpt_model_final.pth") -> None:
        self._converted("codecsep", change(published_files.codecsep()), name)
        if not (self.weights / "roberta-base").is_dir():
            published_files.write_vocabulary(self.weights / "roberta-base")

    def sdcodec(self, change: Change = unchanged) -> None:
        self._converted("sdcodec", change(published_files.sdcodec()), "ckpt_final/ckpt_model_final.pth")

    def code_stream(self, change: Change = unchanged) -> None:
        self.codecsep()
        self.sdcodec(change)

    def codecformer(self, change: Change = unchanged, codec: Change = unchanged) -> None:
        self._saved("codecformer/masker.ckpt", change(published_files.codecformer()))
        metadata = {"kwargs": {"encoder_dim": 64, "encoder_rates": [2, 4, 5, 8], "sample_rate": 16000}}
        wrapped = {"state_dict": codec(published_files.descript_16khz()), "metadata": metadata}
        self._saved("codecformer/weights_16khz.pth", wrapped)

    def tdanet(self, change: Change = unchanged, name: str = "tdanet_best_4ms") -> None:
        tensors = change(published_files.tdanet(name))
        content = {"model_name": "TDANetBest", "state_dict": tensors, "model_args": {"out_channels": 128}}
        self._saved(f"tdanet/pytorch_model-{name[-3:]}.bin", content)

    def _converted(self, weights: str, tensors: Tensors, name: str) -> None:
        """By the command, out of the folder that a trainer leaves: its settings stand beside the file."""
        given = self._given / weights / name
        given.parent.mkdir(parents=True, exist_ok=True)
        (self._given / weights / ".hydra").mkdir(exist_ok=True)
        (self._given / weights / ".hydra" / "config.yaml").write_text("sampling_rate: 16000\n")
        torch.save(tensors, given)
        sys.argv = ["sepbench", "weights", "convert", weights, "--from", str(given)]
        try:
            main()
        except SystemExit as end:
            if end.code:
                raise
        given.unlink()

    def _saved(self, name: str, content: object) -> None:
        path = self.weights / name
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(content, path)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A folder of weights of its own."""
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    monkeypatch.setattr(sys, "argv", ["sepbench"])
    yield Place(tmp_path)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As a worker has, so that its answers are the same to the last bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def asked(rate: int) -> Request:
    wanted, rest = (0.1 * np.random.default_rng(3).standard_normal((2, SAMPLES))).astype(np.float32)
    return Request("m.0", wanted + rest, rate, "speech", "extract", (), (wanted, rest))


def answers(name: str, runtime: str = "inline", times: int = 1) -> list[Audio]:
    """What the model says to one question, asked so often of one that was opened once."""
    (model,) = find_models([name])
    require_weights(model)
    model = replace(model, file=replace(model.file, runtime=runtime))
    request = asked(model.file.sample_rate or 0)
    config: dict[str, object] = {**model.config, **SMALL[name]}
    with contextlib.closing(open_runner(model, config=config, device="cpu")) as runner:
        found = [checked([request], runner.separate([request]))[0] for _ in range(times)]
    for estimate in found:
        assert len(estimate.audio) == SAMPLES and estimate.sample_rate == request.sample_rate
        assert np.isfinite(estimate.audio).all() and np.ptp(estimate.audio) > 1e-4
    return [estimate.audio for estimate in found]


PUT: dict[str, Callable[..., None]] = {
    "codecsep": Place.codecsep,
    "codecsep:code-stream": Place.code_stream,
    "sdcodec": Place.sdcodec,
    "codecformer": Place.codecformer,
    "tdanet": Place.tdanet,
    "tdanet:ms2": lambda place: place.tdanet(name="tdanet_best_2ms"),
}


@pytest.mark.parametrize("name", PUT)
def test_the_published_form_separates_and_does_so_again(name: str, place: Place) -> None:
    PUT[name](place)
    first, second = answers(name, times=2)
    (third,) = answers(name)
    assert np.array_equal(first, second) and np.array_equal(first, third)


def test_a_worker_reads_the_same(place: Place) -> None:
    place.sdcodec()
    (inside,), (outside,) = answers("sdcodec"), answers("sdcodec", runtime="worker")
    assert np.array_equal(inside, outside)


@pytest.mark.parametrize("name", ["codecsep", "codecsep:code-stream", "sdcodec"])
def test_both_namings_of_weight_norm_hold_the_same_weights(name: str, place: Place) -> None:
    PUT[name](place)
    (newer,) = answers(name)
    if name != "sdcodec":
        place.codecsep(published_files.older_names, "ckpt_best/pytorch_model.bin")
    if name != "codecsep":
        place.sdcodec(published_files.older_names)
    assert np.array_equal(answers(name)[0], newer)


@pytest.mark.parametrize("name", ["codecsep", "sdcodec"])
def test_the_last_gain_of_the_file_is_heard(name: str, place: Place) -> None:
    """Without a bias before the tangent, the opposite gain gives the opposite waveform."""

    def turned(sign: float) -> Change:
        gain = f"{LAST}parametrizations.weight.original0"
        return lambda tensors: {**tensors, f"{LAST}bias": torch.zeros(1), gain: sign * tensors[gain]}

    estimates = []
    for sign in (1.0, -1.0):
        getattr(place, name)(turned(sign))
        estimates += answers(name)
    assert np.array_equal(estimates[0], -estimates[1])


def test_a_decoder_twice_as_loud_is_heard_twice_as_loud(place: Place) -> None:
    place.tdanet()
    (once,) = answers("tdanet")
    place.tdanet(lambda tensors: {**tensors, "decoder.weight": 2 * tensors["decoder.weight"]})
    assert np.array_equal(answers("tdanet")[0], 2 * once)


BOOK = "quantizer.rvq_dict.speech.quantizers.11.codebook.weight"
UNKNOWN = {
    "codecsep": "separator.block.layers.16.ffn.3.weight",
    "codecsep:code-stream": "quantizer.rvq_dict.speech.quantizers.12.codebook.weight",
    "sdcodec": "decoder.model.7.alpha",
    "codecformer": "output_gate.1.alpha",
    "tdanet": "sm.unet.spp_dw.5.conv.bias",
}
MISSING = {
    "codecsep": "text_encoder.model.text_projection.2.bias",
    "codecsep:code-stream": BOOK,
    "sdcodec": f"{LAST}bias",
    "codecformer": "output_gate.0.bias",
    "tdanet": "ln.gamma",
}


def refusal(name: str) -> str:
    with pytest.raises(SepbenchError) as refused:
        answers(name)
    return str(refused.value)


@pytest.mark.parametrize(("name", "key"), UNKNOWN.items())
def test_a_key_that_nobody_knows_is_refused_by_name(name: str, key: str, place: Place) -> None:
    PUT[name](place, with_one_more(key))
    assert f"unknown {key.removeprefix('quantizer.') if 'stream' in name else key}" in refusal(name)


@pytest.mark.parametrize(("name", "key"), MISSING.items())
def test_a_key_that_is_not_there_is_refused_by_name(name: str, key: str, place: Place) -> None:
    PUT[name](place, without(key))
    shown = {"codecsep": "text_projection.2.bias", "codecsep:code-stream": BOOK.removeprefix("quantizer.")}
    assert f"missing {shown.get(name, key)}" in refusal(name)


def test_half_a_pair_of_weight_norm_is_refused_by_both_names(place: Place) -> None:
    place.codecformer(codec=without(f"{LAST}weight_g"))
    assert f"unknown {LAST}weight_v; missing {LAST}weight" in refusal("codecformer")


def test_what_no_prompt_passes_through_is_not_kept(place: Place) -> None:
    """The transformer's second copy, CLAP's tower of sounds, and the training's jitter."""
    from sepbench.networks.state_dict import read_tensors

    place.code_stream()
    written = {path.parent.name: set(read_tensors(path)) for path in place.weights.rglob("*.safetensors")}
    codecsep, sdcodec = published_files.codecsep(), published_files.sdcodec()
    read = (
        "encoder.",
        "decoder.",
        "separator.",
        "film.",
        "text_encoder.model.text_branch.",
        "text_encoder.model.text_projection.",
    )
    assert written["codecsep"] == {key for key in codecsep if key.startswith(read)}
    assert sum(key.startswith("transformer_encoder.") for key in codecsep) == 16 * 12
    assert sdcodec.keys() - written["sdcodec"] == {
        f"quantizer.jitter_dict.{stem}.prob" for stem in ("speech", "music", "sfx")
    }


@pytest.mark.parametrize("name", ["codecformer", "tdanet"])
def test_the_wrapper_of_several_devices_is_refused_by_name(name: str, place: Place) -> None:
    PUT[name](place, in_parallel)
    assert "unknown module." in refusal(name)


@pytest.mark.parametrize("name", ["codecsep", "sdcodec"])
def test_the_conversion_refuses_it_too(name: str, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        PUT[name](place, in_parallel)
    assert ended.value.code == 2
    assert "no names that begin with encoder., decoder." in capsys.readouterr().err
    assert not list(place.weights.rglob("*.safetensors"))


def test_the_papers_tdanet_is_not_the_published_one(place: Place) -> None:
    place.tdanet(lambda _: published_files.tdanet("tdanet_4ms"))
    assert "missing ln.beta, ln.gamma" in refusal("tdanet")


def test_a_worker_says_why_a_file_is_refused(place: Place) -> None:
    place.sdcodec(without(f"{LAST}bias"))
    with pytest.raises(SeparatorFailure, match=r"do not fit SdCodec: given missing decoder\.model\.6\.bias"):
        answers("sdcodec", runtime="worker")
