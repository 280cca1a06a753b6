"""Who is meant: runs and models as they are typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sepbench.errors import MissingData, NothingComparable, SepbenchError
from sepbench.results.answers import Answers, answers_of
from sepbench.results.run_folder import ESTIMATES, RUN, Run, estimate_path, load_run
from sepbench.search_path import closest


@dataclass(frozen=True)
class Subject:
    """One model of one run."""

    run: Run
    answers: Answers
    model: str

    @property
    def name(self) -> str:
        """As it can be typed."""
        return f"{self.run.folder}:{self.model}"

    def sound(self, item: str) -> Path | None:
        """The item's estimate, where the run kept it."""
        path = estimate_path(self.run.folder / ESTIMATES, self.model, item)
        return path if path.is_file() else None


@dataclass(frozen=True)
class _Named:
    folder: Path | None
    model: str | None


def find_subjects(before: str, after: str) -> list[tuple[Subject, Subject]]:
    """Pairs of subjects from two words: RUN, RUN:MODEL, a folder of runs, or a model of the other word's run.

    Two folders of runs are matched by their suites' names; two runs without a model by their models' names, or, with
    one model each, whatever these are called.

    Raises:
        MissingData: no such run, or no such model in it.
        SepbenchError: it does not follow who is meant.
    """
    one, other = _named(before), _named(after)
    first, second = one.folder or other.folder, other.folder or one.folder
    if first is None or second is None:
        raise MissingData("no run folder named", given=before, wanted="RUN or RUN:MODEL", remedy="check the path")
    pairs = []
    for old, new in _same_suites(first, second):
        old_answers = answers_of(old)
        new_answers = old_answers if new is old else answers_of(new)
        for model_before, model_after in _models(old_answers, one.model, new_answers, other.model):
            pairs.append((Subject(old, old_answers, model_before), Subject(new, new_answers, model_after)))
    if any(left.name == right.name for left, right in pairs):
        raise SepbenchError("a model against itself", given=pairs[0][0].name, remedy="name RUN:MODEL twice")
    return pairs


def _named(text: str) -> _Named:
    """The folder a word begins with, and the model after a colon; variants have colons too."""
    if Path(text).is_dir():
        return _Named(Path(text), None)
    for place, letter in enumerate(text):
        if letter == ":" and place and Path(text[:place]).is_dir():
            return _Named(Path(text[:place]), text[place + 1 :])
    if "/" in text:
        raise MissingData("not a run folder", given=text, wanted=f"a folder with {RUN}", remedy="check the path")
    return _Named(None, text)


def _same_suites(first: Path, second: Path) -> Iterator[tuple[Run, Run]]:
    if first.resolve() == second.resolve():
        yield from ((run, run) for run in _runs(first))
        return
    olds, news = _runs(first), _runs(second)
    if len(olds) == len(news) == 1:
        yield olds[0], news[0]
        return
    by_suite = {run.summary["suite"]["name"]: run for run in news}
    common = [(old, by_suite[name]) for old in olds if (name := old.summary["suite"]["name"]) in by_suite]
    if not common:
        raise NothingComparable("no suite in common", given=str(first), wanted=str(second), remedy="name two runs")
    yield from common


def _runs(folder: Path) -> list[Run]:
    inside = sorted(path.parent for path in folder.glob(f"*/{RUN}"))
    runs = [load_run(path) for path in ([folder] if (folder / RUN).is_file() or not inside else inside)]
    names = [run.summary["suite"]["name"] for run in runs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise SepbenchError(
            f"{folder} holds several runs of one suite", given=twice[0], remedy="name the run's own folder"
        )
    return runs


def _models(old: Answers, before: str | None, new: Answers, after: str | None) -> list[tuple[str, str]]:
    for wanted, side in ((before, old), (after, new)):
        if wanted is not None and wanted not in side.models:
            remedy = closest(wanted, list(side.models))
            raise MissingData("the run has no such model", given=wanted, remedy=remedy)
    if before is not None or after is not None:
        return [(before or _counterpart(old, str(after)), after or _counterpart(new, str(before)))]
    if common := sorted(old.models.keys() & new.models.keys()):
        return [(model, model) for model in common]
    return [(_only(old), _only(new))]


def _counterpart(side: Answers, model: str) -> str:
    return model if model in side.models else _only(side)


def _only(side: Answers) -> str:
    if len(side.models) != 1:
        raise SepbenchError(
            "several models could be meant", given=", ".join(sorted(side.models)), remedy="name one as RUN:MODEL"
        )
    return next(iter(side.models))
