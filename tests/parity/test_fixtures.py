"""Our code against outputs of the originals."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parity.cases import CASES
from tests.parity.check import main

FIXTURES = Path(__file__).parent / "fixtures"
WITHOUT_NETWORK = {"eventsep_ensembles", "eventsep_labels"}
FAST = {
    "audiosep_resunet30_dcase16k",
    "clipsep_nit",
    "eventsep_masks",
    "flowsep_bigvgan_plain",
    "flowsep_bigvgan_weightnorm",
    "flowsep_logmel",
}


def cases() -> list[object]:
    marks = {name: [] if name in WITHOUT_NETWORK | FAST else [pytest.mark.slow] for name in CASES}
    return [pytest.param(name, marks=marks[name]) for name in sorted(CASES)]


@pytest.mark.parametrize("name", cases())
def test_our_outputs_are_the_originals(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    if name not in WITHOUT_NETWORK:
        pytest.importorskip("torch")
    assert main([str(FIXTURES / f"{name}.visible.npz")]) == 0, capsys.readouterr().out


def test_every_fixture_has_its_case() -> None:
    assert {path.name.partition(".")[0] for path in FIXTURES.glob("*.npz")} == CASES.keys()
