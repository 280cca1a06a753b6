"""People's ratings of what separators gave, from a CSV file, matched with a run's rows.

Columns ``model,item,rating`` and, if there is one, ``rater``, in any order; one line per judgement. Several judgements
of one answer are averaged.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepbench.errors import InvalidRecord, SepbenchError
from sepbench.records import read_text
from sepbench.results.rows import Row
from sepbench.tables import Line, read_table

COLUMNS, RATER = ("model", "item", "rating"), "rater"
SHOWN = 5
WANTED = f"the columns {','.join(COLUMNS)} and perhaps {RATER}"

Key = tuple[str, str]
"""Model and item."""


@dataclass(frozen=True)
class Rating:
    """The mean of so many judgements of one answer."""

    value: float
    judgements: int


def read_ratings(path: Path) -> dict[Key, Rating]:
    """Every answer's rating, by model and item.

    Raises:
        MissingData: no such file.
        InvalidRecord: other columns, a rating that is not a finite number, one rater twice on one answer; file and line
            are named.
    """
    columns = next(csv.reader(read_text(path).splitlines()[:1]), [])
    if sorted(columns) not in (sorted(COLUMNS), sorted((*COLUMNS, RATER))):
        raise InvalidRecord(
            f"{path}, line 1", given=",".join(columns) or "nothing", wanted=WANTED, remedy="name the columns so"
        )
    lines = read_table(path, columns, header=columns, source=f"a table with {WANTED}")
    if not lines:
        raise InvalidRecord(f"{path}: no ratings", given="a header", remedy="add a line for each judgement")
    judged: dict[Key, list[float]] = {}
    by_rater: set[tuple[str, str, str]] = set()
    for line in lines:
        if RATER in columns:
            _note_rater(path, line, by_rater)
        judged.setdefault((line["model"], line["item"]), []).append(_number(path, line))
    return {key: Rating(math.fsum(values) / len(values), len(values)) for key, values in sorted(judged.items())}


def _note_rater(path: Path, line: Line, seen: set[tuple[str, str, str]]) -> None:
    judgement = (line[RATER], line["model"], line["item"])
    if judgement in seen:
        raise InvalidRecord(
            f"{path}, line {line.number}: a rater's second judgement of one answer",
            given=", ".join(judgement),
            remedy="keep one of the two",
        )
    seen.add(judgement)


def _number(path: Path, line: Line) -> float:
    try:
        value = float(line["rating"])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidRecord(
            f"{path}, line {line.number}: rating", given=line["rating"], wanted="a finite number", remedy="correct it"
        )
    return value


def check_known(ratings: Iterable[Key], rows: Sequence[Row]) -> None:
    """Refuse ratings of answers that the run has not.

    Raises:
        SepbenchError: naming the first few models, or items, that are unknown.
    """
    models, answers = {row.model for row in rows}, {(row.model, row.item) for row in rows}
    strange_models = sorted({model for model, _ in ratings if model not in models})
    if strange_models:
        raise SepbenchError(
            "ratings of models that are not in the run",
            given=_first(strange_models),
            wanted=", ".join(sorted(models)),
            remedy="correct the column model, or give the run that was rated",
        )
    strange = sorted(f"{item} ({model})" for model, item in ratings if (model, item) not in answers)
    if strange:
        raise SepbenchError(
            "ratings of items that are not in the run",
            given=_first(strange),
            wanted="items as in rows.jsonl",
            remedy="correct the column item, or give the run that was rated",
        )


def unrated(ratings: Iterable[Key], rows: Sequence[Row]) -> dict[str, int]:
    """By model, how many of its answers nobody rated; models of which all were are left out."""
    known = set(ratings)
    return dict(sorted(Counter(row.model for row in rows if (row.model, row.item) not in known).items()))


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
