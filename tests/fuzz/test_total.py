"""How much is fuzzed: over 8,000 inputs, over 2,000 of them whenever the tests run.

| file               | what is damaged, and what reads it                                              | inputs |
|--------------------|---------------------------------------------------------------------------------|-------:|
| `test_frames`      | frames of a worker and to a worker: the harness's channel, `receive`, processes |  2,030 |
| `test_manifests`   | lists and meta files, hashes wrong or right: `load`, `manifest verify`, `run`   |  1,990 |
| `test_run_folders` | rows, ``run.json``, ``summary.json``: the store, averages, resuming, `report`   |  1,820 |
| `test_sounds`      | headers of WAV and eleven other formats: `audio.read`, `score --estimates`      |  1,646 |
| `test_toml`        | suites, recipes, adapters: their readers, and `run`                             |  1,400 |
| `test_pair_tables` | CSV files of own pairs: `manifest import premixed`                              |    700 |

Every file's own docstring gives its number; here they are counted.
"""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import pytest

from tests.fuzz import test_frames, test_manifests, test_pair_tables, test_run_folders, test_sounds, test_toml

FILES = (test_frames, test_manifests, test_pair_tables, test_run_folders, test_sounds, test_toml)


def portions(file: ModuleType) -> list[Any]:
    """The parameters of all its fuzz tests."""
    tests = [test for name, test in vars(file).items() if name.startswith("test_")]
    marks = [mark for test in tests for mark in getattr(test, "pytestmark", ()) if mark.args[:1] == ("seeds",)]
    return [portion for mark in marks for portion in mark.args[1]]


def count(file: ModuleType, *, slow: bool) -> int:
    """Seeds of those portions that are, or are not, left to ``-m slow``."""
    return sum(len(one.values[0]) for one in portions(file) if bool(one.marks) == slow)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.__name__.rpartition(".")[2])
def test_a_file_makes_as_many_inputs_as_it_says(file: ModuleType) -> None:
    stated = re.search(r"([\d,]+) inputs", str(file.__doc__))
    assert stated is not None
    total = count(file, slow=False) + count(file, slow=True)
    assert int(stated[1].replace(",", "")) == total
    (row,) = (line for line in str(__doc__).splitlines() if f"`{file.__name__.rpartition('.')[2]}`" in line)
    assert f"{total:,}" in row


def test_over_five_thousand_in_all() -> None:
    assert sum(count(file, slow=False) for file in FILES) >= 1500
    assert sum(count(file, slow=slow) for file in FILES for slow in (False, True)) >= 5000
