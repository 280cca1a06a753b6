"""``sepbench report``: one self-contained page from run folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("reports/index.html"),
) -> None:
    """Write one HTML page that opens without a network."""
    from sepbench.report.page import write_report

    print(write_report(runs, output))
