"""What a run says of itself and no row can prove, from ``summary.json`` and ``run.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sepbench.errors import InvalidRecord
from sepbench.records import parse_json, read_text
from sepbench.results.run_folder import RUN, SUMMARY
from sepbench.separators.spec import AdapterFile, Model, Needs, Paradigm

if TYPE_CHECKING:
    from pydantic import ConfigDict

PARTLY: ConfigDict = {"extra": "ignore", "strict": True, "allow_inf_nan": False}
"""Both files hold much more, which the rows prove, or which is the sender's word."""


@dataclass(frozen=True)
class SuiteClaims:
    """Which suite was run, and how much of it."""

    __pydantic_config__: ClassVar[ConfigDict] = PARTLY

    name: str
    hash: str
    partial: bool
    metric_order: tuple[str, ...]


@dataclass(frozen=True)
class ModelClaims:
    """One model's facts."""

    __pydantic_config__: ClassVar[ConfigDict] = PARTLY

    title: str
    paradigm: Paradigm
    needs: tuple[Needs, ...]
    revision: str
    native_removal: bool
    trained_on: tuple[str, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True)
class SummaryClaims:
    """What is read of ``summary.json``."""

    __pydantic_config__: ClassVar[ConfigDict] = PARTLY

    suite: SuiteClaims
    models: dict[str, ModelClaims]


@dataclass(frozen=True)
class Settings:
    """One model as it was set up; `max_seconds` is the longest stretch it hears at once."""

    __pydantic_config__: ClassVar[ConfigDict] = PARTLY

    revision: str
    config: dict[str, Any]
    max_seconds: float | None = None


@dataclass(frozen=True)
class RunSuite:
    """Which suite, once more."""

    __pydantic_config__: ClassVar[ConfigDict] = PARTLY

    name: str
    hash: str


@dataclass(frozen=True)
class RunClaims:
    """What is read of ``run.json``: settings by model, signatures by metric."""

    __pydantic_config__: ClassVar[ConfigDict] = PARTLY

    suite: RunSuite
    partial: bool
    models: dict[str, Settings]
    metrics: dict[str, str]
    sepbench: str | None = None


@dataclass(frozen=True)
class Claims:
    """Both."""

    summary: SummaryClaims
    run: RunClaims

    def models(self) -> tuple[Model, ...]:
        """The models as records, without any code of theirs."""
        return tuple(_model(name, one, self.run.models[name]) for name, one in self.summary.models.items())


def read_claims(folder: Path) -> Claims:
    """Of a run folder, or of an unpacked submission.

    Raises:
        MissingData, InvalidRecord: a file is not there, or not what a run writes; or the two tell of different runs.
    """
    summary = parse_json(SummaryClaims, read_text(folder / SUMMARY), place=SUMMARY)
    run = parse_json(RunClaims, read_text(folder / RUN), place=RUN)
    suite, models = summary.suite, summary.models
    for name, given, wanted in (
        ("suites", [run.suite.name, run.suite.hash, run.partial], [suite.name, suite.hash, suite.partial]),
        ("models", sorted(run.models), sorted(models) or ["any"]),
        ("revisions", _revisions(run.models), _revisions(models)),
        ("metrics", sorted(run.metrics), sorted(suite.metric_order)),
    ):
        if given != wanted:
            raise InvalidRecord(
                f"{RUN} and {SUMMARY} are not of one run: {name}",
                given=str(given),
                wanted=str(wanted),
                remedy="run the same sepbench run command again: it writes both anew",
            )
    return Claims(summary, run)


def _revisions(models: Mapping[str, ModelClaims] | Mapping[str, Settings]) -> list[str]:
    return [models[name].revision for name in sorted(models)]


def _model(name: str, claims: ModelClaims, settings: Settings) -> Model:
    file = AdapterFile(
        title=claims.title,
        paradigm=claims.paradigm,
        licence="",
        max_seconds=settings.max_seconds,
        modes=("extract", "remove") if claims.native_removal else ("extract",),
        needs=claims.needs,
        trained_on=claims.trained_on,
        untrained="untrained" in claims.flags,
    )
    return Model(name, Path(), file, settings.config, claims.revision)
