"""Damaged lists: 1,990 inputs. What is read is what its own hashes say, and what is not is refused in one line."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sepbench.errors import SepbenchError
from sepbench.manifest import Manifest, load
from sepbench.protocols.verify import verify
from tests.fuzz.guarding import assert_well_ended, command, each, result_of, writing_only_in
from tests.fuzz.mutations import altered, batches, damaged, json_text

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
BYTES, SIGNED, VERIFIED, RUN = batches(200, 700), batches(200, 700), batches(30, 100), batches(6, 54)
LIST, META, SUITE = "small.jsonl", "small.meta.json", "small.toml"


def copied(originals: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name in (LIST, META, SUITE):
        shutil.copy(originals / name, folder / name)
    return folder


def hashed_again(rows: list[Any], meta: Any, folder: Path) -> None:
    """Write rows under ids that are the hash of what they hold, and the meta file with the hash of them all."""
    lines = [line(row) for row in rows]
    whole = b"".join(line + b"\n" for line in lines)
    (folder / LIST).write_bytes(whole)
    hashes = {"rows": len(lines), "content_hash": hashlib.sha256(whole).hexdigest()}
    (folder / META).write_bytes(json_text({**meta, **hashes} if isinstance(meta, dict) else meta))


def line(row: Any) -> bytes:
    """The row in canonical form under its own hash, where it has such a form."""
    if not isinstance(row, dict):
        return json_text(row)
    content = {key: value for key, value in row.items() if key != "id"}
    try:
        digest = hashlib.sha256(canonical(content)).hexdigest()[:16]
        return canonical({**content, "id": digest})
    except (TypeError, ValueError):  # what no JSON can say, and what is written as it is
        return json_text(row)


def canonical(row: dict[str, Any]) -> bytes:
    """Keys in order, no blanks, letters as they are."""
    return json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def assert_own_hashes(found: Manifest) -> None:
    """Every row that was read is a line of the file, under the hash of that line's content."""
    lines = found.path.read_bytes().removesuffix(b"\n").split(b"\n")
    assert hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest() == found.meta.content_hash
    for line, mixture in zip(lines, found.mixtures, strict=True):
        stated = json.loads(line)
        assert stated["id"] == mixture.id and stated["sample_rate"] == mixture.sample_rate
        assert [source["clip"] for source in stated["sources"]] == [source.clip for source in mixture.sources]
        assert [query.get("text") for query in stated["queries"]] == [query.text for query in mixture.queries]


@pytest.mark.parametrize("seeds", BYTES)
def test_damaged_bytes(originals: Path, tmp_path: Path, seeds: range) -> None:
    def check(seed: int) -> bool:
        random = Random(f"bytes {seed}")
        folder = copied(originals, tmp_path / "list")
        name = random.choice((LIST, LIST, META))
        (folder / name).write_bytes(damaged(random, (originals / name).read_bytes()))
        found = result_of(lambda: load(folder / LIST))
        if isinstance(found, SepbenchError):
            return False
        assert_own_hashes(found)
        return True

    with writing_only_in(tmp_path / "list", tmp_path):
        each(seeds, check)


def write_altered(random: Random, originals: Path, folder: Path) -> None:
    """One or two rows with other values under right hashes, or another meta file."""
    rows: list[Any] = [json.loads(line) for line in (originals / LIST).read_bytes().splitlines()]
    meta = json.loads((originals / META).read_bytes())
    if random.random() < 0.25:
        meta = altered(random, meta)
    else:
        at = random.randrange(len(rows))
        rows[at] = altered(random, rows[at])
    hashed_again(rows, meta, folder)


@pytest.mark.parametrize("seeds", SIGNED)
def test_other_values_under_right_hashes(originals: Path, tmp_path: Path, seeds: range) -> None:
    def check(seed: int) -> bool:
        random = Random(f"signed {seed}")
        folder = copied(originals, tmp_path / "list")
        write_altered(random, originals, folder)
        found = result_of(lambda: load(folder / LIST))
        if isinstance(found, SepbenchError):
            return False
        assert_own_hashes(found)
        result_of(lambda: verify(folder / LIST))
        return True

    with writing_only_in(tmp_path / "list", tmp_path):
        each(seeds, check, share=0.02)


@pytest.mark.parametrize("seeds", VERIFIED)
def test_the_command_that_verifies(originals: Path, tmp_path: Path, seeds: range) -> None:
    def check(seed: int) -> bool:
        random = Random(f"verified {seed}")
        folder = copied(originals, tmp_path / "list")
        if seed % 2:
            write_altered(random, originals, folder)
        else:
            (folder / LIST).write_bytes(damaged(random, (originals / LIST).read_bytes()))
        ended = command(["manifest", "verify", str(folder / LIST)], tmp_path)
        assert_well_ended(ended)
        return ended.code == 0

    with writing_only_in(tmp_path / "list", tmp_path):
        each(seeds, check)


@pytest.mark.parametrize("seeds", RUN)
def test_a_run_of_the_list(originals: Path, tmp_path: Path, seeds: range) -> None:
    def check(seed: int) -> bool:
        random = Random(f"run {seed}")
        folder = copied(originals, tmp_path / "list")
        write_altered(random, originals, folder)
        shutil.rmtree(folder / "run", ignore_errors=True)
        words = ["run", "--models", "mixture", "--suite", str(folder / SUITE), "--out", str(folder / "run")]
        ended = command([*words, "--on-missing", random.choice(("fail", "skip"))], tmp_path)
        assert_well_ended(ended)
        return ended.code == 0

    with writing_only_in(tmp_path / "list", tmp_path):
        each(seeds, check)


@pytest.mark.parametrize("text", ["null", "[]", "3", '{"id": 1}', "{" * 3000, '"' + "x" * 100_000])
def test_whole_documents_of_another_kind_are_named_by_line(originals: Path, tmp_path: Path, text: str) -> None:
    folder = copied(originals, tmp_path / "list")
    with (folder / LIST).open("a") as file:
        file.write(text + "\n")
    with pytest.raises(SepbenchError, match=r"small.jsonl, line 4"):
        load(folder / LIST)


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("common_gain", 0.0, "field common_gain: given 0.0; wanted a positive factor"),
        ("samples", 10**12, "field samples: given"),
        ("sample_rate", 1, "field sample_rate: given 1; wanted 1000 to 768000 Hz"),
        ("snr_db", 1e308, "within"),
        ("a\nb\x1b[2J", 1, r"field a\\nb\\x1b\[2J"),
        ("k" * 5000, 1, "field k{120}: given"),
    ],
)
def test_what_once_was_a_traceback_or_took_all_memory(
    originals: Path, tmp_path: Path, field: str, value: object, match: str
) -> None:
    """Rows whose hashes are right, and whose one value divided by zero, filled the memory, or broke the line."""
    folder = copied(originals, tmp_path / "list")
    first, *others = (json.loads(one) for one in (originals / LIST).read_bytes().splitlines())
    hashed_again([{**first, field: value}, *others], json.loads((originals / META).read_bytes()), folder)
    found = result_of(lambda: verify(folder / LIST))
    assert isinstance(found, SepbenchError)
    with pytest.raises(SepbenchError, match=match):
        raise found


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("schema", 2, "field schema: given 2; wanted 1"),
        ("name", "a=b", "field name: given a=b"),
        ("name", "\0", "field name"),
        ("recipe", {"pairs_folder": "a\0b"}, r"field recipe.pairs_folder: given a\\x00b"),
        ("recipe", {"pairs_folder": "x" * 100_000}, "field recipe.pairs_folder"),
    ],
)
def test_meta_files_that_no_system_could_follow(
    originals: Path, tmp_path: Path, field: str, value: object, match: str
) -> None:
    """A folder is looked for and a variable of the environment is set by what stands there."""
    folder = copied(originals, tmp_path / "list")
    (folder / META).write_bytes(json_text({**json.loads((originals / META).read_bytes()), field: value}))
    found = result_of(lambda: verify(folder / LIST))
    assert isinstance(found, SepbenchError)
    with pytest.raises(SepbenchError, match=match):
        raise found
