"""What rows say beside their scores, held against the suite: no audio is needed for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from sepbench.engine.config import RunConfig
from sepbench.engine.finishing import Finisher
from sepbench.engine.plan import plan_jobs
from sepbench.engine.preparing import Prepared
from sepbench.engine.run import make_setup
from sepbench.engine.scoring import Scorer
from sepbench.metrics.metric import Status
from sepbench.results.key_index import KeyIndex
from sepbench.results.row_table import Rows
from sepbench.results.rows import Failure, Row
from sepbench.submission.contents import statistic_name
from sepbench.suite import Item

FACTS = (
    "separation_key", "score_key", "mode", "kind", "absent", "corpus", "label", "cluster", "source_count", "list",
    "pair", "variant", "faults", "removal",
)  # fmt: skip
UNHEARD = Failure("", "")


def row_faults(config: RunConfig, rows: Rows) -> Iterator[str]:
    """Rows that are not of the suite and the run's models, lacking, or other than those have to be, in words.

    Args:
        rows: a whole table.
    """
    if not len(rows):
        yield "there are none"
    index, matched = KeyIndex(rows.table), 0
    held = set(rows.items())
    for expected in expected_rows(config, [item for item in config.suite.items() if item.name in held]):
        place = index.place((expected.model, expected.item))
        if place is None:
            yield f"{expected.model} has no row of {expected.item}, of which others have one"
            continue
        matched += 1
        yield from _differing(rows.table[place], expected)
    if matched != len(rows):
        yield f"{len(rows) - matched} rows are of no model of the run, or of no item of the suite"


def expected_rows(config: RunConfig, items: Sequence[Item]) -> Iterator[Row]:
    """The rows of all models, as they are before anything is heard."""
    setup = make_setup(config, list(items))
    finisher = Finisher(setup, Scorer(config.metrics, setup.scoring_rate, setup.length_tolerance_ms))
    for job in plan_jobs(items, [model.name for model in config.models], rows=(), kept=()):
        yield from finisher.rows(Prepared(job, UNHEARD, {}, ()), {})


def statistic_faults(rows: Iterable[Row], there: Iterable[str]) -> Iterator[str]:
    """Arrays that rows name and are not there, and those that are there and no row names.

    Args:
        there: names of the archive's arrays.
    """
    named = {statistic_name(key) for row in rows for key in row.statistic_keys()}
    kept = set(there)
    yield from (f"{name} is named by a row and is not there" for name in sorted(named - kept))
    yield from (f"{name} is named by no row" for name in sorted(kept - named))


def _differing(row: Row, expected: Row) -> Iterator[str]:
    for name in FACTS:
        given, wanted = getattr(row, name), getattr(expected, name)
        if given != wanted:
            yield f"{row.model}, {row.item}: {name} is {given!r}, and {wanted!r} of the suite"
    strangers = set(row.metrics) - _names(row)
    if strangers:
        yield f"{row.model}, {row.item}: {sorted(strangers)[0]} has a value and a status that do not go together"


def _names(row: Row) -> set[str]:
    """The metrics whose status is one there is, and says rightly whether there is a value."""
    return {
        name
        for name, score in row.metrics.items()
        if score.status in get_args(Status)
        and (score.value is not None or name in row.statistics) == (score.status in ("ok", "trimmed"))
    }
