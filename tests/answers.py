"""Answers made of numbers, for tests of what is paired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sepbench.results.answers import Answers, Counted, ItemAnswers, MetricFacts, ModelFacts, SuiteFacts, Value
from sepbench.results.rows import Failure, Row, Score, row_line
from sepbench.results.run_folder import ROWS, RUN, SUMMARY, Run, write_json
from sepbench.suite import Averaging

SI_SDRI = MetricFacts("si_sdri", "si_sdri|v1|rate:native", "dB", "higher", True)
LSD = MetricFacts("lsd", "lsd|v1|rate:native", "", "lower", True)
FAD = MetricFacts("fad", "fad|v1|rate:16000", "", "lower", False)
LEVEL = MetricFacts("output_level", "output_level|v1|rate:native", "dB", "neither", True)


def answers(
    columns: Mapping[str, Sequence[Sequence[Value]]],
    *,
    metrics: Sequence[MetricFacts] = (SI_SDRI,),
    per_recording: int = 1,
    labels: Sequence[str] = ("dog",),
    costs: Mapping[str, tuple[Counted, ...]] | None = None,
    averaging: Averaging = "mean",
    partial: bool = False,
) -> Answers:
    """By model a column of values for each metric; item i is of recording i // per_recording."""
    count = len(next(iter(columns.values()))[0])
    items = {
        f"{place:016x}.0": ItemAnswers(
            f"recording {place // per_recording}",
            labels[place % len(labels)],
            {model: tuple(column[place] for column in given) for model, given in columns.items()},
        )
        for place in range(count)
    }
    models = {model: ModelFacts("r", (costs or {}).get(model, ())) for model in columns}
    return Answers(1, SuiteFacts("s", "h" * 64, averaging, partial), tuple(metrics), models, items)


def without(full: Answers, items: Sequence[str]) -> Answers:
    """The same, some items left out."""
    return replace(full, items={name: item for name, item in full.items.items() if name not in items})


def run_of(folder: Path, full: Answers, **suite: object) -> Run:
    """A run that gave these answers, as it would be read from its folder."""
    summary = {
        "schema": 1,
        "suite": {
            "name": full.suite.name,
            "hash": full.suite.hash,
            "averaging": full.suite.averaging,
            "partial": full.suite.partial,
            "metric_order": [metric.name for metric in full.metrics],
            "metrics": {
                one.name: {"signature": one.signature, "unit": one.unit, "better": one.better} for one in full.metrics
            },
        }
        | suite,
        "models": {model: _summary_of(full, model, facts) for model, facts in full.models.items()},
    }
    rows = [
        _row(full, name, item, model, values)
        for name, item in full.items.items()
        for model, values in item.values.items()
    ]
    return Run(folder, {"schema": 1}, summary, rows)


def write_run(folder: Path, full: Answers) -> Path:
    """The same, on disk."""
    run = run_of(folder, full)
    folder.mkdir(parents=True)
    write_json(folder / RUN, run.run)
    write_json(folder / SUMMARY, run.summary)
    (folder / ROWS).write_text("".join(row_line(row) + "\n" for row in run.rows))
    return folder


def _summary_of(full: Answers, model: str, facts: ModelFacts) -> dict[str, object]:
    lengths = [
        {
            "seconds": one.seconds,
            "scopes": {
                one.scope: {"macs": one.macs, "query_macs": 0, "fft_macs": 7, "trainable": one.parameters, "frozen": 0}
            },
        }
        for one in facts.costs
    ]
    return {
        "revision": facts.revision,
        "cost": {"lengths": lengths} if lengths else {},
        "metrics": {one.name: {"value": 1.0, "median": 1.0 if one.per_item else None} for one in full.metrics},
        "slices": {"mode": {}, "snr_bin": {}, "training": {}},
    }


def _row(full: Answers, name: str, item: ItemAnswers, model: str, values: Sequence[Value]) -> Row:
    place = int(name.split(".")[0], 16)
    failed = values[0] == "failed"
    scores = {
        metric.name: Score(None, value) if isinstance(value, str) else Score(value, "ok")  # type: ignore[arg-type]
        for metric, value in zip(full.metrics, values, strict=True)
    }
    return Row(
        model=model,
        item=name,
        status="failed" if failed else "ok",
        separation_key="s",
        score_key="k",
        metrics={} if failed else scores,
        mode="remove" if place % 4 == 3 else "extract",
        kind="label",
        absent=False,
        corpus="test",
        label=item.label,
        cluster=item.cluster,
        source_count=2,
        snr_db=float(place - 10),
        error=Failure("ValueError", "no") if failed else None,
    )
