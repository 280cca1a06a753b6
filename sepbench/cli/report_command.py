"""``sepbench report``: one self-contained page from run folders, or their results for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sepbench.cli import options
from sepbench.errors import SepbenchError

PAGE = "html"


def report(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The file to write. [default: reports/index.html; other formats: stdout]",
            show_default=False,
        ),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", help="html, md, latex, csv, json, parquet, badge or model-card.")
    ] = PAGE,
    metrics: Annotated[
        str, typer.Option("--metrics", help="Only these metrics, by comma; formats other than html.")
    ] = "",
    model: Annotated[str, typer.Option("--model", help="The model that a badge or a model card is about.")] = "",
    intervals: Annotated[bool, typer.Option("--intervals", help="Show 95 % intervals in md and latex.")] = False,
    source: Annotated[str, typer.Option("--source", help="Address of a page with the results, for a model card.")] = "",
    audio: Annotated[
        str, typer.Option("--audio", help="Items that can be heard, of those with kept audio: none or sample:N.")
    ] = "sample:8",
    manifests: options.Manifests = [],  # noqa: B006 - typer's way of an empty default; never changed
) -> None:
    """Write one HTML page that opens without a network, or with --format what other programs read."""
    if format_ == PAGE:
        if metrics or model or intervals or source:
            raise SepbenchError(
                "--metrics, --model, --intervals and --source are not of the page",
                given=f"--format {PAGE}",
                remedy="choose another --format",
            )
        _page(runs, output or Path("reports/index.html"), audio, manifests)
        return
    from sepbench.report.exports.formats import FORMATS, Wish, export

    options.one_of("--format", format_, (PAGE, *FORMATS))
    chosen = next(name for name in FORMATS if name == format_)
    _write(export(runs, Wish(chosen, tuple(options.names(metrics)), model, intervals, source)), output)


def _page(runs: list[Path], output: Path, audio: str, manifests: list[Path]) -> None:
    import sys

    from sepbench.report.libraries import PACKAGES, are_installed
    from sepbench.report.page import write_report
    from sepbench.report.sounds import parse_wish

    if not are_installed():
        plain = f"without {' and '.join(PACKAGES)} the page has fixed tables only"
        print(f'{plain}: pip install "sepbench[report]"', file=sys.stderr)
    print(write_report(runs, output, sounds=parse_wish(audio), manifests=manifests))


def _write(content: bytes, output: Path | None) -> None:
    """Into the file, whose path is then told, or to stdout."""
    import sys

    from sepbench.report.exports.formats import write_export

    if output is not None:
        print(write_export(output, content))
    else:
        sys.stdout.buffer.write(content)
