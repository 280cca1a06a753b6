"""Recipes of the robustness lists: what all of them say. Each kind adds its own fields beside its rule."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar

from sepbench.audio import HIGHEST_RATE, LOWEST_RATE
from sepbench.errors import InvalidRecord
from sepbench.manifest import MOST_SAMPLES, SCHEMA, STRICT
from sepbench.protocols.recipe import MAX_SOURCES, MIN_SOURCES, Recipe
from sepbench.records import load_toml

if TYPE_CHECKING:
    from pydantic import ConfigDict

AnyRecipe = TypeVar("AnyRecipe", bound="RobustnessRecipe")


@dataclass(frozen=True)
class Rule:
    """What a field's value must be; `good` says whether it is."""

    field: str
    good: bool
    wanted: str


@dataclass(frozen=True, kw_only=True)
class RobustnessRecipe:
    """How a robustness list is drawn from any corpus.

    Attributes:
        protocol: the kind of list.
        corpora: names of the corpora whose clips are drawn.
        split: only clips of this split.
        pairs: how many targets, dealt evenly over the labels; each gives one mixture, or one of every variant.
        seconds: length of a mixture; clips are taken from their start and padded at their end.
        gains: ``frozen``: the audio is read and every gain written down; ``solved``: no audio is opened, and gains
            follow from the ratio when a row is rendered.
        snr_db: lowest and highest ratio of the target to the sum of the others.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int
    protocol: str
    name: str
    seed: int
    corpora: tuple[str, ...]
    split: str
    pairs: int
    sample_rate: int
    seconds: float
    gains: Literal["frozen", "solved"]
    snr_db: tuple[float, float]
    notes: tuple[str, ...] = ()

    @property
    def samples(self) -> int:
        """Length of every mixture."""
        return round(self.seconds * self.sample_rate)

    @property
    def drawing(self) -> Recipe:
        """What `sepbench.protocols.draw.draw_rows` is to draw: one row per target."""
        return Recipe(
            schema=self.schema,
            name=self.name,
            seed=self.seed,
            corpora=self.corpora,
            split=self.split,
            rows=self.pairs,
            sample_rate=self.sample_rate,
            seconds=self.seconds,
            gains="solved",
            snr_db=self.snr_db,
            source_counts=self._source_counts(),
        )

    def rules(self) -> tuple[Rule, ...]:
        """What must hold of the values beyond their types."""
        return (
            Rule("schema", self.schema == SCHEMA, str(SCHEMA)),
            Rule("corpora", bool(self.corpora), "at least one corpus"),
            Rule("pairs", self.pairs > 0, "a positive number"),
            Rule("sample_rate", LOWEST_RATE <= self.sample_rate <= HIGHEST_RATE, f"{LOWEST_RATE} to {HIGHEST_RATE} Hz"),
            Rule("seconds", 1 <= self.seconds * self.sample_rate <= MOST_SAMPLES, f"1 to {MOST_SAMPLES} samples"),
            Rule("snr_db", self.snr_db[0] <= self.snr_db[1], "lowest, then highest"),
        )

    def _source_counts(self) -> tuple[int, ...]:
        return (2,)


@dataclass(frozen=True, kw_only=True)
class CountedRecipe(RobustnessRecipe):
    """A recipe that also says how many sources a mixture has; of several numbers one is drawn."""

    source_counts: tuple[int, ...] = (2,)

    def rules(self) -> tuple[Rule, ...]:
        """What must hold of the values beyond their types."""
        counts = self.source_counts
        good = bool(counts) and all(MIN_SOURCES <= count <= MAX_SOURCES for count in counts)
        return (*super().rules(), Rule("source_counts", good, f"numbers from {MIN_SOURCES} to {MAX_SOURCES}"))

    def _source_counts(self) -> tuple[int, ...]:
        return self.source_counts


def load_robustness_recipe(kind: type[AnyRecipe], path: Path) -> AnyRecipe:
    """Read a recipe of one kind.

    Raises:
        MissingData, InvalidRecord: naming file, line and field.
    """
    recipe = load_toml(kind, path)
    for rule in recipe.rules():
        if not rule.good:
            given = str(getattr(recipe, rule.field))
            raise InvalidRecord(f"{path}: field {rule.field}", given=given, wanted=rule.wanted, remedy="correct it")
    return recipe
