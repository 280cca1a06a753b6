"""``sepbench list models``: whose code runs, whether its weights can be had, and no system left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sepbench.separators.spec import load_model
from tests.cli.in_process import sepbench_here
from tests.cli.test_program import sepbench

HSM_TSS = {"hsm_tss", "lass_net", "clipsep", "bimodalsep", "audiosep"}
CODECSEP = {"codecsep", "audiosep", "sdcodec", "codecformer", "tdanet", "sudo_rm_rf"}
EVENTSEP = {"eventsep", "audiosep", "flowsep"}
UPSTREAM = {"clapsep", "sam_audio", "soloaudio", "sudo_rm_rf", "zerosep"}
TOML = 'title = "T"\nparadigm = "mask"\nlicence = "MIT"\n'
WEIGHTS = '[[weights]]\nurl = "https://a.example/{0}"\nfile = "{0}"\nlicence = "MIT"\n'


def listed(*words: str) -> dict[str, dict[str, Any]]:
    done = sepbench("list", "models", "--json", *words)
    assert done.returncode == 0, done.stderr
    return {model["name"]: model for model in json.loads(done.stdout)}


def test_every_system_says_whose_code_runs_and_whether_its_weights_can_be_had() -> None:
    found = listed()
    assert found.keys() >= HSM_TSS | CODECSEP | EVENTSEP | UPSTREAM
    assert {name for name, model in found.items() if model["state"] == "worker"} == UPSTREAM
    assert {model["state"] for model in found.values()} == {"native", "worker"}
    of = {name: model["weights"] for name, model in found.items()}
    unpublished = {name for name, state in of.items() if state == "unpublished"}
    assert unpublished == {"codecsep", "codecformer", "hsm_tss", "sudo_rm_rf"}
    assert {name for name, state in of.items() if state == "on request"} == {"sam_audio"}
    without = {name for name, state in of.items() if state == "none needed"}
    assert {"mixture", "silence", "oracle-irm", "ground-truth", "nmf", "template"} <= without
    assert without.isdisjoint(HSM_TSS | CODECSEP | EVENTSEP | UPSTREAM)


def test_the_table_shows_them() -> None:
    lines = sepbench("list", "models").stdout.splitlines()
    (header,) = (line for line in lines if "paradigm" in line)
    assert "state" in header and "weights" in header
    (line,) = (line for line in lines if line.split()[:1] == ["sam_audio"])
    assert "worker" in line and "on request" in line


@pytest.mark.parametrize(
    ("toml", "state", "weights"),
    [
        (TOML, "native", "none needed"),
        (TOML + WEIGHTS.format("a"), "native", "public"),
        (
            TOML + WEIGHTS.format("a") + WEIGHTS.format("b") + 'availability = "on request"\n',
            "native",
            "on request",
        ),
        (
            f'{TOML}{WEIGHTS.format("a")}availability = "unpublished"\n'
            f'{WEIGHTS.format("b")}availability = "on request"\n',
            "native",
            "unpublished",
        ),
        (TOML + 'runtime = "worker"\n', "native", "none needed"),
        (TOML + 'runtime = "worker"\npython = ".venv"\n', "worker", "none needed"),
        (TOML + 'runtime = "command"\ncommand = "true"\n', "command", "none needed"),
    ],
)
def test_a_model_is_as_available_as_its_rarest_file(tmp_path: Path, toml: str, state: str, weights: str) -> None:
    (tmp_path / "adapter.toml").write_text(toml)
    model = load_model(tmp_path)
    assert (model.state, model.weights_state) == (state, weights)


def test_a_model_is_as_available_as_what_it_is_made_of(tmp_path: Path) -> None:
    for name, text in (
        ("base", TOML + WEIGHTS.format("a") + 'availability = "on request"\n'),
        ("made", TOML + '[config]\nbases = ["base"]\n'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "adapter.toml").write_text(text)
    assert listed("--adapters", str(tmp_path))["made"]["weights"] == "on request"


def test_suites_say_which_lists_a_run_has_yet_to_build() -> None:
    """Where a corpus's publisher alone may hand out what a list needs, the count of items leaves that list out."""
    lines = sepbench_here("list", "suites", cwd=Path.cwd()).stdout.splitlines()
    (line,) = (line for line in lines if line.split()[:1] == ["open_domain"])
    assert "open_domain/clotho, open_domain/fsd50k" in line
    (whole,) = (line for line in lines if line.split()[:1] == ["demo"])
    assert whole.split()[-3:] == ["44", "93", "16000"]
