"""``sepbench list``: what there is to name on a command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sepbench.cli import options


class Kind(StrEnum):
    """What can be listed."""

    models = "models"
    suites = "suites"
    metrics = "metrics"
    corpora = "corpora"


def list_(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    json: options.Json = False,
    manifests: options.Manifests = [],  # noqa: B006 - typer's way of an empty default; never changed
    adapters: options.Adapters = [],  # noqa: B006
) -> None:
    """List models, suites, metrics or corpora. Nothing of an adapter is imported."""
    from sepbench.cli.output import print_json, print_table

    sources: dict[Kind, Callable[[], list[dict[str, Any]]]] = {
        Kind.models: lambda: _models(adapters),
        Kind.suites: lambda: _suites(manifests),
        Kind.metrics: _metrics,
        Kind.corpora: _corpora,
    }
    found = sources[kind]()
    if json:
        print_json(found)
        return
    columns = SHOWN[kind]
    print_table(kind.value, columns, [[_text(entry[column]) for column in columns] for entry in found])


SHOWN: dict[Kind, Sequence[str]] = {
    Kind.models: ("name", "title", "paradigm", "modes", "needs", "state", "weights", "variants"),
    Kind.suites: ("name", "title", "mixtures", "items", "unbuilt", "scoring_rate"),
    Kind.metrics: ("name", "label", "unit", "better", "scope", "signature"),
    Kind.corpora: ("name", "title", "clips", "here", "licence"),
}


def _text(value: object) -> str:
    if isinstance(value, (list, tuple, dict)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _models(named: Sequence[Path]) -> list[dict[str, Any]]:
    from sepbench.separators.discovery import adapter_folders, find_models

    facts = (
        "title",
        "paradigm",
        "paper",
        "licence",
        "runtime",
        "sample_rate",
        "modes",
        "needs",
        "prompts",
        "trained_on",
    )
    return [
        {
            "name": model.name,
            "revision": model.revision,
            "state": model.state,
            "weights": model.weights_state,
            "variants": sorted(model.file.variants),
        }
        | {fact: getattr(model.file, fact) for fact in facts}
        for model in find_models(list(adapter_folders(named)), named)
    ]


def _suites(named: Sequence[Path]) -> list[dict[str, Any]]:
    from sepbench.suite import overview, suite_files

    return [
        {
            "name": name,
            "title": found.suite.title,
            "description": found.suite.description,
            "scoring_rate": found.suite.scoring_rate,
            "metrics": found.suite.metrics,
            "items": found.items,
            "mixtures": found.mixtures,
            "unbuilt": {one.name: one.rows for one in found.unbuilt},
            "hash": found.hash,
        }
        for name, path in suite_files(named).items()
        for found in (overview(path),)
    ]


def _metrics() -> list[dict[str, Any]]:
    from sepbench.metrics.registry import metrics

    facts = ("name", "label", "unit", "better", "scope", "rate", "source", "signature", "version")
    return [
        {fact: getattr(metric, fact) for fact in facts} | {"needs": sorted(metric.needs)}
        for metric in metrics().values()
    ]


def _corpora() -> list[dict[str, Any]]:
    from sepbench.corpora.checking import state
    from sepbench.corpora.corpus import corpus_names

    return [vars(state(name)) for name in corpus_names()]
