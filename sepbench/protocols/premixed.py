"""Anybody's own pairs as a list and a suite: the audio as it is, pinned by the hash of its samples."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sepbench import __version__
from sepbench.audio import RESAMPLER, Recording, samples_sha256
from sepbench.audio import read as read_audio
from sepbench.corpora.pairs import ABOUT, FOLDER
from sepbench.errors import InvalidRecord, SepbenchError
from sepbench.manifest import SCHEMA, Manifest, Meta, Mixture, Premixed, Query, Source, save, with_id
from sepbench.paths import write_whole
from sepbench.protocols.pair_table import Pair, PairTable, ReadPairs, read_pairs

LIST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
METRICS = ("si_sdri", "si_sdr", "sdri", "sdr", "lsd", "silent_output_rate")
AUDIO_FLAG = "audio:"


def import_own_pairs(wanted: PairTable, output: Path) -> Manifest:
    """Write a list of the pairs, and a suite of that list beside it.

    Args:
        wanted: the pairs.
        output: the ``.jsonl`` to write; its name is the suite's. ``NAME.toml`` and ``NAME.items.csv``, which says what
            runs call each pair, are written beside it.

    Raises:
        MissingData: the table or audio files are not here.
        InvalidRecord: no such table; a line whose mixture and target differ in length or rate; files of several rates.
        SepbenchError: a name that is none for a list, a column the table has not, or a file that is no audio.
    """
    name = output.name.removesuffix(".jsonl")
    if not LIST_NAME.fullmatch(name) or output.suffix != ".jsonl":
        raise SepbenchError(
            "a list's name", given=output.name, wanted="NAME.jsonl, NAME of letters, digits, - and _", remedy="rename"
        )
    found = read_pairs(wanted)
    mixtures = [_mixture(wanted, name, number, pair) for number, pair in enumerate(found.pairs)]
    rates = Counter(mixture.sample_rate for mixture in mixtures)
    if len(rates) > 1:
        raise InvalidRecord(
            f"{wanted.table}: files of several sample rates",
            given=", ".join(f"{count} at {rate} Hz" for rate, count in sorted(rates.items())),
            wanted="one rate, which is then the rate of scoring",
            remedy="bring them to one rate, or import a list for each",
        )
    manifest = save(output, mixtures, _meta(wanted, found, name, output))
    write_whole(output.with_name(f"{name}.toml"), _suite(wanted, manifest))
    write_whole(output.with_name(f"{name}.items.csv"), _items(manifest))
    return manifest


def audio_flag(recordings: Sequence[Recording]) -> str:
    """The flag that pins a row to its audio: hash of the samples of target and mixture, in that order."""
    hashes = "".join(samples_sha256(recording.audio, recording.sample_rate) for recording in recordings)
    return AUDIO_FLAG + hashlib.sha256(hashes.encode()).hexdigest()[:16]


def _mixture(wanted: PairTable, name: str, number: int, pair: Pair) -> Mixture:
    target, mixed = _read(wanted, pair)
    source = Source(
        corpus=ABOUT.name,
        clip=f"{name}/{pair.target}",
        start=0,
        samples=len(mixed.audio),
        labels=(pair.label,) if pair.label else (),
        group=pair.group or f"{ABOUT.name}:{name}/{pair.target}",
        role="target",
    )
    return with_id(
        Mixture(
            id="",
            sources=(source,),
            queries=(Query("caption", "extract", (0,), text=pair.query),),
            sample_rate=mixed.sample_rate,
            samples=len(mixed.audio),
            snr_mode="none",
            clip_rule="none",
            resampler=RESAMPLER,
            premixed=Premixed(ABOUT.name, f"{name}/{pair.mixture}"),
            flags=(f"row:{number}", audio_flag((target, mixed))),
        )
    )


def _read(wanted: PairTable, pair: Pair) -> tuple[Recording, Recording]:
    target, mixed = (read_audio(wanted.root / path) for path in (pair.target, pair.mixture))
    if target.sample_rate != mixed.sample_rate or len(target.audio) != len(mixed.audio) or len(mixed.audio) == 0:
        raise InvalidRecord(
            f"{wanted.table}, line {pair.line.number}: mixture and target differ, or are empty",
            given=", ".join(
                f"{path} {len(one.audio)} samples at {one.sample_rate} Hz"
                for path, one in ((pair.mixture, mixed), (pair.target, target))
            ),
            wanted="one length and one rate",
            remedy="correct the files",
        )
    return target, mixed


def _meta(wanted: PairTable, found: ReadPairs, name: str, output: Path) -> Meta:
    columns = {"query": wanted.query, "group": wanted.group, "label": wanted.label}
    return Meta(
        schema=SCHEMA,
        name=name,
        builder=f"sepbench {__version__} import premixed",
        seed=0,
        rows=0,
        content_hash="",
        recipe={
            "list": wanted.table.name,
            "list_sha256_lf": found.sheet.sha256,
            "mixture": wanted.mixture,
            "target": wanted.target,
            **{key: column for key, column in columns.items() if column},
            FOLDER: Path(os.path.relpath(wanted.root, output.parent)).as_posix(),
        },
        corpora={ABOUT.name: "by file name, and by the hash of the samples that every row states"},
        licences={ABOUT.name: "not stated"},
        notes=("The pairs as they are: nothing is cut or re-scaled; the rest is the mixture minus the target.",),
    )


def _suite(wanted: PairTable, manifest: Manifest) -> str:
    """The suite's TOML; JSON's strings and lists are TOML's."""
    fields = {
        "schema": SCHEMA,
        "name": manifest.meta.name,
        "title": manifest.meta.name,
        "description": f"{manifest.meta.rows} ready-mixed pairs of {wanted.table.name}.",
        "manifests": [manifest.meta.name],
        "scoring_rate": manifest.mixtures[0].sample_rate,
        "metrics": METRICS,
        "slices": ["snr_bin", *(["label"] if wanted.label else [])],
    }
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())


def _items(manifest: Manifest) -> str:
    """What runs, and folders of estimates, call each pair."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("item", "mixture", "target", "query"))
    for mixture in manifest.mixtures:
        (target, mixed), query = mixture.files, mixture.queries[0]
        paths = (clip.removeprefix(f"{manifest.meta.name}/") for _, clip in (mixed, target))
        writer.writerow((mixture.item(0), *paths, query.text))
    return text.getvalue()
