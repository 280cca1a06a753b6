"""Errors a user can act on.

Every one says what happened, what was given, what was wanted and what to do. The command line prints them as two lines
and no traceback; from Python they are ordinary exceptions.
"""

from __future__ import annotations

MOST_SHOWN = 1000


class SepbenchError(Exception):
    """A problem that its reader can solve.

    Args:
        what: what is wrong, in one line.
        given: the offending value or place; empty where there is none.
        wanted: what would have been right; empty where it is obvious.
        remedy: what to do about it.

    >>> print(SepbenchError("unknown metric", given="sisdr", wanted="a name from the list", remedy="use si_sdr"))
    unknown metric: given sisdr; wanted a name from the list
    """

    def __init__(self, what: str, *, given: str = "", wanted: str = "", remedy: str = "") -> None:
        self.what = on_one_line(what)
        self.given = on_one_line(given)
        self.wanted = on_one_line(wanted)
        self.remedy = on_one_line(remedy)
        super().__init__(self.what)

    def __str__(self) -> str:
        parts = [f"given {self.given}"] if self.given else []
        parts += [f"wanted {self.wanted}"] if self.wanted else []
        return self.what + (": " + "; ".join(parts) if parts else "")

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        # Exceptions cross process borders; the default would call the class with `what` alone and lose the rest.
        return _rebuild, (type(self), self.what, self.given, self.wanted, self.remedy, self.__dict__)


def _rebuild(
    kind: type[SepbenchError], what: str, given: str, wanted: str, remedy: str, state: dict[str, object]
) -> SepbenchError:
    error = kind.__new__(kind)
    SepbenchError.__init__(error, what, given=given, wanted=wanted, remedy=remedy)
    error.__dict__.update(state)
    return error


def on_one_line(text: str) -> str:
    """The text, cut where it is very long, with line ends and all else that is not printed written as escapes.

    What is wrong may stand in a file's text: it must neither forge a second line nor reach the terminal's controls.

    >>> on_one_line("a\\nb \\x1b[2J")
    'a\\\\nb \\\\x1b[2J'
    """
    if len(text) > MOST_SHOWN:
        text = f"{text[:MOST_SHOWN]} ..."
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class InvalidRecord(SepbenchError):
    """A manifest, suite or adapter file holds something it may not hold; `what` names file, line and field."""


class MissingData(SepbenchError):
    """A clip, a corpus or a file that the work needs is not on this machine."""


class MissingExtra(SepbenchError):
    """An optional dependency is not installed; the remedy is its install command."""


class NothingComparable(SepbenchError):
    """Nothing is left to score or compare after the given selection."""


class RunFolderError(SepbenchError):
    """A run folder is locked, belongs to another run, or cannot be written."""


class NotApplicable(SepbenchError):
    """A separator of fixed stems does not know what an item asks for: neither its failure nor its score."""


class SeparatorFailure(SepbenchError):
    """A separator broke its contract: wrong order, shape, type, or it could not be started."""
