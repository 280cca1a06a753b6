"""Metrics measured along sweeps, and the drawing of it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

import behaviour
import numpy as np

from sepbench.audio import resample
from sepbench.metrics.measure import measure_sample
from sepbench.metrics.metric import Measurement, Metric, Undefined
from sepbench.metrics.reduction import ItemStatistic
from sepbench.report.plots import COLOURS, STYLES

PATHS = re.compile(r"given [^;]*; ")
INK = "#808080"
"""Seen on white and on near-black: a picture does not know which page it is on."""
COLUMNS, PANEL = 2, (4.2, 2.6)
WIDEST = 3.6
"""Points; lines that lie on one another are all seen, the first being the widest."""
LEAST_SPAN = 0.1
"""Of the largest value: what the vertical axis shows at least, so that rounding is not drawn as a slope."""
CORNERS = ("the reference", "half as loud", "upside down", "the mixture", "silence")


def value(metric: Metric, asked: behaviour.Asked) -> float | None:
    """The metric's value for one mixture, None where it has none."""
    found = [measure_sample(sample, [metric])[metric.name] for sample in asked]
    if metric.reduce is None:
        return None if any(one.value is None for one in found) else fmean(one.value for one in found)
    kept = [
        ItemStatistic(f"mixture.{index}", "", "", one.value, one.arrays or {})
        for index, one in enumerate(found)
        if one.status == "ok"
    ]
    if not kept:
        return None
    try:
        return float(metric.reduce(kept, np.ones((1, len(kept)), dtype=np.int64))[0])
    except Undefined:
        return None


def why_unavailable(metric: Metric) -> str | None:
    """What a metric lacks on this machine, without where it was looked for; None where it lacks nothing."""
    sample = behaviour.sweeps(metric)[0].asked(0.0)[0]
    rate = metric.rate or sample.sample_rate
    signals = {
        name: resample(getattr(sample, name), sample.sample_rate, rate) for name in ("estimate", "reference", "mixture")
    }
    try:
        metric.measure(replace(sample, sample_rate=rate, **signals))
    except Undefined as undefined:
        return PATHS.sub("", str(undefined)) if undefined.status == "unavailable" else None
    return None


def corners(metric: Metric) -> Mapping[str, Measurement]:
    """What a metric says of estimates that everybody can picture."""
    right, mixture = behaviour.voice(), behaviour.voice() + behaviour.rain()
    estimates = (right, 0.5 * right, -right, mixture, np.zeros_like(right))
    asked = {name: behaviour.heard(estimate)[0] for name, estimate in zip(CORNERS, estimates, strict=True)}
    return {name: measure_sample(sample, [metric])[metric.name] for name, sample in asked.items()}


def drawing(metrics: Sequence[Metric]) -> str:
    """One panel for each sweep with a line for each metric, as SVG; the same bytes for the same values."""
    import matplotlib
    from matplotlib.figure import Figure

    panels = list(dict.fromkeys(sweep for metric in metrics for sweep in behaviour.sweeps(metric)))
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    colours = dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "grid.color"), INK
    )
    look = {"svg.hashsalt": "sepbench", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3, **colours}
    with matplotlib.rc_context(look):
        figure = Figure(figsize=(PANEL[0] * columns, PANEL[1] * rows + 0.3), layout="constrained")
        axes = np.atleast_1d(figure.subplots(rows, columns)).ravel()
        for axis, sweep in zip(axes, panels, strict=False):
            _panel(axis, sweep, metrics)
        for axis in axes[len(panels) :]:
            axis.set_visible(False)
        lines, names = axes[0].get_legend_handles_labels()
        if len(metrics) > 1:
            figure.legend(lines, names, loc="outside lower center", ncols=3, frameon=False)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _panel(axis: Any, sweep: behaviour.Sweep, metrics: Sequence[Metric]) -> None:
    asked = [sweep.asked(point) for point in sweep.points]
    for index, metric in enumerate(metrics):
        found = [value(metric, one) for one in asked]
        axis.plot(
            sweep.points,
            [np.nan if one is None else one for one in found],
            label=metric.name,
            color=COLOURS[index % len(COLOURS)],
            linestyle=STYLES[index % len(STYLES)],
            linewidth=WIDEST / (1 + 0.5 * index),
            marker="o",
            markersize=2.5,
        )
    _scaled(axis, sweep)
    low, high = axis.get_ylim()
    missing = LEAST_SPAN * max(abs(low), abs(high)) - (high - low)
    if missing > 0:
        axis.set_ylim(low - missing / 2, high + missing / 2)
    axis.set_xlabel(sweep.axis)
    axis.set_ylabel(metrics[0].unit or "value")


def _scaled(axis: Any, sweep: behaviour.Sweep) -> None:
    """The horizontal axis, with some of the points for ticks where steps are not even."""
    if sweep.scale == "linear":
        return
    axis.set_xscale(sweep.scale, **({"linthresh": behaviour.SAMPLE_MS} if sweep.scale == "symlog" else {}))
    shown = sweep.points[:: max(1, len(sweep.points) // 6)]
    axis.set_xticks(shown, [f"{point:.2g}" if point < 1 else f"{point:g}" for point in shown])
    axis.minorticks_off()
