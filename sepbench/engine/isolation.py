"""The two walls of the house: what fails behind them becomes a row. Nowhere else is caught so broadly."""

from __future__ import annotations

from collections.abc import Callable
from traceback import TracebackException
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
    except (Exception, SystemExit) as error:  # foreign code that calls sys.exit(0) is no finished run
        return describe(error)


def around_adapter(start: Callable[[], Result]) -> Result | Failure:
    """Start one adapter, foreign code that may fail in any way; its items then say why they were not separated."""
    try:
        return start()
    except (Exception, SystemExit) as error:
        return describe(error)


def row_status(failure: Failure) -> RowStatus:
    """Whether the list is to blame, nobody, or the model and this machine."""
    if failure.type == NotApplicable.__name__:
        return "not_applicable"
    return "refused" if failure.type == UnrenderableMixture.__name__ else "failed"


def describe(error: BaseException) -> Failure:
    """The failure as rows carry it: type, and message with the remedy where there is one; what UTF-8 cannot hold, as of
    a file's name, becomes ``?``."""
    remedy = f" ({error.remedy})" if isinstance(error, SepbenchError) and error.remedy else ""
    message = f"{_said(error)}{remedy}"[:MESSAGE_LENGTH]
    return Failure(type(error).__name__, message.encode(errors="replace").decode())


def _said(error: BaseException) -> str:
    """An error's message, of a foreign error that fails to give one as well."""
    return str(TracebackException(type(error), error, None, lookup_lines=False))
