"""``sepbench data leaks``: what a suite shares with the training data of models."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Annotated

import typer

from sepbench.cli import options

SHOWN = 3


def leaks(
    suite: options.Suite,
    models: Annotated[str, typer.Option("--models", help="Adapters by comma. [default: all that name data]")] = "",
    listen: Annotated[bool, typer.Option("--listen", help="Also compare samples of clips that are here.")] = False,
    manifests: options.Manifests = [],  # noqa: B006 - typer's way of an empty default; never changed
    adapters: options.Adapters = [],  # noqa: B006
    json: options.Json = False,
) -> None:
    """Name clips and recordings that a suite shares with what models were trained on."""
    from sepbench.cli.output import print_json, print_table
    from sepbench.engine.leaks import find_leaks
    from sepbench.protocols.prepare import prepared_suite
    from sepbench.separators.discovery import adapter_folders, find_models
    from sepbench.suite import find_suite

    loaded = prepared_suite(find_suite(suite, manifests))
    wanted = find_models(options.names(models) or list(adapter_folders(adapters)), adapters)
    reports = [find_leaks(loaded, model, listen=listen) for model in wanted if models or model.file.trained_on]
    if json:
        print_json([asdict(report) for report in reports])
        return
    if not reports:
        print("no model names training data")
        return
    rows = []
    for report in reports:
        by = Counter(leak.by for leak in report.leaks)
        counts = [str(by[how]) for how in ("clip", "recording", "samples")]
        rows.append([report.model, ", ".join(report.checked) or "-", *counts, f"{report.items} of {report.of_items}"])
    columns = ["model", "training data compared", "same clip", "same recording", "same samples", "items touched"]
    print_table(f"{loaded.suite.title}: shared with training data", columns, rows)
    for report in reports:
        for leak in report.leaks[:SHOWN]:
            print(f"{report.model}: {'/'.join(leak.suite)} is in {'/'.join(leak.training)} (by {leak.by})")
        if len(report.leaks) > SHOWN:
            print(f"{report.model}: {len(report.leaks) - SHOWN} more, all with --json")
        for reason in report.unchecked:
            print(f"{report.model}: not compared: {reason}")
