"""What every process of a run is told once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepbench.engine.config import KeepAudio
from sepbench.separators.spec import Model, separation_key


@dataclass(frozen=True)
class Setup:
    """Everything a process needs to start a session; picklable, since processes are spawned."""

    models: tuple[Model, ...]
    metrics: tuple[str, ...]
    score_key: str
    scoring_rate: int
    length_tolerance_ms: float
    training: dict[str, Any]
    training_key: str
    device: str
    batch: int
    estimates: Path
    keep_audio: KeepAudio
    sampled: frozenset[str]
    given_estimates: Path | None
    logs: Path
    statistics: Path

    def context(self, model: Model) -> dict[str, Any]:
        """What the suite adds to a model's settings."""
        return {"training": self.training} if "training_clips" in model.file.needs else {}

    def separation_key(self, model: Model, item: str) -> str:
        """What the model's estimate of the item depends on."""
        return separation_key(model, self.training_key if "training_clips" in model.file.needs else "", item)
