"""Recipes so small that a test runs them: the shipped tiny ones with fewer steps, clips and widths."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

RECIPES = Path(__file__).parents[2] / "recipes"


def shrunk(recipe: str, changes: dict[str, Any], target: Path) -> Path:
    """``tiny.toml`` of a recipe with other settings, by dotted names, as a file."""
    table = tomllib.loads((RECIPES / recipe / "tiny.toml").read_text(encoding="utf-8"))
    for name, value in changes.items():
        *above, last = name.split(".")
        place = table
        for key in above:
            place = place[key]
        place[last] = value
    target.write_text("".join(_lines(table)), encoding="utf-8")
    return target


def losses(log: Path) -> dict[str, list[float]]:
    """By stage, what the log says of it."""
    found: dict[str, list[float]] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        found.setdefault(entry["stage"], []).append(entry["loss"])
    return found


def _lines(table: dict[str, Any]) -> list[str]:
    flat = [f"{key} = {_written(value)}\n" for key, value in table.items() if not isinstance(value, dict)]
    return flat + [f"{key} = {_written(value)}\n" for key, value in table.items() if isinstance(value, dict)]


def _written(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_written(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)
