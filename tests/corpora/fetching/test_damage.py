"""Random damage to archives: one clear error, or the right content; nothing else, and nothing anywhere else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sepbench.corpora.fetching.unpack import ArchiveKind
from sepbench.errors import SepbenchError
from tests.corpora.fetching.archives import (
    held,
    split,
    split_zip_parts,
    tar_bytes,
    unpacked,
    write_split_zip,
    zip_bytes,
)

FILES = {
    "FSD50K.dev_audio/1.wav": random.Random(1).randbytes(150),
    "FSD50K.dev_audio/2.wav": b"RIFF" * 50,
    "a/b/c.csv": b"fname,labels\n" * 5,
}
LAYOUTS = ("zip", "split-zip", "split-zip64", "tar.gz", "tar.xz", "split-tar.gz")
EACH = 300


def write(layout: str, folder: Path) -> tuple[ArchiveKind, list[Path]]:
    if layout == "zip":
        return "zip", split(zip_bytes(FILES), folder, ["a.zip"])
    if layout.startswith("split-zip"):
        made = split_zip_parts(FILES, part_length=230, zip64=layout.endswith("64"))
        return "split-zip", write_split_zip(made, folder, "a")
    if layout == "split-tar.gz":
        return "split-tar", split(tar_bytes(FILES), folder, ["a.00", "a.01", "a.02"])
    return "tar", split(tar_bytes(FILES, f"w:{layout[-2:]}"), folder, ["a.tar"])


def damage(content: bytes, dice: random.Random) -> bytes:
    """Some bytes changed, or a piece cut out, doubled or zeroed."""
    spoilt = bytearray(content)
    at = dice.randrange(len(spoilt))
    end = min(len(spoilt), at + dice.choice((1, 2, 4, 8, 50)))
    match dice.randrange(6):
        case 0:
            del spoilt[at:]
        case 1:
            del spoilt[at:end]
        case 2:
            spoilt[at:at] = spoilt[at:end]
        case 3:
            spoilt[at:end] = bytes(end - at)
        case _:
            for _ in range(dice.choice((1, 1, 3))):
                spoilt[dice.randrange(len(spoilt))] = dice.choice((0, 1, 127, 255, dice.randrange(256)))
    return bytes(spoilt)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_damaged_archive_is_an_error_or_right(layout: str, tmp_path: Path) -> None:
    dice = random.Random(layout)
    (tmp_path / "archives").mkdir()
    kind, parts = write(layout, tmp_path / "archives")
    contents = [part.read_bytes() for part in parts]
    refused = 0
    for number in range(EACH):
        hit = dice.randrange(len(parts))
        for index, (part, content) in enumerate(zip(parts, contents, strict=True)):
            part.write_bytes(damage(content, dice) if index == hit else content)
        root = tmp_path / "data" / str(number)
        try:
            unpacked(kind, parts, root)
        except SepbenchError as error:
            refused += 1
            assert "a.archive" in str(error) and error.remedy
            assert held(root) == {}
        else:
            assert held(root) == FILES
    assert {path.name for path in tmp_path.iterdir()} == {"archives", "data"}
    assert {path.name for path in (tmp_path / "data").iterdir()} <= {str(number) for number in range(EACH)}
    assert refused > EACH / 2  # the damage does damage
