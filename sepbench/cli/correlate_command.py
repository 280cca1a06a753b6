"""``sepbench correlate``: which metrics agree with people's ratings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sepbench.cli import options


def correlate(
    run: Annotated[Path, typer.Argument(help="Run folder.", show_default=False)],
    ratings: Annotated[
        Path, typer.Argument(help="CSV with the columns model, item, rating, perhaps rater.", show_default=False)
    ],
    json: options.Json = False,
) -> None:
    """Correlate every metric of a run with people's ratings, higher for better, and say which to trust."""
    from sepbench.cli.output import print_json, print_table
    from sepbench.results.correlation import correlate as correlated
    from sepbench.results.ratings import read_ratings
    from sepbench.results.run_folder import load_run

    found = correlated(load_run(run), read_ratings(ratings))
    if json:
        print_json(found)
        return
    given = found["ratings"]
    title = f"{found['suite']}: {given['answers']} answers of {len(given['systems'])} systems rated"
    columns = ["metric", "better", "n", "Spearman", "Pearson", "Kendall", "systems", "Spearman", "Kendall", "trust"]
    print_table(title, columns, [_row(name, found["metrics"][name]) for name in found["order"]])
    print(f"{given['judgements']} judgements; over answers first, then over averages of systems")
    for model, count in given["unrated"].items():
        print(f"unrated: {count} answers of {model}")
    print(_advice(found))


def _row(name: str, metric: dict[str, Any]) -> list[str]:
    answers, systems = metric["answers"], metric["systems"]
    cells = [name, metric["better"], str(answers["n"])]
    cells += [_cell(answers[coefficient]) for coefficient in ("spearman", "pearson", "kendall")]
    cells += [str(systems["n"]), _cell(systems["spearman"]), _cell(systems["kendall"])]
    return [*cells, "yes" if metric["trust"] else ""]


def _cell(entry: dict[str, Any]) -> str:
    if entry["value"] is None:
        return "-"
    bounds = entry["ci95"]
    return f"{entry['value']:.2f}" + ("" if bounds is None else f" [{bounds[0]:.2f}, {bounds[1]:.2f}]")


def _advice(found: dict[str, Any]) -> str:
    trusted = [name for name in found["order"] if found["metrics"][name]["trust"]]
    if not trusted:
        return "no metric agrees with these ratings beyond chance"
    first, *others = trusted
    return f"trust {first}" + (f"; not told apart from it: {', '.join(others)}" if others else "")
