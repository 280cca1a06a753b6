"""Papers' numbers as tables of the page: each with its source and protocol, never among measured ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sepbench.results.published import PublishedMetric, Reported, published_for

MIXTURES = {
    "same": "the mixtures of this suite",
    "other": "of the same description, but other mixtures than this suite's",
    "unclear": "unclear whether the mixtures are this suite's",
}
EVIDENCE = {"table": "a table", "abstract": "the abstract only", "second-hand": "another paper's account"}


@dataclass(frozen=True)
class ReportedTable:
    """One table of one paper on one test set; `reference` says where, `address` is that if a browser can open it."""

    title: str
    reference: str
    address: str
    notes: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def reported_tables(suite: str) -> tuple[ReportedTable, ...]:
    """What papers report on a suite's test sets; none for other suites.

    >>> [(one.title, len(one.rows)) for one in reported_tables("audiosep/premixed/clotho")]
    [('AudioSep, README: Clotho', 1)]
    """
    by_place = groupby(published_for(suite), key=lambda one: (one.paper.system, one.table.id, one.test_set.name))
    return tuple(
        _table(" ".join((f"{system},", f"{table}:", name)), list(found)) for (system, table, name), found in by_place
    )


def _table(title: str, found: Sequence[Reported]) -> ReportedTable:
    paper, table, test_set = found[0].paper, found[0].table, found[0].test_set
    stated = {name for one in found for name, value in one.row.values.items() if value is not None}
    metrics = [metric for metric in table.metrics if metric.name in stated]
    mixtures = "" if test_set.mixtures is None else f"Mixtures: {MIXTURES[test_set.mixtures]}."
    notes = (
        table.caption,
        table.protocol,
        mixtures,
        test_set.note,
        f"Read from {EVIDENCE[paper.evidence]}: {paper.version}.",
    )
    return ReportedTable(
        title=title,
        reference=f"{paper.title}, {paper.reference}",
        address=paper.reference if paper.reference.startswith("https://") else "",
        notes=tuple(note for note in notes if note),
        heads=tuple(head(metric) for metric in metrics),
        rows=tuple((one.row.name, tuple(m.printed(one.row.values.get(m.name)) for m in metrics)) for one in found),
    )


def head(metric: PublishedMetric) -> str:
    """A column's name with its unit and direction.

    >>> head(PublishedMetric(name="SDRi", unit="dB", better="higher", decimals=2, recipe="sdri"))
    'SDRi (dB) ↑'
    """
    unit = f" ({metric.unit})" if metric.unit else ""
    return metric.name + unit + {"higher": " ↑", "lower": " ↓", None: ""}[metric.better]
