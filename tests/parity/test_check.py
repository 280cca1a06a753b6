"""The checker itself: what it must not let pass, and its exit codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.parity.check import main
from tests.parity.comparing import Tolerance, compare
from tests.parity.fixture import Array, Fixture

LABELS = Path(__file__).parent / "fixtures" / "eventsep_labels.visible.npz"
ENSEMBLES = Path(__file__).parent / "fixtures" / "eventsep_ensembles.visible.npz"


def altered(source: Path, folder: Path, change: Callable[[dict[str, Array]], None]) -> str:
    with np.load(source) as content:
        arrays = dict(content)
    change(arrays)
    path = folder / f"{source.name.partition('.')[0]}.other.npz"
    np.savez(path, **arrays)
    return str(path)


def wrong_label(arrays: dict[str, Array]) -> None:
    arrays["label_index"][3] += 1


def wrong_sample(arrays: dict[str, Array]) -> None:
    arrays["B_0"][7] += 2e-5


def wrong_sum_alone(arrays: dict[str, Array]) -> None:
    arrays["C_1__sum"] = arrays["C_1__sum"] + 0.5


def unknown_array(arrays: dict[str, Array]) -> None:
    arrays["F_0"] = arrays["A_0"]


def missing_input(arrays: dict[str, Array]) -> None:
    del arrays["flowsep_16k"]


def undecidable_prompt(arrays: dict[str, Array]) -> None:
    arrays["prompt"][3] = arrays["evaluator_prompt"][0] = "qq"


def input_of_another_form(arrays: dict[str, Array]) -> None:
    arrays["flowsep_16k"] = arrays["flowsep_16k"][None]


@pytest.mark.parametrize(
    ("source", "change", "told"),
    [
        (LABELS, wrong_label, "MISS label_index"),
        (LABELS, undecidable_prompt, "MISS route: 1 of 45 differ"),
        (LABELS, undecidable_prompt, "MISS evaluator_target: 1 of 44 differ"),
        (ENSEMBLES, wrong_sample, "MISS B_0: largest difference 2e-05"),
        (ENSEMBLES, wrong_sum_alone, "MISS C_1__sum"),
        (ENSEMBLES, unknown_array, "MISS F_0: nothing of ours computes this array"),
        (ENSEMBLES, input_of_another_form, "MISS eventsep_ensembles: ValueError: "),
        (ENSEMBLES, missing_input, "MISS eventsep_ensembles: an input is missing in the fixture"),
    ],
)
def test_one_wrong_thing_is_found_and_named(
    source: Path,
    change: Callable[[dict[str, Array]], None],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([altered(source, tmp_path, change)]) == 1
    assert told in capsys.readouterr().out


def test_other_files_go_on_after_a_miss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([altered(LABELS, tmp_path, wrong_label), str(LABELS)]) == 1
    assert "ok   label_index" in capsys.readouterr().out


def test_a_fixture_without_a_network_is_a_miss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "nosuchnet.visible.npz", y=np.zeros(3))
    assert main([str(tmp_path / "nosuchnet.visible.npz")]) == 1
    assert "MISS nosuchnet: no network of ours computes this fixture" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut"])
def test_a_broken_file_is_exit_2(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "eventsep_labels.npz").write_bytes(content)
    assert main([str(tmp_path / "eventsep_labels.npz")]) == 2
    assert "not a readable fixture" in capsys.readouterr().err


def test_a_lone_array_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "eventsep_labels.npy", np.zeros(3))
    assert main([str(tmp_path / "eventsep_labels.npy")]) == 2
    assert "not a readable fixture" in capsys.readouterr().err


@pytest.mark.parametrize("files", [[], ["--help"], ["absent.npz"], [__file__]])
def test_wrong_usage_is_exit_2(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(files) == 2
    assert capsys.readouterr().err


def test_nan_never_holds() -> None:
    fixture = Fixture("any", {"y": np.zeros(3)})
    assert not compare(fixture, "y", np.array([0.0, np.nan, 0.0]), Tolerance(absolute=1.0))[0].holds


def test_a_missing_axis_never_holds() -> None:
    fixture = Fixture("any", {"y": np.zeros((1, 3))})
    assert "shape (3,) for (1, 3)" in str(compare(fixture, "y", np.zeros(3), Tolerance(absolute=1.0))[0])
