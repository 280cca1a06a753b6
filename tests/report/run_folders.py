"""Run folders made up for the page: rows of a known effect, a summary of those very rows, and sounds where wanted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sepbench.audio import write
from sepbench.manifest import content_hash, save, to_line, with_id
from sepbench.report.asked import hear
from sepbench.results.entries import Ground, Measured, averaged
from sepbench.results.rows import Failure, Row, Score, row_line
from sepbench.results.run_folder import estimate_path
from sepbench.results.slicing import snr_bin
from sepbench.stats import resampling
from sepbench.suite import Item, LoadedSuite, load_suite
from tests.report.summaries import METRICS, RUN

ATTACK = '<img src=x onerror="window.attacked=1">'
OURS = [name for name in METRICS if "@" not in name]
SLICES = ("snr_bin", "kind", "mode", "source_count")


@dataclass(frozen=True)
class Made:
    """A model that scores `level` dB of improvement on average."""

    name: str
    level: float
    paradigm: str = "mask"
    needs: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    gmacs: float = 0.0
    failing: int = 0
    in_domain: tuple[str, ...] = ()


MODELS = (
    Made("strong", 9.0, gmacs=30.0),
    Made("strong-twin", 8.9, gmacs=60.0, in_domain=("synthetic",)),
    Made("small", 5.0, gmacs=1.5),
    Made("wasteful", 2.0, gmacs=20.0, failing=3),
    Made("worse", -3.0, gmacs=4.0, flags=("below_mixture:lsd",)),
    Made("anew", 12.0, "generative", gmacs=90.0),
    Made(ATTACK, 4.0),
    Made("mixture", 0.0, "control", flags=("control",)),
    Made("oracle", 18.0, "oracle", needs=("references",), flags=("oracle",)),
)


def hostile_suite(project: Path, folder: Path, mixtures: int = 24) -> LoadedSuite:
    """A suite of the demo's first mixtures, one of which is asked for in words that are markup."""
    demo = load_suite(project / "manifests" / "demo.toml")
    chosen = list(demo.manifests[0].mixtures[:mixtures])
    first = chosen[0]
    queries = tuple(replace(query, text=f"{ATTACK} {query.text}") for query in first.queries)
    chosen[0] = with_id(replace(first, queries=queries))
    lines = [to_line(mixture) for mixture in chosen]
    meta = replace(demo.manifests[0].meta, name="hostile", rows=len(lines), content_hash=content_hash(lines))
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "hostile.jsonl", chosen, meta)
    settings = (project / "manifests" / "demo.toml").read_text()
    settings = settings.replace('"demo"', '"hostile"').replace("demo/demo", "hostile")
    (folder / "hostile.toml").write_text(settings)
    return load_suite(folder / "hostile.toml")


def asked_rows(items: Iterable[Item]) -> list[Row]:
    """A row for every item, as yet of no model; the first item's class is markup."""
    rows = []
    for number, item in enumerate(items):
        target = item.mixture.target
        rows.append(
            empty_row(
                item=item.name,
                label=ATTACK if number == 0 else target.labels[0],
                kind=item.query.kind,
                mode=item.query.mode,
                cluster=target.group or target.clip,
                snr_db=item.mixture.snr_db,
                source_count=len(item.mixture.sources),
            )
        )
    return rows


def empty_row(**facts: Any) -> Row:
    """A row of no model with the facts of its item."""
    fixed: dict[str, Any] = {"separation_key": "a" * 16, "score_key": "b" * 16, "metrics": {}, "absent": False}
    return Row(model="", status="ok", corpus="synthetic", list="made", **fixed, **facts)


def rows_of(model: Made, asked: Sequence[Row], rng: np.random.Generator) -> list[Row]:
    """The model's row of every item: hard items are hard for all."""
    found = []
    for number, row in enumerate(asked):
        if number < model.failing:
            failure = Failure("RuntimeError", f"out of memory {ATTACK}")
            found.append(replace(row, model=model.name, status="failed", error=failure))
            continue
        gain = model.level + (0.0 if model.level == 0 else -0.3 * (row.snr_db or 0.0) + rng.normal(0, 1.0))
        silent = bool(model.name == "worse" and number % 5 == 0)
        scores = {
            "si_sdri": Score(None, "estimate_silent") if silent else Score(gain, "ok"),
            "lsd": Score(2.0 - 0.08 * gain, "ok", -0.08 * gain),
            "silent_output_rate": Score(float(silent), "ok"),
        }
        found.append(replace(row, model=model.name, metrics=scores))
    return found


def summary_of(suite: dict[str, Any], rows: Sequence[Row], models: Sequence[Made]) -> dict[str, Any]:
    """What `sepbench run` would have written of these rows."""
    ground = Ground("mean", resampling([row.cluster for row in rows], seed=suite["hash"], resamples=100))
    facts = {name: {"signature": f"{name}|v1", "scope": "any", "source": "made up"} for name in OURS}
    metrics = {name: METRICS[name] | facts[name] for name in OURS}
    return {
        "schema": 1,
        "suite": suite | {"metric_order": OURS, "metrics": metrics},
        "models": {
            model.name: _model(model, [row for row in rows if row.model == model.name], ground) for model in models
        },
    }


def _model(model: Made, rows: Sequence[Row], ground: Ground) -> dict[str, Any]:
    failed = [row for row in rows if row.status == "failed"]
    profile = {"scopes": {"pipeline": {"macs_per_second": model.gmacs * 1e9, "trainable": 5_000_000, "frozen": 0}}}
    return {
        "title": f"Title of {model.name}",
        "paradigm": model.paradigm,
        "needs": list(model.needs),
        "revision": "0123456789abcdef",
        "native_removal": True,
        "trained_on": list(model.in_domain),
        "in_domain": list(model.in_domain),
        "coverage": {
            "items": len(rows),
            "ok": len(rows) - len(failed),
            "failed": len(failed),
            "errors": dict(Counter(f"{row.error.type}: {row.error.message}" for row in failed if row.error)),
        },
        "metrics": {name: _entry(name, rows, ground) | {"undefined": {}, "over_mixture": None} for name in OURS},
        "slices": {name: _slice(name, rows, ground) for name in SLICES},
        "analyses": {},
        "cost": {"lengths": [profile | {"timing": {"rtf_median": model.gmacs / 100}}]} if model.gmacs else {},
        "flags": list(model.flags),
    }


def _slice(name: str, rows: Sequence[Row], ground: Ground) -> dict[str, Any]:
    parts: dict[str, list[Row]] = {}
    for row in rows:
        value = snr_bin(row.snr_db or 0.0) if name == "snr_bin" else str(getattr(row, name))
        parts.setdefault(value, []).append(row)
    return {value: {metric: _entry(metric, some, ground) for metric in OURS} for value, some in parts.items()}


def _entry(metric: str, rows: Sequence[Row], ground: Ground) -> dict[str, Any]:
    scores = [(row, row.metrics.get(metric)) for row in rows]
    return averaged([Measured(score.value if score else None, row.cluster, row.label) for row, score in scores], ground)


def made_run(
    folder: Path, suite: dict[str, Any], asked: Sequence[Row], models: Sequence[Made] = MODELS, seed: int = 5
) -> Path:
    """Write a run folder."""
    rng = np.random.default_rng(seed)
    rows = [row for model in models for row in rows_of(model, asked, rng)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rows.jsonl").write_text("".join(row_line(row) + "\n" for row in rows))
    (folder / "summary.json").write_text(json.dumps(summary_of(suite, rows, models), sort_keys=True))
    (folder / "run.json").write_text(json.dumps(RUN))
    return folder


def suite_part(suite: LoadedSuite) -> dict[str, Any]:
    """What a summary says of its suite."""
    items = suite.items()
    return {
        "name": suite.suite.name,
        "title": f"Demo {ATTACK}",
        "description": "Made up for tests",
        "hash": suite.hash,
        "items": len(items),
        "mixtures": len({item.mixture.id for item in items}),
        "scored_items": len(items),
        "missing_items": 0,
        "refused_items": 0,
        "partial": False,
        "limit": None,
        "scoring_rate": 16000,
        "averaging": "mean",
        "manifests": {"hostile": "cd" * 32},
    }


def keep_sounds(folder: Path, items: Sequence[Item], models: Sequence[Made], most: int) -> None:
    """Answers that are the target with more or less of the rest left in."""
    for item in items[:most]:
        heard = hear(item)
        for model in models:
            rest = heard.mixture - heard.target
            answer = heard.target + rest * np.float32(10 ** (-max(model.level, 0.0) / 20))
            path = estimate_path(folder / "estimates", model.name.replace("/", ""), item.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, answer.astype(np.float32), heard.sample_rate)


def hostile_run(project: Path, folder: Path) -> tuple[Path, Path]:
    """A run of the hostile suite with sounds of two items; and the folder of its suite."""
    suite = hostile_suite(project, folder / "manifests")
    items = suite.items()
    run = made_run(folder / "run", suite_part(suite), asked_rows(items))
    keep_sounds(run, items, [model for model in MODELS if model.name != ATTACK], 2)
    return run, folder / "manifests"


def large_run(folder: Path, models: int = 20, items: int = 5000) -> Path:
    """Of the size of a large comparison."""
    rng = np.random.default_rng(3)
    kinds, labels = ("label", "caption", "instruction"), [f"class {number}" for number in range(200)]
    asked = [
        empty_row(
            item=f"{number:016x}.0",
            label=labels[number % 200],
            kind=kinds[number % 3],
            mode="extract",
            cluster=f"recording {number // 2}",
            snr_db=round(float(rng.uniform(-15, 15)), 2),
            source_count=2 + number % 3,
        )
        for number in range(items)
    ]
    suite = {"name": "large", "title": "Large", "description": "Made up", "hash": "ab" * 32, "items": items}
    suite |= {"mixtures": items, "missing_items": 0, "partial": False, "limit": None, "scoring_rate": 16000}
    suite |= {"averaging": "mean", "manifests": {}}
    made = [Made(f"model {number:02}", number / 2, gmacs=float(1 + number)) for number in range(models)]
    return made_run(folder, suite, asked, made)
