"""AudioSep's lists as manifests, in two forms.

*Pairs* are rebuilt from the corpora's own clips at a ratio that we state: scores on them are comparable with each
other, not with the published ones to the last tenth. *Premixed* rows take the published audio as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from sepbench import __version__
from sepbench.audio import RESAMPLER
from sepbench.corpora.texts import text_sha256
from sepbench.errors import SepbenchError
from sepbench.manifest import (
    SCHEMA,
    Manifest,
    Meta,
    Mixture,
    Premixed,
    Query,
    Role,
    Source,
    TextReference,
    save,
    with_id,
)
from sepbench.protocols.audiosep_lists import AudioSepList
from sepbench.protocols.audiosep_rows import ListedClip, ListRow

SAMPLE_RATE = 32000
CORPUS = "audiosep"
BY_FILE_NAME = "by file name"


def import_pairs(found: AudioSepList, output: Path, *, snr_db: float) -> Manifest:
    """Write the list as pairs to be rebuilt.

    Args:
        found: the list that was read.
        output: the ``.jsonl`` to write.
        snr_db: the ratio of the target to the sum of its noises; the lists state none.

    Raises:
        SepbenchError: the list names no noise clips.
    """
    if (seconds := found.format.seconds) is None:
        raise SepbenchError(
            f"AudioSep's {found.format.corpus} list names no noise clips, so its pairs cannot be rebuilt",
            remedy="import it with --premixed, for the published audio",
        )
    mixtures = [_pair(found, row, seconds * SAMPLE_RATE, snr_db) for row in found.rows]
    notes = (
        "Pairs rebuilt at a stated ratio: the published audio is ready-mixed and its list holds no level.",
        "No clip rule: AudioSep's evaluation changes no level.",
        *found.format.pair_notes,
    )
    return save(output, mixtures, _meta(found, "pairs", mixtures, {"snr_db": snr_db}, notes))


def import_premixed(found: AudioSepList, output: Path) -> Manifest:
    """Write the list as rows of the published mixtures and targets, whatever their length.

    Args:
        found: the list that was read.
        output: the ``.jsonl`` to write.
    """
    mixtures = [_premixed(found, row) for row in found.rows]
    note = "The published audio as it is: nothing is cut or re-scaled; the rest is the mixture minus the target."
    return save(output, mixtures, _meta(found, "premixed", mixtures, {}, (note,)))


def _pair(found: AudioSepList, row: ListRow, samples: int, snr_db: float) -> Mixture:
    def source(clip: ListedClip, role: Role) -> Source:
        return Source(clip.corpus, clip.clip, clip.start * SAMPLE_RATE, samples, clip.labels, clip.group, role)

    return with_id(
        Mixture(
            id="",
            sources=(source(row.target, "target"), *(source(clip, "noise") for clip in row.noises)),
            queries=(_query(found, row),),
            sample_rate=SAMPLE_RATE,
            samples=samples,
            snr_mode="power",
            clip_rule="none",
            resampler=RESAMPLER,
            snr_db=snr_db,
            flags=_flags(row),
        )
    )


def _premixed(found: AudioSepList, row: ListRow) -> Mixture:
    clip = row.target
    target = Source(CORPUS, row.target_file, 0, None, clip.labels, clip.group, "target", origin=clip.corpus)
    return with_id(
        Mixture(
            id="",
            sources=(target,),
            queries=(_query(found, row),),
            sample_rate=SAMPLE_RATE,
            samples=None,
            snr_mode="none",
            clip_rule="none",
            resampler=RESAMPLER,
            premixed=Premixed(CORPUS, row.mixture_file),
            flags=_flags(row),
        )
    )


def _query(found: AudioSepList, row: ListRow) -> Query:
    """Captions may not be passed on: they are pointed to where AudioSep's lists have them."""
    if found.format.query_kind == "label":
        return Query("label", "extract", (0,), text=row.text)
    place = TextReference(CORPUS, row.target_file, "caption_1")
    return Query("caption", "extract", (0,), text_from=place, text_sha256=text_sha256(row.text))


def _flags(row: ListRow) -> tuple[str, ...]:
    return (f"row:{row.number}", *row.faults)


def _meta(
    found: AudioSepList,
    form: Literal["pairs", "premixed"],
    mixtures: Sequence[Mixture],
    settings: dict[str, Any],
    notes: tuple[str, ...],
) -> Meta:
    listed = found.format
    faults = Counter(fault for mixture in mixtures for fault in mixture.faults)
    corpora = {corpus for mixture in mixtures for corpus, _ in mixture.files}
    corpora |= {query.text_from.corpus for mixture in mixtures for query in mixture.queries if query.text_from}
    return Meta(
        schema=SCHEMA,
        name=f"audiosep_{listed.corpus}_{form}",
        builder=f"sepbench {__version__} import audiosep-{listed.corpus}"
        + (" --premixed" if form == "premixed" else ""),
        seed=0,
        rows=0,
        content_hash="",
        recipe={
            "list": listed.source,
            "list_sha256_lf": found.sha256,
            "flags": dict(sorted(faults.items())),
            **settings,
        },
        corpora=dict.fromkeys(sorted(corpora), BY_FILE_NAME),
        licences={listed.corpus: listed.licence, "list": "MIT"},
        notes=tuple(filter(None, (found.warning, *notes, *listed.notes))),
    )
