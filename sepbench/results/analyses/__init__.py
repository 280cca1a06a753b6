"""What rows tell together that no average does: the form of ``analyses`` in ``summary.json``.

Each analysis takes the rows of one model, by metric, and gives plain data. Rows whose metric has no value are counted
and left out, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sepbench.results.analyses.activation import activation
from sepbench.results.analyses.scored import Scored
from sepbench.results.analyses.snr_curve import snr_curve
from sepbench.results.analyses.variants import variants
from sepbench.results.entries import Ground
from sepbench.suite import Analysis

ANALYSES: Mapping[Analysis, Callable[[Sequence[Scored], Ground], dict[str, Any]]] = {
    "activation": activation,
    "snr_curve": snr_curve,
    "variants": variants,
}


def analyse(names: Sequence[Analysis], scored: Sequence[Scored], ground: Ground) -> dict[str, Any]:
    """The named analyses of one model's rows."""
    return {name: ANALYSES[name](scored, ground) for name in names}
