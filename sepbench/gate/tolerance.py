"""Tolerances as they are typed: ``si_sdri=0.1dB,clap_ta=0.005,macs=1%``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from sepbench.errors import SepbenchError

FORM = re.compile(r"(?P<name>[^=\s]+)\s*=\s*(?P<amount>[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(?P<unit>[^\s0-9.]*)")
COSTS = ("macs", "parameters")
OF_THE_MACHINE = ("gpu_memory", "latency", "load_seconds", "memory", "rtf", "seconds", "speed", "time")
PERCENT = "%"


@dataclass(frozen=True)
class Tolerance:
    """How much worse may be: of a metric in its unit; of a cost in its number, or in percent of the baseline's."""

    name: str
    amount: float
    unit: str = ""

    @property
    def of_cost(self) -> bool:
        """Whether it is of a count of work and not of a metric."""
        return self.name in COSTS

    def __str__(self) -> str:
        space = " " if self.unit else ""
        return f"{self.amount:g}{space}{self.unit}"


def parse_tolerances(text: str) -> tuple[Tolerance, ...]:
    """Names with amounts, by comma.

    Raises:
        SepbenchError: another form, a name twice, a percentage of a metric (most have no zero to count from), or
            something that depends on the machine, which no shared machine can gate.

    >>> [str(one) for one in parse_tolerances("si_sdri=0.1dB, clap_ta=0.005, macs=1%")]
    ['0.1 dB', '0.005', '1 %']
    """
    found = tuple(_parse(part.strip()) for part in text.split(",") if part.strip())
    names = [one.name for one in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise SepbenchError("a tolerance is given twice", given=twice[0], remedy="give it once")
    return found


def _parse(part: str) -> Tolerance:
    match = FORM.fullmatch(part)
    amount = _number(match["amount"]) if match else None
    if match is None or amount is None:
        raise SepbenchError(
            "option --tolerance", given=part, wanted="METRIC=AMOUNT, the amount not negative", remedy="si_sdri=0.1dB"
        )
    tolerance = Tolerance(match["name"], amount, match["unit"])
    if tolerance.name in OF_THE_MACHINE:
        raise SepbenchError(
            "time and memory depend on the machine and are never gated",
            given=tolerance.name,
            wanted=" or ".join(COSTS),
            remedy="gate what is counted",
        )
    if (tolerance.unit == PERCENT) and not tolerance.of_cost:
        raise SepbenchError(
            "a metric is tolerated in its own unit", given=part, wanted="an amount", remedy=f"{tolerance.name}=0.1"
        )
    return tolerance


def _number(text: str) -> float | None:
    try:
        amount = float(text)
    except ValueError:
        return None
    return amount if math.isfinite(amount) else None
