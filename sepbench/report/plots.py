"""Plots as inline SVG: the same bytes for the same numbers, readable on light and dark."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from sepbench.report.view import Column

# Okabe and Ito's palette: told apart by colour-blind readers; line styles tell the rest.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
STYLES = ("-", "--", "-.", ":")
NEUTRAL = "#888888"


def snr_curves(summary: Mapping[str, Any], metric: Column) -> str:
    """The metric over 5 dB bins of SNR, a line with its 95 % interval per model; empty where there are no bins.

    Controls are left to the tables: of an improvement the mixture's is zero, and noise lies so low that nothing else
    could be told apart.
    """
    shown = {name: model for name, model in summary["models"].items() if model["paradigm"] != "control"}
    curves = {name: _points(model, metric.name) for name, model in shown.items()}
    curves = {name: points for name, points in curves.items() if len(points) > 1}
    if not curves:
        return ""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "sepbench", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(8, 3.6), layout="constrained")
        axis = figure.subplots()
        for index, (name, points) in enumerate(curves.items()):
            colour, style = COLOURS[index % len(COLOURS)], STYLES[index // len(COLOURS) % len(STYLES)]
            centres, values, lows, highs = zip(*points, strict=True)
            # "_" hides a label from matplotlib's legend; "$" would start mathematics.
            label = name.replace("$", "\\$").lstrip("_")
            axis.plot(centres, values, style, color=colour, marker="o", markersize=4, label=label)
            axis.fill_between(centres, lows, highs, color=colour, alpha=0.15, linewidth=0)
        axis.axhline(0, color=NEUTRAL, linewidth=0.8)
        axis.set_xlabel("SNR of the item in the mixture (dB)", color=NEUTRAL)
        axis.set_ylabel(f"{metric.label} ({metric.unit})" if metric.unit else metric.label, color=NEUTRAL)
        axis.tick_params(colors=NEUTRAL)
        for spine in axis.spines.values():
            spine.set_color(NEUTRAL)
        axis.legend(frameon=False, labelcolor=NEUTRAL, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
        return _svg(figure)


def _points(model: Mapping[str, Any], metric: str) -> list[tuple[float, float, float, float]]:
    """(bin's centre, value, low, high) where the bin has a value."""
    points = []
    for name, table in model["slices"].get("snr_bin", {}).items():
        entry = table.get(metric)
        if entry is not None and entry["value"] is not None:
            low, high = (float(edge) for edge in name.split(".."))
            interval = entry["ci95"] or [entry["value"]] * 2
            points.append(((low + high) / 2, entry["value"], interval[0], interval[1]))
    return sorted(points)


def _svg(figure: Any) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :].strip()
