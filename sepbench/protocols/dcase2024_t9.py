"""The synthetic validation mixtures of DCASE 2024 task 9, language-queried separation (Zenodo 10886481).

``lass_synthetic_validation.csv``: a header and 3,000 rows of source, noise, SNR in whole dB, caption. Rendered as the
challenge's evaluator does: 16 kHz, 10 s, the ratio of powers over the whole clip, and one gain that brings mixture and
target to a peak of 0.9 where the sum exceeds 1.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from sepbench import __version__
from sepbench.audio import RESAMPLER
from sepbench.corpora.texts import reference_to
from sepbench.errors import InvalidRecord
from sepbench.manifest import SCHEMA, STRICT, Clip, Manifest, Meta, Mixture, Query, Role, Source, save, with_id
from sepbench.protocols.audiosep_rows import ListedClip, faults_of
from sepbench.protocols.sheet import Sheet, read_sheet
from sepbench.records import load_toml
from sepbench.tables import Line

if TYPE_CHECKING:
    from pydantic import ConfigDict

CORPUS = "dcase2024_t9"
TABLE = "lass_synthetic_validation.csv"
SOURCE = f"the {TABLE} of Zenodo 10886481"
COLUMNS = ("source", "noise", "snr", "caption")
PUBLISHED_ROWS = 3000
SAMPLE_RATE = 16000
SAMPLES = 10 * SAMPLE_RATE
CLIP_NAME = re.compile(r"[A-Za-z0-9_-]+")
RECORDING = re.compile(r"([0-9]+)_[0-9]+-hq")  # a Freesound preview: sound and uploader
SNR = re.compile(r"-?[0-9]{1,2}")
MAX_SNR_DB = 40


@dataclass(frozen=True)
class DcaseRecipe:
    """What decides the list, besides the published table."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int
    name: str
    protocol: Literal["dcase2024_t9"]
    corpora: tuple[str, ...]
    rows: int
    notes: tuple[str, ...] = ()


def build_recipe(recipe: Path, output: Path, on_row: Callable[[int], None] = lambda rows: None) -> Manifest:
    """Make the list of the table that stands in the corpus's folder.

    Raises:
        MissingData: the corpus or its table is not here.
        InvalidRecord: not such a recipe, or not the published table; file and line are named.
    """
    from sepbench.corpora.dcase2024_t9 import corpus

    wanted = load_toml(DcaseRecipe, recipe)
    validation = corpus()
    sheet = _read(validation.root / TABLE)
    if len(sheet.lines) != wanted.rows:
        raise InvalidRecord(
            str(sheet.path), given=f"{len(sheet.lines)} rows", wanted=f"{wanted.rows}", remedy=f"use {SOURCE}"
        )
    manifest = _save(sheet, validation.clips(), output, wanted.name, wanted.notes)
    on_row(manifest.meta.rows)
    return manifest


def import_list(table: Path, output: Path, *, clips: Sequence[Clip] = ()) -> Manifest:
    """Make the list of a table wherever it stands.

    Args:
        table: the ``.csv``, line ends of either kind.
        output: the ``.jsonl`` to write.
        clips: the corpus's, where its index is here: they give tags and recordings, and captions to point to. Without
            them captions stand in the list, which is then not for passing on.

    Raises:
        MissingData: no such table.
        InvalidRecord: a line that is none of such a table; file and line are named.
    """
    sheet, rows = _read(table), PUBLISHED_ROWS
    another = () if len(sheet.lines) == rows else (f"{len(sheet.lines)} rows, where the published table has {rows}.",)
    return _save(sheet, clips, output, CORPUS, another)


def _read(table: Path) -> Sheet:
    sheet = read_sheet(table, COLUMNS, header=None, source=SOURCE)
    header, *lines = sheet.lines
    if not lines or SNR.fullmatch(header["snr"]):
        raise sheet.wrong(header, header["source"], f"a header ({', '.join(COLUMNS)}) and at least one row")
    for line in lines:
        for column in ("source", "noise"):
            sheet.matched(line, column, CLIP_NAME, "the name of a clip")
        if abs(int(sheet.matched(line, "snr", SNR, "whole dB").group())) > MAX_SNR_DB:
            raise sheet.wrong(line, line["snr"], f"within {MAX_SNR_DB} dB")
        sheet.text(line, "caption")
    return replace(sheet, lines=tuple(lines))


def _save(sheet: Sheet, clips: Iterable[Clip], output: Path, name: str, notes: tuple[str, ...]) -> Manifest:
    index = {clip.id: clip for clip in clips}
    for line in sheet.lines:
        for column in ("source", "noise"):
            if index and _clip_id(line[column]) not in index:
                raise sheet.wrong(line, line[column], "a clip that the index names")
    mixtures = [_mixture(number, line, index) for number, line in enumerate(sheet.lines)]
    return save(output, mixtures, _meta(sheet, mixtures, name, notes))


def _clip_id(name: str) -> str:
    return f"lass_validation/{name}.wav"


def _listed(name: str, index: dict[str, Clip]) -> ListedClip:
    if clip := index.get(_clip_id(name)):
        return ListedClip(CORPUS, clip.id, clip.labels, clip.group)
    recording = RECORDING.fullmatch(name)
    return ListedClip(CORPUS, _clip_id(name), (), f"freesound:{recording[1]}" if recording else f"{CORPUS}:{name}")


def _mixture(number: int, line: Line, index: dict[str, Clip]) -> Mixture:
    def source(clip: ListedClip, role: Role) -> Source:
        return Source(clip.corpus, clip.clip, 0, SAMPLES, clip.labels, clip.group, role)

    target, noise = _listed(line["source"], index), _listed(line["noise"], index)
    return with_id(
        Mixture(
            id="",
            sources=(source(target, "target"), source(noise, "noise")),
            queries=(_query(line["caption"], index.get(target.clip)),),
            sample_rate=SAMPLE_RATE,
            samples=SAMPLES,
            snr_mode="power",
            clip_rule="peak_0.9_if_gt_1",
            resampler=RESAMPLER,
            snr_db=float(line["snr"]),
            flags=(f"row:{number}", *faults_of(target, noise)),
        )
    )


def _query(caption: str, clip: Clip | None) -> Query:
    """Captions are pointed to where the index has them."""
    if clip is None or caption not in clip.captions:
        return Query("caption", "extract", (0,), text=caption)
    place, digest = reference_to(clip, clip.captions.index(caption))
    return Query("caption", "extract", (0,), text_from=place, text_sha256=digest)


def _meta(sheet: Sheet, mixtures: Sequence[Mixture], name: str, notes: tuple[str, ...]) -> Meta:
    as_text = sum(query.text is not None for mixture in mixtures for query in mixture.queries)
    faults = Counter(fault for mixture in mixtures for fault in mixture.faults)
    return Meta(
        schema=SCHEMA,
        name=name,
        builder=f"sepbench {__version__} import dcase2024-t9",
        seed=0,
        rows=0,
        content_hash="",
        recipe={
            "list": "Zenodo 10886481 lass_synthetic_validation.csv",
            "list_sha256_lf": sheet.sha256,
            "flags": dict(sorted(faults.items())),
        },
        corpora={CORPUS: "by file name"},
        licences={CORPUS: "per clip as on Freesound; captions as the Zenodo record states"},
        notes=(*notes, *((f"{as_text} captions stand in this list as text: do not pass it on.",) if as_text else ())),
    )
