"""Any damage to a list's file is a clear error or another valid list, and nothing else is left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench import audio
from sepbench.errors import SepbenchError
from sepbench.manifest import Manifest, load
from sepbench.protocols.audiosep_lists import read_list
from sepbench.protocols.audiosep_manifests import import_pairs, import_premixed
from sepbench.protocols.dcase2024_t9 import import_list
from sepbench.protocols.pair_table import PairTable
from sepbench.protocols.premixed import import_own_pairs
from tests.protocols.tiny_lists import DCASE, LISTS, OWN, content

WRITTEN = {"l.jsonl", "l.meta.json"}


@dataclass(frozen=True)
class Damage:
    """Bytes taken out of a file, and others put in their place."""

    position: int
    removed: int
    inserted: bytes

    def done_to(self, whole: bytes) -> bytes:
        start = self.position % (len(whole) + 1)
        return whole[:start] + self.inserted + whole[start + self.removed :]


HARMFUL = (b"../", b"/", b"\0", b'"', b",", b"\r", b"\n", b"\xe2\x80\xa8", b"\xc2\x85", b"\\", b":", b"-1")
HARMLESS = (b"", b"a", b"7", b" ", "ü".encode())
PUT = st.sampled_from(HARMLESS) | st.sampled_from(HARMFUL) | st.binary(max_size=2)
DAMAGES = st.lists(
    st.builds(Damage, st.integers(0, 2000), st.integers(0, 1) | st.integers(0, 3), PUT), min_size=1, max_size=2
)


def assert_error_or_list(
    folder: Path, whole: bytes, damages: list[Damage], make: Callable[[Path, Path], Manifest], written: set[str]
) -> None:
    for damage in damages:
        whole = damage.done_to(whole)
    table, out = folder / "list.csv", folder / "out"
    table.write_bytes(whole)
    try:
        made = make(table, out / "l.jsonl")
        assert load(out / "l.jsonl").mixtures == made.mixtures
        assert {path.name for path in out.iterdir()} == written
    except SepbenchError as error:
        assert error.what and error.remedy and not out.exists()
    assert {path.name for path in folder.iterdir()} <= {"list.csv", "out"}


@pytest.mark.parametrize("name", LISTS)
@settings(max_examples=150, deadline=None)
@given(damages=DAMAGES, premixed=st.booleans())
def test_damaged_lists_of_audiosep(
    tmp_path_factory: pytest.TempPathFactory, name: str, damages: list[Damage], premixed: bool
) -> None:
    def make(table: Path, output: Path) -> Manifest:
        found = read_list(name, table)
        return import_premixed(found, output) if premixed else import_pairs(found, output, snr_db=0.0)

    assert_error_or_list(tmp_path_factory.mktemp("damaged"), content(LISTS[name]), damages, make, WRITTEN)


@settings(max_examples=150, deadline=None)
@given(damages=DAMAGES)
def test_damaged_table_of_dcase(tmp_path_factory: pytest.TempPathFactory, damages: list[Damage]) -> None:
    assert_error_or_list(tmp_path_factory.mktemp("damaged"), content(DCASE), damages, import_list, WRITTEN)


@settings(max_examples=150, deadline=None)
@given(damages=DAMAGES)
def test_damaged_table_of_own_pairs(
    tmp_path_factory: pytest.TempPathFactory, own_audio: Path, damages: list[Damage]
) -> None:
    def make(table: Path, output: Path) -> Manifest:
        wanted = PairTable(table, own_audio, "{id}.wav", "{id}.wav", "prompt", "recording", "class")
        return import_own_pairs(wanted, output)

    written = WRITTEN | {"l.toml", "l.items.csv"}
    assert_error_or_list(tmp_path_factory.mktemp("damaged"), content(OWN), damages, make, written)


@pytest.fixture(scope="module")
def own_audio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audio")
    for name in "ab":
        audio.write(folder / f"{name}.wav", np.full(80, 0.5, np.float32), 8000)
    return folder
