"""A recipe: everything that decides a drawn list, in one TOML file; it is written into the list's meta file whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from sepbench.audio import HIGHEST_RATE, LOWEST_RATE
from sepbench.errors import InvalidRecord
from sepbench.manifest import MOST_SAMPLES, SCHEMA, STRICT, ClipRule, SnrMode
from sepbench.records import load_toml

if TYPE_CHECKING:
    from pydantic import ConfigDict

MIN_SOURCES, MAX_SOURCES = 2, 5


Exclusion = Literal["shared_class", "ancestor", "recording"]


@dataclass(frozen=True)
class QueryShares:
    """In which share (0 to 1) of the mixtures each kind of query is asked.

    `label`, `caption` and `paraphrases` (all the clip has) speak of the target; `other_labels` and `other_captions` ask
    for every other source too; `absent` for a class that no source has; `remove` for a label to be taken out, of a
    drawn source.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    label: float = 1.0
    other_labels: float = 0.0
    caption: float = 0.0
    paraphrases: float = 0.0
    absent: float = 0.0
    remove: float = 0.0
    other_captions: float | None = None


@dataclass(frozen=True)
class Recipe:
    """How a list is drawn.

    Attributes:
        corpora: names of the corpora whose clips are drawn, targets and noises alike.
        split: only clips of this split.
        rows: how many mixtures, dealt evenly over the labels.
        source_counts: numbers of sources a mixture may have, drawn evenly.
        snr_db: lowest and highest ratio of the target to the sum of the others, drawn evenly.
        gains: ``frozen``: the audio is read and every gain written down; ``solved``: no audio is opened, and gains
            follow from `snr_db` when a row is rendered, so that everybody with the index draws the same list;
            ``native``: every clip at its own level, a plain sum (`snr_db` is then left out).
        seconds: length of every mixture; clips are taken from their start and padded at their end.
        exclusion: which clips may not meet, beside those of one recording: ``shared_class`` (None), any class in
            common, however coarse; ``ancestor``, a class of one that is a class of the other or above it;
            ``recording``, no others.
        takes: how often a clip may be a target, each time among others.
        starts: seconds into a clip at which its window may begin, one drawn for each use; None is its start.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int
    name: str
    seed: int
    corpora: tuple[str, ...]
    split: str
    rows: int
    sample_rate: int
    seconds: float
    gains: Literal["frozen", "solved", "native"]
    snr_db: tuple[float, float] | None = None
    source_counts: tuple[int, ...] = (2,)
    snr_mode: SnrMode = "power"
    clip_rule: ClipRule = "peak_0.9_if_gt_1"
    queries: QueryShares = QueryShares()
    notes: tuple[str, ...] = ()
    protocol: Literal["draw"] = "draw"
    exclusion: Exclusion | None = None
    takes: int | None = None
    starts: tuple[float, ...] | None = None

    @property
    def samples(self) -> int:
        """Length of every mixture."""
        return round(self.seconds * self.sample_rate)


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        MissingData, InvalidRecord: naming file, line and field.
    """
    recipe = load_toml(Recipe, path)
    shares = [share for share in vars(recipe.queries).values() if share is not None]
    counts, native = recipe.source_counts, recipe.gains == "native"
    for field, value, good, wanted in (
        ("schema", recipe.schema, recipe.schema == SCHEMA, str(SCHEMA)),
        ("corpora", recipe.corpora, bool(recipe.corpora), "at least one corpus"),
        ("rows", recipe.rows, recipe.rows > 0, "a positive number"),
        (
            "sample_rate",
            recipe.sample_rate,
            LOWEST_RATE <= recipe.sample_rate <= HIGHEST_RATE,
            f"{LOWEST_RATE} to {HIGHEST_RATE} Hz",
        ),
        (
            "seconds",
            recipe.seconds,
            1 <= recipe.seconds * recipe.sample_rate <= MOST_SAMPLES,
            f"1 to {MOST_SAMPLES} samples",
        ),
        ("snr_db", recipe.snr_db, (recipe.snr_db is None) == native, "a range, but none for native gains"),
        ("snr_db", recipe.snr_db, not recipe.snr_db or recipe.snr_db[0] <= recipe.snr_db[1], "lowest, then highest"),
        (
            "source_counts",
            counts,
            counts and all(MIN_SOURCES <= n <= MAX_SOURCES for n in counts),
            f"numbers from {MIN_SOURCES} to {MAX_SOURCES}",
        ),
        ("queries", shares, all(0 <= share <= 1 for share in shares), "shares from 0 to 1"),
        ("snr_mode", recipe.snr_mode, (recipe.snr_mode == "none") == native, "none with native gains, and only there"),
        ("takes", recipe.takes, recipe.takes is None or recipe.takes > 0, "a positive number"),
        (
            "starts",
            recipe.starts,
            recipe.starts is None or min(recipe.starts, default=-1) >= 0,
            "seconds, none below 0",
        ),
    ):
        if not good:
            raise InvalidRecord(f"{path}: field {field}", given=str(value), wanted=wanted, remedy="correct the recipe")
    return recipe
