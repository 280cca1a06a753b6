"""The page: run folders in, one HTML file out that asks nothing of any host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepbench.errors import InvalidRecord, SepbenchError
from sepbench.manifest import write_whole
from sepbench.report.plots import snr_curves
from sepbench.report.view import (
    SLICE_TITLES,
    SORT_BY,
    Column,
    Group,
    SliceTable,
    columns,
    groups,
    slice_tables,
)
from sepbench.results.run_folder import RUN, SUMMARY, read_json


@dataclass(frozen=True)
class Section:
    """One run on the page."""

    suite: Mapping[str, Any]
    run: Mapping[str, Any]
    models: Mapping[str, Any]
    columns: list[Column]
    groups: list[Group]
    paper_columns: list[Column]
    paper_groups: list[Group]
    sorted_by: str
    plot: str
    slices: list[SliceTable]


def write_report(runs: Sequence[Path], output: Path) -> Path:
    """Write the page.

    Args:
        runs: run folders, one section each.
        output: the HTML file; it appears whole or not at all.

    Raises:
        MissingData: a folder without ``summary.json`` or ``run.json``.
        InvalidRecord: one of another schema, or without what the page shows.
        SepbenchError: the page cannot be written there.
    """
    from jinja2 import UndefinedError

    try:
        html = render_page([_section(folder) for folder in runs])
    except UndefinedError as error:
        raise _foreign(runs[0], error) from error
    try:
        write_whole(output, html)
    except OSError as error:
        raise SepbenchError(
            "the page cannot be written", given=f"{output}: {error.strerror}", remedy="choose another --output"
        ) from error
    return output


def _section(folder: Path) -> Section:
    summary, run = read_json(folder / SUMMARY), read_json(folder / RUN)
    try:
        return build_section(summary, run)
    except (KeyError, TypeError, IndexError) as error:
        raise _foreign(folder, error) from error


def _foreign(folder: Path, error: Exception) -> InvalidRecord:
    return InvalidRecord(
        f"{folder / SUMMARY}: not a summary of this version",
        given=f"{type(error).__name__}: {error}",
        remedy="run the same sepbench run command again: it rewrites the summary from the rows",
    )


def build_section(summary: Mapping[str, Any], run: Mapping[str, Any]) -> Section:
    """Everything one run shows."""
    ours, papers = columns(summary, papers=False), columns(summary, papers=True)
    leading = next((column for name in SORT_BY for column in ours if column.name == name), None)
    return Section(
        suite=summary["suite"],
        run=run,
        models=summary["models"],
        columns=ours,
        groups=groups(summary, ours),
        paper_columns=papers,
        paper_groups=groups(summary, papers) if papers else [],
        sorted_by="" if leading is None else leading.label,
        plot="" if leading is None else snr_curves(summary, leading),
        slices=slice_tables(summary, ours),
    )


def render_page(sections: Sequence[Section]) -> str:
    """The HTML, every text escaped; the plots are the only markup taken as it is."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("sepbench.report"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(sections=sections, slice_titles=SLICE_TITLES)
