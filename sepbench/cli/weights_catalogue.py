"""Every file of weights that something here asks for: embedders' and adapters', with who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sepbench.embeddings.registry import abouts
from sepbench.errors import MissingData, SepbenchError
from sepbench.search_path import closest
from sepbench.separators.discovery import adapter_folders
from sepbench.separators.spec import Conversion
from sepbench.separators.weight_files import Needed, needed_in, read_from
from sepbench.weights import Weight, find, verify


@dataclass(frozen=True)
class Wanted:
    """A file, the names of the embedders and adapters that read it, and how it is converted before that, if it is."""

    weight: Weight
    by: tuple[str, ...]
    conversion: Conversion | None = None


@dataclass(frozen=True)
class Found:
    """What there is of a file: its path, or none; that of what was converted from it and is read; what is wrong."""

    name: str
    file: str
    by: tuple[str, ...]
    url: str
    licence: str
    bytes: int | None
    sha256: str | None
    path: str | None
    converted: str | None = None
    problem: str = ""


def wanted_weights(names: Sequence[str], adapters: Sequence[Path] = ()) -> list[Wanted]:
    """The files that go by those names, which may be of weights or of who reads them; all for none. Sorted by file.

    Raises:
        MissingData: no file goes by one of the names.
        InvalidRecord: a faulty ``adapter.toml``.
    """
    wanted = _wanted(adapters)
    known = sorted({name for one in wanted for name in (one.weight.name, *one.by)})
    for name in names:
        if name not in known:
            raise MissingData("no weights of that name", given=name, remedy=closest(name, known))
    chosen = [one for one in wanted if not names or {one.weight.name, *one.by} & set(names)]
    return sorted(chosen, key=lambda one: one.weight.file)


def _wanted(adapters: Sequence[Path]) -> list[Wanted]:
    """Every file once; where one of its readers states its hash, that holds for all."""
    found: dict[tuple[str, str, str], Wanted] = {}
    for reader, files in _files_by_reader(adapters).items():
        for needed in files:
            place = needed.weight.name, needed.weight.url, needed.weight.file
            known = found.get(place, Wanted(needed.weight, (), needed.conversion))
            weight = known.weight if known.weight.sha256 else needed.weight
            found[place] = Wanted(weight, (*known.by, reader), known.conversion)
    return list(found.values())


def _files_by_reader(adapters: Sequence[Path]) -> dict[str, tuple[Needed, ...]]:
    found = {name: tuple(map(Needed, about.weights)) for name, about in abouts().items()}
    for folder in adapter_folders(adapters).values():
        found |= needed_in(folder)
    return found


def looked_up(wanted: Wanted) -> Found:
    """Whether a file is here; it is not read."""
    try:
        return _found(wanted, find(wanted.weight))
    except MissingData:
        return _found(wanted, None)


def verified(wanted: Wanted) -> Found:
    """Whether a file is here and, as far as that is known, the published one; its length and hash are compared."""
    try:
        return _found(wanted, verify(wanted.weight))
    except MissingData:
        return _found(wanted, None)
    except SepbenchError as error:
        return _found(wanted, find(wanted.weight), str(error))


def _found(wanted: Wanted, path: Path | None, problem: str = "") -> Found:
    weight = wanted.weight
    length = path.stat().st_size if path is not None else weight.bytes
    place = None if path is None else str(path)
    facts = weight.name, weight.file, wanted.by, weight.url, weight.licence, length, weight.sha256
    return Found(*facts, place, _converted(wanted), problem)


def _converted(wanted: Wanted) -> str | None:
    """What was made of a file that is read converted; the file itself may have gone since."""
    if wanted.conversion is None:
        return None
    try:
        return str(read_from(Needed(wanted.weight, wanted.conversion)))
    except MissingData:
        return None
