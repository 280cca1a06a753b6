"""The two walls of the house: what fails behind them becomes a row. Nowhere else is caught so broadly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sepbench.errors import NotApplicable, SepbenchError
from sepbench.mixing import UnrenderableMixture
from sepbench.results.rows import Failure, RowStatus

Result = TypeVar("Result")
MESSAGE_LENGTH = 500


def around_item(work: Callable[[], Result]) -> Result | Failure:
    """Do the work of one item; a failure of it is that item's result and no one else's."""
    try:
        return work()
    except Exception as error:
        return describe(error)


def around_adapter(start: Callable[[], Result]) -> Result | Failure:
    """Start one adapter, foreign code that may fail in any way; its items then say why they were not separated."""
    try:
        return start()
    except Exception as error:
        return describe(error)


def row_status(failure: Failure) -> RowStatus:
    """Whether the list is to blame, nobody, or the model and this machine."""
    if failure.type == NotApplicable.__name__:
        return "not_applicable"
    return "refused" if failure.type == UnrenderableMixture.__name__ else "failed"


def describe(error: Exception) -> Failure:
    """The failure as rows carry it: type, and message with the remedy where there is one."""
    remedy = f" ({error.remedy})" if isinstance(error, SepbenchError) and error.remedy else ""
    return Failure(type(error).__name__, f"{error}{remedy}"[:MESSAGE_LENGTH])
