"""The metrics that give a number of any ordinary pair of signals, with nothing but what is always installed."""

from __future__ import annotations

from sepbench.metrics.registry import metrics

# Of sets, by optional packages, and by judges and embedders with weights: these have tests of their own.
APART = ("judge_", "pesq_", "sum_", "visqol_")
ORDINARY = [name for name, metric in metrics().items() if not metric.embedder and not name.startswith(APART)]
