"""``sepbench weights convert`` on a checkpoint of AudioSep's form and a small network's size, up to its estimates."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.cli.app import main  # noqa: E402
from sepbench.errors import SepbenchError  # noqa: E402
from sepbench.networks.clap_text import ClapText, TextSize  # noqa: E402
from sepbench.networks.resunet30 import AUDIOSEP_32K, ResUNet30  # noqa: E402
from sepbench.separators.discovery import find_models  # noqa: E402
from sepbench.separators.inline import load_separator  # noqa: E402
from sepbench.separators.separator import Request  # noqa: E402
from sepbench.separators.weight_files import require_weights  # noqa: E402
from tests.cli.test_program import sepbench  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

SHIPPED = Path(__file__).parent.parent.parent / "adapters" / "audiosep"
WIDTHS = [4, 4, 6, 6, 8, 8]
TEXT = {"vocabulary": 40, "width": 24, "layers": 1, "heads": 3, "feed_forward": 48}
LETTERS = ["<s>", "<pad>", "</s>", "<unk>", *"abcdefghijklmnopqrstuvwxyz", "<mask>"]
Program = Callable[..., tuple[int, str, str]]


def checkpoint() -> dict[str, Any]:
    """Everything that a trainer leaves in such a file; the text side's names are as an older transformers gave them."""
    separator, text = seed(ResUNet30(AUDIOSEP_32K, widths=WIDTHS)), seed(ClapText(TextSize(**TEXT)))
    dft = {key: torch.zeros(shape) for key, shape in separator.fixed.items()}
    clap = {
        **text.state_dict(),
        "text_branch.embeddings.position_ids": torch.arange(514)[None],
        "audio_branch.bn0.weight": torch.ones(64),
    }
    return {
        "epoch": 7,
        "state_dict": {f"ss_model.{key}": value for key, value in (separator.state_dict() | dft).items()}
        | {f"query_encoder.model.{key}": value for key, value in clap.items()},
        "optimizer_states": [{"state": torch.zeros(1000)}],
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped adapter, told of a small checkpoint that stands in ``mine/small.ckpt``; the vocabulary is here."""
    monkeypatch.delenv("SEPBENCH_WEIGHTS", raising=False)
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    (tmp_path / "mine").mkdir()
    torch.save(checkpoint(), tmp_path / "mine" / "small.ckpt")
    vocabulary = tmp_path / "cache" / "weights" / "roberta-base"
    vocabulary.mkdir(parents=True)
    (vocabulary / "vocab.json").write_text(json.dumps({sign: n for n, sign in enumerate(LETTERS)}))
    (vocabulary / "merges.txt").write_text("#version: 0.2\n")
    shutil.copytree(SHIPPED, tmp_path / "adapters" / "small")
    toml = tmp_path / "adapters" / "small" / "adapter.toml"
    content = (tmp_path / "mine" / "small.ckpt").read_bytes()
    text = toml.read_text().replace("bytes = 1264844076", f"bytes = {len(content)}")
    text = re.sub(r'(?m)^sha256 = "f8cd\w+"', f'sha256 = "{hashlib.sha256(content).hexdigest()}"', text)
    text = re.sub(r"(?m)^widths = \[32.*", f"widths = {WIDTHS}", text)
    sizes = ", ".join(f"{name} = {value}" for name, value in TEXT.items())
    toml.write_text(re.sub(r"(?m)^text = \{ vocabulary = 50265.*", f"text = {{ {sizes} }}", text))
    return tmp_path


@pytest.fixture
def program(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The command, without a process of its own."""

    def run(*words: str) -> tuple[int, str, str]:
        adapters = ["--adapters", str(folder / "adapters")]
        monkeypatch.setattr(sys, "argv", ["sepbench", "weights", *words, *adapters])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def estimate(folder: Path) -> np.ndarray:
    (model,) = find_models(["small"], [folder / "adapters"])
    require_weights(model)
    adapter = load_separator(model)
    adapter.load(model.config, "cpu")
    mixture = (0.1 * np.random.default_rng(1).standard_normal(9000)).astype(np.float32)
    (found,) = adapter.separate([Request("one", mixture, 32000, "dog", "extract")])
    return found.audio


def test_a_file_that_the_user_has_is_checked_converted_once_and_separates(folder: Path, program: Program) -> None:
    given, made = folder / "mine" / "small.ckpt", folder / "cache/weights/audiosep/audiosep_base_4M_steps.safetensors"
    assert program("convert", "small", "--from", str(given)) == (0, f"converted {made}\n", "")
    assert made.stat().st_size < given.stat().st_size / 5
    written = made.stat().st_mtime_ns
    given.unlink()
    assert program("convert", "small") == (0, f"here already: {made}\n", "")
    assert made.stat().st_mtime_ns == written
    (listed,) = [one for one in json.loads(program("list", "small", "--json")[1]) if one["file"].endswith(".ckpt")]
    assert (listed["path"], listed["converted"]) == (None, str(made))
    assert "converted:" in program("list", "small")[1]
    separator, text = seed(ResUNet30(AUDIOSEP_32K, widths=WIDTHS)), seed(ClapText(TextSize(**TEXT)))
    mixture = torch.from_numpy((0.1 * np.random.default_rng(1).standard_normal(9000)).astype(np.float32))
    tokens = torch.tensor([[0, *(LETTERS.index(letter) for letter in "dog"), 2]])
    with torch.inference_mode():
        wanted = separator(mixture[None, None], text(tokens, torch.ones_like(tokens)))[0, 0].numpy()
    assert np.abs(estimate(folder) - wanted).max() < 1e-6
    assert np.abs(wanted).max() > 1e-3


def test_a_missing_file_is_one_line_with_the_command(folder: Path, program: Program) -> None:
    with pytest.raises(SepbenchError, match="weights of small are not here") as missing:
        estimate(folder)
    assert missing.value.remedy == "sepbench weights fetch small && sepbench weights convert small"
    code, _, said = program("convert", "small")
    assert code == 2 and said.splitlines()[1] == "  try: sepbench weights fetch small"
    fetched = folder / "cache" / "weights" / "audiosep" / "audiosep_base_4M_steps.ckpt"
    fetched.parent.mkdir()
    shutil.copy(folder / "mine" / "small.ckpt", fetched)
    with pytest.raises(SepbenchError) as unconverted:
        estimate(folder)
    assert unconverted.value.remedy == "sepbench weights convert small"
    assert program("convert", "small")[0] == 0 and len(estimate(folder)) == 9000


def test_another_file_is_refused_before_it_is_read(folder: Path, program: Program) -> None:
    other = folder / "mine" / "other.ckpt"
    content = bytearray((folder / "mine" / "small.ckpt").read_bytes())
    content[-1] ^= 1
    other.write_bytes(content)
    code, _, said = program("convert", "small", "--from", str(other))
    assert code == 2 and f"{other} is not the official file of small: given sha256" in said
    assert not (folder / "cache" / "weights" / "audiosep").exists()


def test_what_was_converted_from_another_file_is_refused_and_made_anew(folder: Path, program: Program) -> None:
    given = str(folder / "mine" / "small.ckpt")
    program("convert", "small", "--from", given)
    toml = folder / "adapters" / "small" / "adapter.toml"
    released = toml.read_text()
    toml.write_text(re.sub(r'(?m)^sha256 = "[0-9a-f]{64}"', f'sha256 = "{"0" * 64}"', released, count=1))
    with pytest.raises(SepbenchError, match="not converted from the official file of small") as stale:
        estimate(folder)
    assert stale.value.remedy == "sepbench weights convert small"
    assert "is not the official file" in program("convert", "small", "--from", given)[2]
    toml.write_text(released)
    assert program("convert", "small", "--from", given)[1].startswith("here already")


def test_names_that_have_nothing_to_convert(program: Program) -> None:
    assert "error: nothing to convert: given roberta-base" in program("convert", "roberta-base")[2]
    assert "error: no weights of that name: given smal" in program("convert", "smal")[2]


def test_fetching_says_what_comes_next_and_variants_are_listed(folder: Path, program: Program) -> None:
    fetched = folder / "cache" / "weights" / "audiosep" / "audiosep_base_4M_steps.ckpt"
    fetched.parent.mkdir()
    shutil.copy(folder / "mine" / "small.ckpt", fetched)
    listed = json.loads(program("list", "small", "small:dcase16k", "--json")[1])
    by_file = {Path(entry["file"]).name: entry["by"] for entry in listed}
    assert by_file["audiosep_base_4M_steps.ckpt"] == ["small"]
    assert by_file["audiosep_16k,baseline,step=200000.ckpt"] == ["small:dcase16k"]
    assert {"small", "small:dcase16k"} <= set(by_file["vocab.json"])


def test_a_run_is_refused_before_any_work_and_one_that_goes_on_is_told(folder: Path) -> None:
    out = folder / "run"
    words = ["run", "--models", "small", "--suite", "demo", "--limit", "1", "--out", str(out)]
    environment = {"SEPBENCH_CACHE": str(folder / "cache")}
    refused = sepbench(*words, "--adapters", str(folder / "adapters"), environment=environment)
    assert refused.returncode == 2 and not out.exists()
    error, remedy = refused.stderr.splitlines()
    assert error.startswith("error: weights of small are not here: given ")
    assert remedy == "  try: sepbench weights fetch small && sepbench weights convert small"
    words[2] = "mixture"
    assert sepbench(*words, environment=environment).returncode == 0
    words[2] = "small"
    told = sepbench(*words, "--adapters", str(folder / "adapters"), environment=environment)
    assert told.returncode == 3 and "unavailable: small: weights of small are not here" in told.stderr
