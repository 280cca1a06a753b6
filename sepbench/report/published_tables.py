"""Papers' numbers as Markdown, for the pages of suites: never in one table with measured ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sepbench.report.reported import head
from sepbench.results.published import Reported, published_for


def markdown(suite: str) -> str:
    """A table for every table of every paper that reports on the suite, and every test set in it.

    Args:
        suite: a suite's name; one that no paper used gives no text.

    >>> print(markdown("audiosep/premixed/clotho").splitlines()[-1])
    | AudioSep | 6.850 | 5.242 |
    """
    parts = []
    for (system, table), group in groupby(published_for(suite), key=lambda one: (one.paper.system, one.table.id)):
        found = list(group)
        for name in dict.fromkeys(one.test_set.name for one in found):
            rows = [one for one in found if one.test_set.name == name]
            parts.append("\n".join([f"{system}, {table}: {name}", "", *_table(rows)]))
    return "\n\n".join(parts)


def _table(rows: Sequence[Reported]) -> list[str]:
    stated = {name for one in rows for name, value in one.row.values.items() if value is not None}
    metrics = [metric for metric in rows[0].table.metrics if metric.name in stated]
    heads = ["system", *map(head, metrics)]
    body = [[one.row.name, *(metric.printed(one.row.values.get(metric.name)) for metric in metrics)] for one in rows]
    return ["| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *body)]
