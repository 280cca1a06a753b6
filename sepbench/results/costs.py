"""``cost.json`` of a run folder: what ``sepbench profile --run`` found of its models, and its way into the summary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sepbench.errors import InvalidRecord, MissingData, RunFolderError
from sepbench.manifest import SCHEMA
from sepbench.results.run_folder import SUMMARY, RunLock, read_json, write_json

COSTS = "cost.json"


def check_run(folder: Path, model: str, revision: str) -> None:
    """Make sure that a run folder has results of this very model; measuring takes minutes, so ask before.

    Raises:
        MissingData: no finished run in the folder, or none of that model.
        RunFolderError: the model's files have changed since.
    """
    if not (folder / SUMMARY).is_file():
        raise MissingData(
            "no finished run", given=str(folder), wanted=f"a folder with {SUMMARY}", remedy="sepbench run"
        )
    models = read_json(folder / SUMMARY)["models"]
    if model not in models:
        raise MissingData(
            f"the run has no model {model}",
            given=str(folder),
            wanted=", ".join(sorted(models)),
            remedy="name one of them",
        )
    if models[model]["revision"] != revision:
        raise RunFolderError(
            f"model {model} has changed since the run",
            given=f"revision {revision}",
            wanted=models[model]["revision"],
            remedy="run it again, then profile it",
        )


def keep_cost(folder: Path, profile: Mapping[str, Any]) -> None:
    """Put a model's profile beside its results, in place of an older one, and into the summary.

    Raises:
        MissingData, RunFolderError: see `check_run`; also where another process is working in the folder.
    """
    check_run(folder, profile["model"], profile["revision"])
    lock = RunLock(folder)
    try:
        models = _costs(folder) | {profile["model"]: dict(profile)}
        write_json(folder / COSTS, {"schema": SCHEMA, "models": models})
        write_json(folder / SUMMARY, with_costs(read_json(folder / SUMMARY), folder))
    finally:
        lock.release()


def with_costs(summary: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The summary with the ``cost`` of every model whose profile is in the folder.

    A profile of another revision of a model, from before its files changed, is left out.

    Raises:
        InvalidRecord: the file with the profiles is damaged.
    """
    costs = _costs(folder)
    models = {
        name: model | {"cost": costs[name]} if name in costs and costs[name]["revision"] == model["revision"] else model
        for name, model in summary["models"].items()
    }
    return {**summary, "models": models}


def _costs(folder: Path) -> dict[str, Any]:
    path = folder / COSTS
    if not path.is_file():
        return {}
    models = read_json(path).get("models")
    if not isinstance(models, dict) or not all(isinstance(one, dict) and "revision" in one for one in models.values()):
        raise InvalidRecord(
            f"{path}: field models", given=str(models)[:120], wanted="profiles by model", remedy="remove the file"
        )
    return models
