"""CodecSep's evaluation on DnR v2 (arXiv 2509.11717): ten-second chunks of the test mixtures, three prompts each.

A plain sum of the three stems at their own level. A chunk is kept when at least half of its frames are active in the
mixture and in every stem, a frame being active within 30 dB of its signal's loudest. The paper's code reads the
validation folder for the test set, and compares annotation times in samples of 16 kHz with offsets in samples of 44.1
kHz; this list does what was meant: the test folder, and times in seconds.
"""

from __future__ import annotations

import csv
import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from sepbench import __version__
from sepbench.audio import RESAMPLER, Recording
from sepbench.corpora.corpus import about
from sepbench.errors import InvalidRecord, NothingComparable
from sepbench.manifest import SCHEMA, STRICT, Manifest, Meta, Mixture, Query, Source, save, with_id
from sepbench.records import load_toml, read_text
from sepbench.tables import read_table, unlike

if TYPE_CHECKING:
    from pydantic import ConfigDict

    from sepbench.corpora.dnr_v2 import DnrV2

STEMS = ("speech", "music", "sfx")
ANNOTATION = ("file", "class", "mix_start", "mix_end", "clip_start", "clip_end", "gain", "annotation")
FRAME_SECONDS = 0.064
ACTIVE_RANGE_DB = 30.0
ACTIVE_SHARE = 0.5


@dataclass(frozen=True)
class DnrRecipe:
    """What decides the list."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int
    name: str
    protocol: Literal["codecsep_dnr"]
    corpora: tuple[str, ...]
    folder: Literal["tr", "cv", "tt"]
    sample_rate: int
    seconds: float
    notes: tuple[str, ...] = ()


def build_recipe(recipe: Path, output: Path, on_row: Callable[[int], None] = lambda rows: None) -> Manifest:
    """Cut the test mixtures into chunks and keep the active ones.

    Raises:
        MissingData: DnR v2 is not here.
        InvalidRecord: not such a recipe.
        NothingComparable: no chunk is active.
    """
    from sepbench.corpora.dnr_v2 import corpus

    wanted = load_toml(DnrRecipe, recipe)
    if wanted.schema != SCHEMA or wanted.seconds <= 0 or wanted.sample_rate <= 0:
        raise InvalidRecord(f"{recipe}: schema, seconds or sample_rate", remedy="correct the recipe")
    dnr = corpus()
    dropped: Counter[str] = Counter()
    mixtures: list[Mixture] = []
    for mixture in _chunks(wanted, dnr, dropped):
        mixtures.append(mixture)
        on_row(len(mixtures))
    if not mixtures:
        raise NothingComparable(f"no chunk of DnR's {wanted.folder} is active", given=str(dict(dropped)))
    return save(output, mixtures, _meta(wanted, dnr, dropped))


def _chunks(wanted: DnrRecipe, dnr: DnrV2, dropped: Counter[str]) -> Iterator[Mixture]:
    first = f"/{STEMS[0]}.wav"
    for item in (clip.id.removesuffix(first) for clip in dnr.clips() if clip.id.endswith(first)):
        if not item.startswith(f"{wanted.folder}/"):
            continue
        stems = [dnr.read(f"{item}/{stem}.wav") for stem in STEMS]
        effects = _effects(dnr.home / item / "annots.csv")
        shortest = min(len(recording.audio) / recording.sample_rate for recording in stems)
        for begin in (number * wanted.seconds for number in range(int(shortest / wanted.seconds))):
            parts = [_cut(recording, begin, wanted.seconds) for recording in stems]
            if all(active(part, sample_rate=stems[0].sample_rate) for part in (np.sum(parts, axis=0), *parts)):
                yield _mixture(wanted, item, begin, effects)
            else:
                dropped["fewer than half of the frames active"] += 1


@dataclass(frozen=True)
class _Effect:
    """An annotated sound effect, in seconds of the mixture."""

    begin: float
    end: float
    tags: tuple[str, ...]


def _effects(path: Path) -> list[_Effect]:
    """The sound effects of ``annots.csv``; its eight columns are read by position, as its makers do."""
    header = read_text(path).splitlines()[:1]
    columns = next(csv.reader(header), [])
    found = []
    for line in read_table(path, ANNOTATION, header=columns, source="DnR v2", may_be_empty=("annotation",)):
        try:
            begin, end = float(line["mix_start"]), float(line["mix_end"])
        except ValueError:
            raise unlike(path, line.number, list(line.values.values()), "times in seconds", "DnR v2") from None
        if line["class"] in ("sfx", "background"):
            tags = (tag.strip().lower().replace("_", " ") for tag in line["annotation"].split(","))
            found.append(_Effect(begin, end, tuple(tag for tag in tags if tag)))
    return found


def _mixture(wanted: DnrRecipe, item: str, begin: float, effects: list[_Effect]) -> Mixture:
    heard = [effect for effect in effects if effect.begin < begin + wanted.seconds and effect.end > begin]
    tags = dict.fromkeys(tag for effect in heard for tag in effect.tags)
    texts = (STEMS[0], STEMS[1], ", ".join(tags) or STEMS[2])
    samples = round(wanted.seconds * wanted.sample_rate)
    sources = tuple(
        Source(
            corpus="dnr_v2",
            clip=f"{item}/{stem}.wav",
            start=round(begin * wanted.sample_rate),
            samples=samples,
            labels=(stem,),
            group=f"dnr_v2:{item}",
            role="noise" if index else "target",
            gain_db=0.0,
        )
        for index, stem in enumerate(STEMS)
    )
    queries = tuple(Query("label", "extract", (index,), text=text) for index, text in enumerate(texts))
    return with_id(
        Mixture("", sources, queries, wanted.sample_rate, samples, "none", "none", RESAMPLER, pair=f"{item}@{begin:g}s")
    )


def _meta(wanted: DnrRecipe, dnr: DnrV2, dropped: Counter[str]) -> Meta:
    return Meta(
        schema=SCHEMA,
        name=wanted.name,
        builder=f"sepbench {__version__} codecsep_dnr",
        seed=0,
        rows=0,
        content_hash="",
        recipe={key: value for key, value in dataclasses.asdict(wanted).items() if key != "notes"},
        corpora={"dnr_v2": dnr.version},
        licences={"dnr_v2": about("dnr_v2").licence},
        notes=wanted.notes,
        refused=dict(dropped),
    )


def _cut(recording: Recording, begin: float, seconds: float) -> np.ndarray:
    start = round(begin * recording.sample_rate)
    return recording.audio[start : start + round(seconds * recording.sample_rate)].astype(np.float64)


def active(signal: np.ndarray, *, sample_rate: int) -> bool:
    """Whether at least half of the 64 ms frames are within 30 dB of the loudest.

    >>> tone = np.sin(np.arange(44100))
    >>> parts = (np.r_[tone, 0.1 * tone, 0 * tone, 0 * tone], np.r_[tone, 0.01 * tone, 0 * tone, 0 * tone])
    >>> [active(part, sample_rate=44100) for part in parts]
    [True, False]
    """
    length = round(FRAME_SECONDS * sample_rate)
    frames = len(signal) // length
    powers = np.mean(signal[: frames * length].reshape(frames, length) ** 2, axis=1)
    if frames == 0 or powers.max() == 0:
        return False
    return bool(np.mean(powers >= powers.max() * 10 ** (-ACTIVE_RANGE_DB / 10)) >= ACTIVE_SHARE)
