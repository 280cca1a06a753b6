"""7z archives, read by the library py7zr, or by the 7-Zip program where that is what is installed.

Either way the list of members is checked first, then all is unpacked into a folder of its own, and every file that is
found there is compared with the list.
"""

from __future__ import annotations

import importlib.util
import lzma
import shutil
import struct
import subprocess
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sepbench.corpora.fetching.tree import Tree
from sepbench.errors import MissingExtra

LIBRARY = "py7zr"
PROGRAMS = ("7zz", "7z", "7za")


@dataclass(frozen=True)
class Entry:
    """One member as the archive's list has it; `plain` when it is a file or a folder and not encrypted."""

    name: str
    bytes: int
    folder: bool
    plain: bool


def unpack_7z(archive: Path, tree: Tree) -> None:
    """Unpack every file of the archive into the tree.

    Raises:
        MissingExtra: neither the library nor the program is installed.
        SepbenchError: the archive is damaged, or a member breaks a rule of `Tree`.
    """
    program = check_reader(archive.name)
    raw = tree.folder.with_name("raw")
    raw.mkdir()
    unpack = _unpack_with_library if program is None else partial(_unpack_with_program, program)
    entries = unpack(archive, raw, tree)
    for entry in entries:
        if not entry.folder:
            tree.take(entry.name)
            tree.adopt(entry.bytes, raw / entry.name)
    tree.member = ""
    if strangers := sorted(path.relative_to(raw).as_posix() for path in raw.rglob("*") if not path.is_dir()):
        raise tree.refusal(f"it holds {strangers[0]!r}, which its list does not name")


def check_reader(archive: str) -> str | None:
    """Make sure that something reads 7z: None stands for the library, else the program is returned.

    Raises:
        MissingExtra: neither is installed; `archive` is what could not be unpacked.
    """
    if importlib.util.find_spec(LIBRARY) is not None:
        return None
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        raise MissingExtra(
            f"{archive} could not be unpacked",
            given="a 7z archive, and nothing that reads it",
            remedy="pip install 'sepbench[fetch]', or install 7-Zip (apt install 7zip; brew install sevenzip)",
        )
    return program


def _check(entries: list[Entry], tree: Tree) -> None:
    names = set()
    tree.expect(sum(entry.bytes for entry in entries))
    for entry in entries:
        tree.take(entry.name)
        if not entry.plain:
            raise tree.refusal("encrypted, a link or a device")
        if entry.name in names:
            raise tree.refusal("a second file of that name")
        names.add(entry.name)
    tree.member = ""


def _unpack_with_library(archive: Path, raw: Path, tree: Tree) -> list[Entry]:
    import py7zr
    from py7zr.exceptions import AbsolutePathError, ArchiveError, PasswordRequired

    own = (AbsolutePathError, ArchiveError, PasswordRequired)
    let_through = (AttributeError, EOFError, LookupError, MemoryError, OverflowError, TypeError, ValueError)
    decoders = (lzma.LZMAError, struct.error, zlib.error)
    try:
        with py7zr.SevenZipFile(archive) as opened:
            encrypted = opened.needs_password()
            entries = [
                Entry(m.filename, m.uncompressed, m.is_directory, (m.is_file or m.is_directory) and not encrypted)
                for m in opened.list()
            ]
            _check(entries, tree)
            opened.extractall(raw)
    except (*own, *let_through, *decoders) as error:
        raise tree.refusal(f"damaged: {type(error).__name__} {error}") from error
    return entries


def _unpack_with_program(program: str, archive: Path, raw: Path, tree: Tree) -> list[Entry]:
    listed = _run(tree, program, "l", "-slt", "-ba", "-sccUTF-8", "--", str(archive))
    entries = [
        _entry(dict(line.split(" = ", 1) for line in block.splitlines() if " = " in line))
        for block in listed.split("\n\n")
        if "Path = " in block
    ]
    _check(entries, tree)
    _run(tree, program, "x", "-y", "-bd", f"-o{raw}", "--", str(archive))
    return entries


def _entry(facts: dict[str, str]) -> Entry:
    attributes = facts.get("Attributes", "").split(" ")
    kinds = {part[0] for part in attributes if len(part) == len("-rw-r--r--")}
    folder = attributes[0].startswith("D") or "d" in kinds
    plain = facts.get("Encrypted") != "+" and not facts.get("Symbolic Link") and kinds <= {"-", "d"}
    size = facts.get("Size", "")
    return Entry(facts["Path"], int(size) if size.isdecimal() else 0, folder, plain)


def _run(tree: Tree, *command: str) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").split()
        raise tree.refusal(f"damaged: 7-Zip says {' '.join(said)[:200]}")
    return done.stdout.decode(errors="replace")
