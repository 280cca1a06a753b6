"""What is in a submission's archive, and the list of its files that goes first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sepbench.errors import InvalidRecord
from sepbench.manifest import SCHEMA, STRICT
from sepbench.records import parse_json, read_text
from sepbench.results.costs import COSTS
from sepbench.results.run_folder import ESTIMATES, ROWS, RUN, STATS, SUMMARY
from sepbench.results.statistics_store import SUFFIX

if TYPE_CHECKING:
    from pydantic import ConfigDict

CONTENTS = "manifest.json"
REQUIRED = (ROWS, RUN, SUMMARY)
OPTIONAL = (COSTS,)
FOLDERS = (f"{ESTIMATES}/", f"{STATS}/")


@dataclass(frozen=True)
class FileFacts:
    """One file: its length in bytes, and the sha256 of its content in hex."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Contents:
    """The content of ``manifest.json``: every other file by its path in the archive."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int
    files: dict[str, FileFacts]


def facts_of(path: Path) -> FileFacts:
    """Length and hash of a file."""
    with path.open("rb") as file:
        return FileFacts(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def read_contents(folder: Path) -> Contents:
    """The list of an unpacked archive.

    Raises:
        MissingData, InvalidRecord: there is none, or it is not one of this schema.
    """
    path = folder / CONTENTS
    contents = parse_json(Contents, read_text(path), place=CONTENTS)
    if contents.schema != SCHEMA:
        raise InvalidRecord(
            f"{CONTENTS}: schema", given=str(contents.schema), wanted=str(SCHEMA), remedy="update sepbench"
        )
    return contents


def file_faults(folder: Path, contents: Contents, there: Iterable[str]) -> Iterator[str]:
    """Everything in which an unpacked archive is not what its list says, in words.

    Args:
        there: the files that are in the folder.
    """
    found = set(there) - {CONTENTS}
    for name in sorted(contents.files.keys() | set(REQUIRED)):
        if name not in found:
            yield f"{name} is missing"
        elif name not in contents.files:
            yield f"{name} is not in {CONTENTS}"
        elif facts_of(folder / name) != contents.files[name]:
            yield f"{name} is not the file of {CONTENTS}: another length or sha256"
    for name in sorted(found - contents.files.keys() - set(REQUIRED)):
        yield f"{name} is not in {CONTENTS}"
    for name in sorted(found):
        if name not in REQUIRED + OPTIONAL and not name.startswith(FOLDERS):
            yield f"{name} is no part of a submission"


def statistic_name(key: str) -> str:
    """Where the array of that key stands in a run folder, and so in an archive."""
    return f"{STATS}/{key[:2]}/{key}{SUFFIX}"
