"""Damaged tables of own pairs: 700 inputs to ``manifest import premixed``. A list of files that are here, or none."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from sepbench import audio
from sepbench.errors import SepbenchError
from sepbench.manifest import load
from sepbench.protocols.pair_table import PairTable
from sepbench.protocols.premixed import import_own_pairs
from sepbench.suite import load_suite
from tests.fuzz.guarding import assert_well_ended, command, each, result_of, writing_only_in
from tests.fuzz.mutations import PATHS, batches, damaged

IMPORTED, COMMANDS = batches(130, 500), batches(20, 50)
ROWS = (
    "id,prompt,recording,class",
    'a,"a dog, barking",freesound:1,dog',
    "b,rain on a roof,freesound:2,rain",
    'sub/c,"a siren",freesound:3,siren',
)
WRITTEN = {"l.jsonl", "l.meta.json", "l.toml", "l.items.csv"}


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sounds")
    for number, name in enumerate(("a", "b", "sub/c"), start=1):
        audio.write(folder / f"{name}.wav", np.full(80, 0.1 * number, np.float32), 8000)
    audio.write(folder.parent / "outside.wav", np.full(80, 0.5, np.float32), 8000)
    return folder


def table(random: Random) -> bytes:
    """A damaged table, or one with a hostile path, or with a line very often."""
    whole = "\n".join([*ROWS, ""]).encode()
    done = random.randrange(4)
    if done == 0:
        name = random.choice((*PATHS, "../outside", "sub/../../outside", "link/../a", "./a", "a.wav/b"))
        return whole.replace(b"\nb,", b"\n" + name.encode(errors="surrogatepass") + b",")
    if done == 1:
        return whole + b"a,x,y,z\n" * random.choice((1, 40))
    return damaged(random, whole)


def assert_a_list(folder: Path) -> None:
    """The list reads back, belongs to its suite, and names nothing but the sounds that are here."""
    made = load(folder / "l.jsonl")
    assert load_suite(folder / "l.toml").manifests[0].mixtures == made.mixtures
    named = {clip for mixture in made.mixtures for _, clip in mixture.files}
    assert named <= {"l/a.wav", "l/b.wav", "l/sub/c.wav"} | {f"l/./{one}.wav" for one in ("a", "b", "sub/c")}
    assert {path.name for path in folder.iterdir()} == WRITTEN


@pytest.mark.parametrize("seeds", IMPORTED)
def test_imported(sounds: Path, tmp_path: Path, seeds: range) -> None:
    def check(seed: int) -> bool:
        folder = tmp_path / str(seed)
        folder.mkdir()
        (folder / "pairs.csv").write_bytes(table(Random(f"table {seed}")))
        wanted = PairTable(folder / "pairs.csv", sounds, "{id}.wav", "{id}.wav", "prompt", "recording", "class")
        found = result_of(lambda: import_own_pairs(wanted, folder / "out" / "l.jsonl"))
        if isinstance(found, SepbenchError):
            assert not (folder / "out").exists()
            return False
        assert_a_list(folder / "out")
        return True

    with writing_only_in(tmp_path, tmp_path.parent):
        each(seeds, check, share=0.05)


@pytest.mark.parametrize("seeds", COMMANDS)
def test_the_command(sounds: Path, tmp_path: Path, seeds: range) -> None:
    def check(seed: int) -> bool:
        folder = tmp_path / str(seed)
        folder.mkdir()
        (folder / "pairs.csv").write_bytes(table(Random(f"command {seed}")))
        words = ["manifest", "import", "premixed", "--csv", "pairs.csv", "--root", str(sounds), "--query", "prompt"]
        paths = ["--mixture", "{id}.wav", "--target", "{id}.wav", "-o", "out/l.jsonl"]
        ended = command([*words, *paths], folder)
        assert_well_ended(ended)
        assert {path.name for path in folder.iterdir()} == ({"pairs.csv", "out"} if ended.code == 0 else {"pairs.csv"})
        return ended.code == 0

    with writing_only_in(tmp_path, tmp_path.parent):
        each(seeds, check)


def test_a_path_longer_than_any_systems_is_a_line_of_the_table(sounds: Path, tmp_path: Path) -> None:
    """Names of 200 letters each are fine; thirty of them in a row the system would not even look for."""
    (tmp_path / "pairs.csv").write_text(f"id,prompt\n{'/'.join(['x' * 200] * 30)},dog\n")
    wanted = PairTable(tmp_path / "pairs.csv", sounds, "{id}.wav", "{id}.wav", "prompt")
    found = result_of(lambda: import_own_pairs(wanted, tmp_path / "l.jsonl"))
    assert isinstance(found, SepbenchError) and "pairs.csv, line 2" in found.what
