"""Importing the evaluation lists of AudioSep (Liu et al., arXiv 2308.05037), as pairs to be rebuilt.

The audio of these lists is published ready-mixed, and the lists hold no level: what is imported here are the pairs, at
a ratio that we state. Scores on them are comparable with each other, not with the published ones to the last tenth.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sepbench import __version__
from sepbench.audio import RESAMPLER
from sepbench.errors import InvalidRecord
from sepbench.manifest import SCHEMA, Manifest, Meta, Mixture, Query, Role, Source, save, with_id
from sepbench.records import read_text

SAMPLE_RATE = 32000
ESC50_SECONDS = 5
ESC50_COLUMNS = ["idx", "caption", "src_wav", "noise_wav"]
ESC50_FILE = re.compile(r"(?P<fold>[1-5])-(?P<recording>\d+)-(?P<take>[A-Z])-(?P<target>\d+)\.wav")
UPSTREAM = "Audio-AGI/AudioSep@944583f evaluation/metadata/esc50_eval.csv"


@dataclass(frozen=True)
class _Pair:
    """One row of the list: its index, the class asked for, and two file names."""

    index: str
    caption: str
    target: str
    noise: str


def import_esc50(path: Path, output: Path, *, snr_db: float) -> Manifest:
    """Import AudioSep's ESC-50 list: every clip once as target, a clip of another class beside it.

    Args:
        path: the list as published (``esc50_eval.csv``), line ends of either kind.
        output: the ``.jsonl`` to write.
        snr_db: the ratio the pairs are rebuilt at; the list states none.

    Raises:
        MissingData: no such file.
        InvalidRecord: another header, or a row that is no pair of ESC-50 clips; file and line are named.
    """
    text = read_text(path)
    pairs = _read_pairs(path, text)
    classes = {_number(pair.target): pair.caption for pair in pairs}
    mixtures = [_mixture(pair, classes, snr_db) for pair in pairs]
    return save(output, mixtures, _meta(text, mixtures, snr_db))


def _read_pairs(path: Path, text: str) -> list[_Pair]:
    try:
        header, *rows = list(csv.reader(io.StringIO(text))) or [[]]
    except csv.Error as error:
        raise InvalidRecord(f"{path}: not a CSV file", given=str(error), remedy=f"use {UPSTREAM}") from None
    if header != ESC50_COLUMNS:
        raise _unlike(path, 1, header, ",".join(ESC50_COLUMNS))
    pairs = []
    for line, row in enumerate(rows, start=2):
        if len(row) != len(ESC50_COLUMNS) or not row[1] or not all(ESC50_FILE.fullmatch(name) for name in row[2:]):
            raise _unlike(path, line, row, "index, class, and two file names of ESC-50")
        pairs.append(_Pair(*row))
    known = {_number(pair.target) for pair in pairs}
    for line, pair in enumerate(pairs, start=2):
        if _number(pair.noise) not in known:
            raise _unlike(path, line, [pair.noise], "a noise whose class the list names")
    return pairs


def _unlike(path: Path, line: int, row: list[str], wanted: str) -> InvalidRecord:
    given = ",".join(row)[:120]
    return InvalidRecord(f"{path}, line {line}", given=given, wanted=wanted, remedy=f"use {UPSTREAM}")


def _number(file: str) -> str:
    """The class number in a clip's name."""
    return file.removesuffix(".wav").rsplit("-", 1)[-1]


def _mixture(pair: _Pair, classes: dict[str, str], snr_db: float) -> Mixture:
    flags = [f"row:{pair.index}"]
    if pair.target == pair.noise:
        flags.append("self_mix")
    if _number(pair.target) == _number(pair.noise):
        flags.append("class_overlap")
    return with_id(
        Mixture(
            id="",
            sources=(
                _source(pair.target, classes[_number(pair.target)], "target"),
                _source(pair.noise, classes[_number(pair.noise)], "noise"),
            ),
            queries=(Query("label", "extract", (0,), text=pair.caption),),
            sample_rate=SAMPLE_RATE,
            samples=ESC50_SECONDS * SAMPLE_RATE,
            snr_mode="power",
            clip_rule="none",
            resampler=RESAMPLER,
            snr_db=snr_db,
            flags=tuple(flags),
        )
    )


def _source(file: str, label: str, role: Role) -> Source:
    return Source(
        corpus="esc50",
        clip=f"audio/{file}",
        start=0,
        samples=ESC50_SECONDS * SAMPLE_RATE,
        labels=(label,),
        group=f"freesound:{file.split('-')[1]}",
        role=role,
    )


def _meta(text: str, mixtures: list[Mixture], snr_db: float) -> Meta:
    canonical = text.replace("\r\n", "\n")  # copies in use differ in line ends alone
    counts = Counter(flag for mixture in mixtures for flag in mixture.flags if not flag.startswith("row:"))
    return Meta(
        schema=SCHEMA,
        name="audiosep_esc50_pairs",
        builder=f"sepbench {__version__} import audiosep-esc50",
        seed=0,
        rows=0,
        content_hash="",
        recipe={
            "list": UPSTREAM,
            "list_sha256_lf": hashlib.sha256(canonical.encode()).hexdigest(),
            "snr_db": snr_db,
            "flags": dict(sorted(counts.items())),
        },
        corpora={"esc50": "by file name"},
        licences={"esc50": "CC BY-NC 3.0 (as a whole)", "list": "MIT"},
        notes=(
            "Pairs rebuilt at a stated ratio: the published audio is ready-mixed and its list holds no level.",
            "No clip rule: AudioSep's evaluation changes no level.",
        ),
    )
