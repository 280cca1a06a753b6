"""Claims held against this machine: the run they describe, with its own suite and metrics; and its own adapters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sepbench.engine.config import RunConfig
from sepbench.errors import MissingData, NothingComparable, SepbenchError
from sepbench.metrics.registry import metrics
from sepbench.protocols.prepare import prepared_suite
from sepbench.separators.discovery import find_models
from sepbench.separators.spec import Model
from sepbench.submission.claims import Claims
from sepbench.suite import find_suite


def claimed_run(claims: Claims, folder: Path, manifests: Sequence[Path] = ()) -> RunConfig:
    """The run that was made, with this machine's own suite and metrics.

    Raises:
        MissingData: no such suite here.
        NothingComparable: another state of it, or a metric of another recipe.
    """
    suite = claims.summary.suite
    if suite.name.endswith(".toml"):  # which would be taken for a path
        raise MissingData("no name of a suite", given=suite.name, remedy="name the suite otherwise, and run it again")
    loaded = prepared_suite(find_suite(suite.name, manifests))
    if loaded.hash != suite.hash:
        unbuilt = f"; list {loaded.unbuilt[0].name} cannot be built here" if loaded.unbuilt else ""
        raise NothingComparable(
            f"suite {suite.name} is not the one of the run",
            given=suite.hash[:12],
            wanted=loaded.hash[:12] + unbuilt,
            remedy="use the same version of its lists",
        )
    known = metrics()
    for name, signature in claims.run.metrics.items():
        if name not in known or known[name].signature != signature:
            raise NothingComparable(
                f"metric {name} is not of the recipe that is installed here",
                given=signature,
                wanted=known[name].signature if name in known else "a metric of this version",
                remedy=f"use the version of sepbench that made the run: {claims.run.sepbench}",
            )
    return RunConfig(loaded, claims.models(), tuple(known[name] for name in suite.metric_order), folder)


def false_claims(model: Model, declined: int, adapters: Sequence[Path] = ()) -> list[str] | None:
    """The facts in which a model is not the adapter of that name and revision here; None where there is none.

    Args:
        declined: how many items it was said not to apply to, as only a model of fixed stems may.
        adapters: folders to look in, besides those of the search path.
    """
    try:
        here = find_models([model.name], adapters)[0]
    except SepbenchError:
        return None
    if here.revision != model.revision:
        return None
    facts = {name: getattr(here.file, name) for name in ("title", "paradigm", "needs", "trained_on", "untrained")}
    claimed = {name: getattr(model.file, name) for name in facts}
    facts["native removal"], claimed["native removal"] = here.native_removal, model.native_removal
    false = [f"{name} is {facts[name]!r}, not {claimed[name]!r}" for name in facts if facts[name] != claimed[name]]
    if declined and here.file.prompts == "open" and not here.bases:
        false.append(f"it takes any words, and {declined} rows say that it does not apply")
    return false
