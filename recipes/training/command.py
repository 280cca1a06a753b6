"""The command line that all recipes share: ``python recipes/<name>/train.py CONFIG.toml --out FOLDER``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepbench.errors import SepbenchError


@dataclass(frozen=True)
class Order:
    """What a user asked for."""

    config: Path
    out: Path
    device: str
    stop_after: int | None


def run_recipe(train: Callable[[Order], None], arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and train; returns the exit code: 0 fine, 2 for an error of the user's."""
    parser = argparse.ArgumentParser(description="Train by a recipe; the same command goes on where it stopped.")
    parser.add_argument("config", type=Path, help="the recipe's .toml")
    parser.add_argument("--out", type=Path, required=True, help="folder of state, log and finished weights")
    parser.add_argument("--device", default="cpu", help="cpu or cuda:0")
    parser.add_argument("--stop-after", type=int, default=None, metavar="STEPS", help="end after so many steps")
    given = parser.parse_args(arguments)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        train(Order(given.config, given.out, given.device, given.stop_after))
    except SepbenchError as error:
        print(f"{error}\n{error.remedy}".rstrip(), file=sys.stderr)
        return 2
    except OSError as error:  # a folder that cannot be written, a full disk
        print(f"the system refused: {error}", file=sys.stderr)
        return 2
    return 0
