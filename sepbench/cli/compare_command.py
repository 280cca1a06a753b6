"""``sepbench compare``: two models, item by item."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sepbench.cli import options


def compare(
    before: Annotated[str, typer.Argument(metavar="A", help="RUN or RUN:MODEL, or a folder of runs.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The same, or another model of A's run.")],
    metrics: Annotated[str, typer.Option("--metrics", help="Metrics to compare, by comma. [default: all]")] = "",
    by: Annotated[str, typer.Option("--by", help="The metric whose most changed items are shown.")] = "",
    items: Annotated[int, typer.Option("--items", min=0, help="Most changed items to name, of each metric.")] = 10,
    json: options.Json = False,
) -> None:
    """Paired differences of B against A with intervals and tests, by slice, and the items that changed most."""
    from sepbench.cli import compare_view
    from sepbench.engine.reducing import reducing_apart
    from sepbench.results.matches import compare_subjects
    from sepbench.results.subjects import find_subjects

    pairs = find_subjects(before, after)
    with reducing_apart(Path()) as reducing:
        found = compare_subjects(pairs, options.names(metrics), most_moved=items, carry_out=reducing.carry_out)
    compare_view.show(found, by=by, as_json=json)
