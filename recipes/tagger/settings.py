"""What a recipe file of the tagger says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from recipes.training.mixtures import Drawing
from recipes.training.schedule import Schedule
from sepbench.manifest import STRICT


@dataclass(frozen=True)
class Settings:
    """A whole recipe.

    Attributes:
        suite: whose training side is learnt from.
        per_label: at most so many clips of a label.
        widths: channels of the six blocks; the official network's are 64 to 2048.
        drawing: mixtures of one source are clips.
    """

    __pydantic_config__: ClassVar = STRICT

    suite: str
    seed: int
    per_label: int
    widths: tuple[int, int, int, int, int, int]
    drawing: Drawing
    schedule: Schedule
    log_every: int
    save_every: int
