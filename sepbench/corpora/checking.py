"""What there is of a corpus on this machine, and whether it is as published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sepbench.corpora.about import About
from sepbench.corpora.corpus import Corpus, about, corpus_variable, expected_root, open_corpus
from sepbench.errors import MissingData, SepbenchError

NAMED = 3
"""So many missing clips are named, the others counted."""


@dataclass(frozen=True)
class State:
    """How much of a corpus is here; no audio is opened to say so.

    Attributes:
        variable: environment variable that names its folder.
        folder: where the environment says it is; None where it says nothing, or the corpus has no files.
        found: whether its folder, or without a need of one the corpus, is here.
        version: of the index that is here; None where none can be read.
        clips: in the index; None where none can be read.
        here: those with audio.
        problem: what is wrong, or empty.
        next: what to do about what is missing, or empty.
    """

    name: str
    title: str
    licence: str
    variable: str
    folder: str | None
    found: bool
    version: str | None
    clips: int | None
    here: int
    problem: str
    next: str


def state(name: str) -> State:
    """Look a corpus up where the environment says it is.

    Raises:
        MissingData: no such corpus.

    >>> found = state("synthetic")
    >>> found.found, found.here == found.clips, found.next
    (True, True, '')
    """
    facts = about(name)
    root = expected_root(name)
    version, clips, here, problem, todo = None, None, 0, "", _next(facts, root)
    try:
        corpus = open_corpus(name)
        listed = corpus.clips()
        version, clips, here = corpus.version, len(listed), sum(corpus.has(clip.id) for clip in listed)
    except MissingData as error:
        problem = str(error)
    except SepbenchError as error:  # what is here is damaged: fetching what is not would not help
        problem, todo = str(error), error.remedy
    return State(
        name=name,
        title=facts.title,
        licence=facts.licence,
        variable=corpus_variable(name),
        folder=str(root) if root and _has_files(facts) else None,
        found=clips is not None or (root is not None and root.is_dir()),
        version=version,
        clips=clips,
        here=here,
        problem=problem,
        next="" if here == clips else todo,
    )


def _has_files(facts: About) -> bool:
    return bool(facts.remote or facts.instructions)


def _next(facts: About, root: Path | None) -> str:
    variable = corpus_variable(facts.name)
    fetch = f"sepbench data fetch {facts.name}"
    if not facts.remote:
        return f"{fetch} says how to get the files; then set {variable}"
    if root is None:
        return f"{fetch} --to FOLDER, then set {variable}=FOLDER; or set it to a copy you have"
    return f"{fetch}" + (" (it also says how to get what cannot be downloaded)" if facts.instructions else "")


@dataclass(frozen=True)
class Check:
    """What `verify` found.

    Attributes:
        found: whether the corpus is here at all.
        missing: how many clips of the index have no audio here; not an error, as partial copies are common.
        missing_first: the first of them by name.
        compared: files whose bytes or lengths were compared with what was published or unpacked.
        opened: clips whose audio was read.
        wrong: a line for everything that is here and is not right.
    """

    name: str
    found: bool
    clips: int
    here: int
    missing: int
    missing_first: tuple[str, ...]
    compared: int
    opened: int
    wrong: tuple[str, ...]


def verify(name: str, *, deep: bool, report: Callable[[str, int, int | None], None]) -> Check:
    """Compare what is here of a corpus with what is known of it.

    Its index is read, its clips are looked up, published files with a checksum are hashed, and files unpacked by
    ``sepbench data fetch`` must have the length they were unpacked with.

    Args:
        deep: also hash all unpacked files, and decode every clip: a damaged file often has a good header.
        report: told what is being read, and of how many clips.

    Raises:
        MissingData: no such corpus.
    """
    facts, root = about(name), expected_root(name)
    wrong: list[str] = []
    try:
        corpus = open_corpus(name)
        clips = corpus.clips()
    except MissingData:
        clips, corpus = (), None
    except SepbenchError as error:
        clips, corpus = (), None
        wrong.append(str(error))
    here = [clip.id for clip in clips if corpus is not None and corpus.has(clip.id)]
    present = frozenset(here)
    missing = [clip.id for clip in clips if clip.id not in present]
    compared = list(_compared(facts, root, deep, report)) if root is not None and root.is_dir() else []
    wrong += [line for line in compared if line]
    if deep and corpus is not None:
        wrong += _unreadable(corpus, here, name, report)
    return Check(
        name=name,
        found=corpus is not None or bool(wrong),
        clips=len(clips),
        here=len(here),
        missing=len(missing),
        missing_first=tuple(missing[:NAMED]),
        compared=len(compared),
        opened=len(here) if deep else 0,
        wrong=tuple(wrong),
    )


def _compared(facts: About, root: Path, deep: bool, report: Callable[[str, int, int | None], None]) -> Iterator[str]:
    """A line for each file compared: what is wrong with it, or empty. Files that are not here are not compared."""
    from sepbench.corpora.fetching.parcel import parcels
    from sepbench.corpora.fetching.plan import checksum_of
    from sepbench.corpora.fetching.tree import crc32_of
    from sepbench.corpora.fetching.unpack import read_record

    for parcel in parcels(facts):
        for file in parcel.files:
            path = root / file.file
            if path.is_file() and file.checksum is not None:
                found = checksum_of(path, file.checksum)
                yield "" if found == file.checksum else f"{path}: {found}, published {file.checksum}"
        record = read_record(root, parcel.name) if parcel.is_archive else None
        unpacked = record.files if record else {}
        for number, (name, was) in enumerate(unpacked.items(), start=1):
            path = root / name
            if not path.is_file():
                continue
            if (size := path.stat().st_size) != was.bytes:
                yield f"{path}: {size} bytes, unpacked with {was.bytes}"
            elif deep and crc32_of(path) != was.crc32:
                yield f"{path}: its content has changed since it was unpacked"
            else:
                yield ""
            report(f"comparing {parcel.name}", number, len(unpacked))


def _unreadable(
    corpus: Corpus, clips: list[str], name: str, report: Callable[[str, int, int | None], None]
) -> Iterator[str]:
    for number, clip in enumerate(clips, start=1):
        try:
            if not corpus.read(clip).audio.size:
                yield f"{name} {clip}: no samples"
        except SepbenchError as error:
            yield f"{name} {clip}: {error}"
        report(f"reading {name}", number, len(clips))
