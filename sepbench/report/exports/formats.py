"""The formats by name, and writing one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from sepbench.errors import SepbenchError
from sepbench.paths import write_whole_bytes
from sepbench.report.exports.badge import badge
from sepbench.report.exports.data import csv_text, json_text, parquet_bytes
from sepbench.report.exports.entries import entries
from sepbench.report.exports.gathered import gather
from sepbench.report.exports.latex import latex
from sepbench.report.exports.markdown import markdown
from sepbench.report.exports.model_card import model_card

Format = Literal["md", "latex", "csv", "json", "parquet", "badge", "model-card"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class Wish:
    """What is to be exported.

    Attributes:
        metrics: the columns, in place of all.
        model: for a badge and a model card, which are about one.
        intervals: whether tables for readers show them; data always have them.
        source: address of a page with the results, for a model card.
    """

    format: Format
    metrics: tuple[str, ...] = ()
    model: str = ""
    intervals: bool = False
    source: str = ""


def export(runs: Sequence[Path], wish: Wish) -> bytes:
    """The content of the exported file.

    Raises:
        MissingData, InvalidRecord: no run folder, or one that this version did not write; no such model.
        MissingExtra: an optional package is missing.
        NothingComparable: the runs do not fit into the format.
        SepbenchError: no such metric.
    """
    found = [gather(folder, wish.metrics) for folder in runs]
    match wish.format:
        case "md":
            text = markdown(found, intervals=wish.intervals)
        case "latex":
            text = latex(found, intervals=wish.intervals)
        case "csv":
            text = csv_text(entries(found))
        case "json":
            text = json_text(entries(found))
        case "badge":
            text = badge(found, wish.model)
        case "model-card":
            text = model_card(found, wish.model, source=wish.source)
        case "parquet":
            return parquet_bytes(entries(found))
    return text.encode()


def write_export(output: Path, content: bytes) -> Path:
    """Write it, whole or not at all.

    Raises:
        SepbenchError: it cannot be written there.
    """
    try:
        write_whole_bytes(output, content)
    except OSError as error:
        raise SepbenchError(
            "the export cannot be written", given=f"{output}: {error.strerror}", remedy="choose another --output"
        ) from error
    return output
