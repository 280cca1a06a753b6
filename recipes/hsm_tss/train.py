"""Train HSM-TSS on any suite's training side: see README.md."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """The command line; the checkout has to be importable for it."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from recipes.hsm_tss.training import train
    from recipes.training.command import run_recipe

    return run_recipe(train)


if __name__ == "__main__":
    sys.exit(main())
