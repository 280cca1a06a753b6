"""Plots as inline SVG: the same bytes for the same numbers, in the page's own text colour on light and dark."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from sepbench.report.records import Column
from sepbench.report.view import IMPROVEMENTS

# Okabe and Ito's colours that can be told apart by colour-blind readers and seen on white and on near-black; markers
# and line styles, whose counts have no common divisor with the colours', tell the rest.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b58500")
STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
INK = "#010203"  # matplotlib knows no currentColor: this stands for it until the SVG is written
SPREAD_DB = 2.0  # curves are set side by side within this much of a bin, so that their intervals can be seen
SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


@dataclass(frozen=True)
class Curve:
    """One model over the bins: their centres, values and how far the interval reaches below and above."""

    model: str
    oracle: bool
    centres: list[float]
    values: list[float]
    below: list[float]
    above: list[float]


def snr_curves(summary: Mapping[str, Any], metric: Column, prefix: str) -> str:
    """The metric over bins of SNR, a line with its 95 % intervals per model; empty where there are no bins.

    Controls are left to the tables: of an improvement the mixture's is zero, and noise lies so low that nothing else
    could be told apart. `prefix` keeps this SVG's ids apart from others' on the page.
    """
    found = [_curve(name, model, metric.name) for name, model in _shown(summary)]
    return _over_snr(found, metric, "SNR of the item in the mixture (dB)", prefix)


def swept_curves(summary: Mapping[str, Any], metric: Column, prefix: str) -> str:
    """The metric at the ratios of the analysis ``snr_curve``, drawn as `snr_curves`; empty where there are none."""
    found = [_swept(name, model, metric.name) for name, model in _shown(summary)]
    return _over_snr(found, metric, "SNR of the mixture (dB)", prefix)


def roc_curves(summary: Mapping[str, Any], prefix: str) -> str:
    """How many present and how many absent sounds are answered above each level, a line per model that is no control.

    The diagonal is where the controls lie that do not listen. Empty where no model has both kinds of answers.
    """
    curves = [(name, model, model["analyses"].get("activation")) for name, model in _shown(summary)]
    drawn = [(name, model, found) for name, model, found in curves if found and found["curve"]["level_db"]]
    if not drawn:
        return ""

    def draw(axis: Any) -> None:
        axis.plot([0, 1], [0, 1], color=INK, linewidth=0.8)
        for index, (name, model, found) in enumerate(drawn):
            oracle = model["paradigm"] == "oracle"
            points = [0.0, *found["curve"]["absent"]], [0.0, *found["curve"]["present"]]
            look = _look(index, oracle) | {"marker": ""}  # a point per answer would hide the line
            axis.plot(*points, label=_label(name, oracle), **look, clip_on=False, zorder=3)
        axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axis.set_xlabel("share of absent sounds answered above a level", color=INK)
        axis.set_ylabel("share of present sounds answered above it", color=INK)

    return _plot((8, 3.8), draw, prefix)


def _shown(summary: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Models that are no controls, oracles last."""
    models = sorted(summary["models"].items(), key=lambda each: (each[1]["paradigm"] == "oracle", each[0]))
    return [(name, model) for name, model in models if model["paradigm"] != "control"]


def _over_snr(found: Sequence[Curve], metric: Column, label: str, prefix: str) -> str:
    """Curves side by side; empty where none has two points."""
    curves = [curve for curve in found if len(curve.values) > 1]
    if not curves:
        return ""

    def draw(axis: Any) -> None:
        for index, curve in enumerate(curves):
            _draw(axis, curve, index, SPREAD_DB * ((index + 0.5) / len(curves) - 0.5))
        if metric.name in IMPROVEMENTS:
            axis.axhline(0, color=INK, linewidth=0.8)
        axis.set_xlabel(label, color=INK)
        axis.set_ylabel(_text(f"{metric.label} ({metric.unit})" if metric.unit else metric.label), color=INK)

    return _plot((8, 3.6), draw, prefix)


def _plot(size: tuple[float, float], draw: Callable[[Any], None], prefix: str) -> str:
    """One drawing with its legend beside it, in the page's colours."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "sepbench", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=size, layout="constrained")
        axis = figure.subplots()
        draw(axis)
        axis.tick_params(colors=INK)
        for name, spine in axis.spines.items():
            spine.set_visible(name in ("left", "bottom"))
            spine.set_color(INK)
        axis.legend(frameon=False, labelcolor=INK, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
        return _svg(figure, prefix)


def _label(model: str, oracle: bool) -> str:
    return _text(model) + (" (oracle)" if oracle else "")


def _look(index: int, oracle: bool) -> dict[str, Any]:
    """Colour, style and marker of the n-th line."""
    return {
        "color": INK if oracle else COLOURS[index % len(COLOURS)],
        "linestyle": STYLES[index % len(STYLES)],
        "marker": MARKERS[index % len(MARKERS)],
        "markersize": 4,
        "linewidth": 1 if oracle else 1.5,
    }


def _draw(axis: Any, curve: Curve, index: int, shift: float) -> None:
    axis.errorbar(
        [centre + shift for centre in curve.centres],
        curve.values,
        yerr=[curve.below, curve.above],
        label=_label(curve.model, curve.oracle),
        **_look(index, curve.oracle),
        elinewidth=1,
    )


def _text(name: str) -> str:
    """A text as it is: "$" would start mathematics, a leading "_" hides a label from the legend, and XML has no place
    for control characters.
    """
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
    return ("\u200b" if name.startswith("_") else "") + shown.replace("$", "\\$")


def _curve(name: str, model: Mapping[str, Any], metric: str) -> Curve:
    bins = model["slices"].get("snr_bin", {})
    centres = ((sum(map(float, edges.split(".."))) / 2, table.get(metric)) for edges, table in bins.items())
    return _curve_of(name, model, sorted(centres, key=lambda each: each[0]))


def _swept(name: str, model: Mapping[str, Any], metric: str) -> Curve:
    curve = model["analyses"].get("snr_curve", {}).get(metric, {"snr_db": [], "points": []})
    return _curve_of(name, model, list(zip(curve["snr_db"], curve["points"], strict=True)))


def _curve_of(name: str, model: Mapping[str, Any], points: Sequence[tuple[float, Mapping[str, Any] | None]]) -> Curve:
    found = [(centre, entry) for centre, entry in points if entry is not None and entry["value"] is not None]
    values = [entry["value"] for _, entry in found]
    intervals = [entry["ci95"] or [entry["value"]] * 2 for _, entry in found]
    # Where bootstrap intervals miss their own value (a bin of very few recordings), the bar ends at the value.
    below = [max(value - low, 0.0) for value, (low, _) in zip(values, intervals, strict=True)]
    above = [max(high - value, 0.0) for value, (_, high) in zip(values, intervals, strict=True)]
    return Curve(name, model["paradigm"] == "oracle", [centre for centre, _ in found], values, below, above)


def _svg(figure: Any, prefix: str) -> str:
    """The drawing alone: no metadata, ids of its own, and the page's text colour for what is not a curve."""
    buffer = io.StringIO()
    with warnings.catch_warnings():
        # Texts stay texts in the SVG: letters that matplotlib's font lacks are drawn by the reader's.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(buffer.getvalue())
    for metadata in root.findall(f"{SVG}metadata"):
        root.remove(metadata)
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        for key, value in list(element.attrib.items()):
            element.set(key, _own(key, value, prefix))
        if HREF in element.attrib:
            element.set("href", element.attrib.pop(HREF))
    return ElementTree.tostring(root, encoding="unicode").strip()


def _own(key: str, value: str, prefix: str) -> str:
    if key == "id":
        return f"{prefix}-{value}"
    if key == HREF:
        return f"#{prefix}-{value.removeprefix('#')}"
    return value.replace("url(#", f"url(#{prefix}-").replace(INK, "currentColor")
