"""What a gate found: one check for every model and limit, and what all of them come to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from sepbench.manifest import SCHEMA
from sepbench.results.answers import Value

Outcome = Literal["passed", "failed", "not comparable"]
EXIT_CODES: dict[Outcome, int] = {"passed": 0, "failed": 1, "not comparable": 2}


@dataclass(frozen=True)
class Moved:
    """An item whose value is another one than in the baseline; `metric` is ``audio`` where its sound is."""

    item: str
    metric: str
    before: Value
    after: Value


@dataclass(frozen=True)
class Check:
    """One limit of one model.

    Attributes:
        name: a metric, a cost, or ``exact``.
        why: the outcome in one sentence.
        items: how many both sides have a value for.
        change: of the average, after less before, and its `interval` at the level `level`.
        moved: the items that moved most to the worse, first of all those that lost their value.
    """

    model: str
    name: str
    outcome: Outcome
    why: str
    tolerance: str = ""
    items: int = 0
    change: float | None = None
    interval: tuple[float, float] | None = None
    level: float | None = None
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """All checks; `notes` are what a reader must know beside them."""

    suite: str
    suite_hash: str
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """1 where something got worse; else 2 where a check had nothing to compare; else 0."""
        return EXIT_CODES[self.outcome]

    @property
    def outcome(self) -> Outcome:
        """Of the whole gate."""
        outcomes = {check.outcome for check in self.checks}
        if "failed" in outcomes:
            return "failed"
        return "not comparable" if "not comparable" in outcomes or not outcomes else "passed"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"schema": SCHEMA, "outcome": self.outcome, "exit_code": self.exit_code, **asdict(self)}
