"""What was found out about a submission."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["passed", "failed", "not done"]
SHOWN = 5


@dataclass(frozen=True)
class Check:
    """One of the checks: what was looked at, or what is wrong."""

    name: str
    outcome: Outcome
    what: str


@dataclass(frozen=True)
class Verification:
    """All checks, in their order."""

    archive: str
    checks: tuple[Check, ...]
    suite: str = ""
    models: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing was found wrong."""
        return all(check.outcome != "failed" for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return dataclasses.asdict(self) | {"schema": 1, "passed": self.passed}


def check(name: str, faults: Iterable[str], otherwise: str) -> Check:
    """A check that failed if there are any faults, of which a few are told.

    >>> check("files", [], "3 files").outcome, check("files", ["a is missing"], "3 files").what
    ('passed', '1 fault: a is missing')
    """
    found = list(faults)
    if not found:
        return Check(name, "passed", otherwise)
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    counted = f"{len(found)} fault" + ("s" if len(found) > 1 else "")
    return Check(name, "failed", f"{counted}: {'; '.join(found[:SHOWN])}{more}")
