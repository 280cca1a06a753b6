"""The summary's cuts: lists with faulty rows, corpora a model was trained on, variants of one pair."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sepbench.manifest import Manifest, Meta
from sepbench.metrics.registry import select
from sepbench.results.row_table import RowTable
from sepbench.results.rows import Failure, Row, Score
from sepbench.results.summary import Extent, summarise_run
from sepbench.separators.discovery import find_models
from sepbench.separators.spec import Model
from sepbench.suite import LoadedSuite, Slice, Suite

VALUES = (2.0, 4.0, 9.0)


def row(number: int, **changes: Any) -> Row:
    facts = {
        "model": "mixture",
        "item": f"{number:016x}.0",
        "status": "ok",
        "separation_key": "",
        "score_key": "",
        "metrics": {"sdr": Score(VALUES[number], "ok")},
        "mode": "extract",
        "kind": "label",
        "absent": False,
        "corpus": "esc50",
        "label": "dog",
        "cluster": f"r{number}",
        "source_count": 2,
        "snr_db": 0.0,
    }
    return Row(**(facts | changes))  # type: ignore[arg-type]


def cut(name: Slice, rows: list[Row], trained_on: tuple[str, ...] = ()) -> dict[str, tuple[float, int]]:
    """Value -> (mean SDR, items) of one slice."""
    settings = Suite(1, "s", "s", "s", ("a",), ("sdr",), 16000, slices=(name,))
    suite = LoadedSuite(settings, (Manifest(Path("a"), Meta(1, "a", "t", 0, 0, "", {}, {}, {}), ()),))
    summary = summarise_run(suite, Extent(3, 0, None), [trained(trained_on)], select(["sdr"]), rows)
    parts = summary["models"]["mixture"]["slices"][name]
    return {value: (table["sdr"]["value"], table["sdr"]["n"]) for value, table in parts.items()}


def trained(corpora: tuple[str, ...]) -> Model:
    model = find_models(["mixture"], [])[0]
    return dataclasses.replace(model, file=dataclasses.replace(model.file, trained_on=corpora))


def test_a_list_with_a_faulty_row_is_averaged_as_published_and_clean() -> None:
    rows = [row(0), row(1), row(2, faults=("self_mix",))]
    assert cut("faults", rows) == {"as published": (5.0, 3), "clean": (3.0, 2)}


def test_rows_of_a_corpus_the_model_learnt_from_are_told_from_the_others() -> None:
    rows = [row(0), row(1, corpus="music"), row(2, corpus="music")]
    assert cut("training", rows, ("esc50:all",)) == {"held out": (6.5, 2), "in domain": (2.0, 1)}
    assert cut("training", rows) == {"held out": (5.0, 3)}


def test_variants_and_lists_are_cut_by_name_and_rows_without_any_are_left_out() -> None:
    rows = [row(0, variant="typo 1", list="a"), row(1, variant="label", list="b"), row(2)]
    assert cut("variant", rows) == {"label": (4.0, 1), "typo 1": (2.0, 1)}
    assert cut("list", rows) == {"a": (2.0, 1), "b": (4.0, 1)}


def test_a_model_trained_on_a_corpus_of_the_suite_is_flagged() -> None:
    settings = Suite(1, "s", "s", "s", ("a",), ("sdr",), 16000, slices=())
    suite = LoadedSuite(settings, (Manifest(Path("a"), Meta(1, "a", "t", 0, 0, "", {}, {}, {}), ()),))
    extent = Extent(3, 0, None)
    for corpora, expected in ((("esc50",), ["esc50"]), (("clotho",), [])):
        summary = summarise_run(suite, extent, [trained(corpora)], select(["sdr"]), [row(0)])
        model = summary["models"]["mixture"]
        assert model["in_domain"] == expected and ("in_domain" in model["flags"]) == bool(expected)


def test_a_system_that_only_gave_mixtures_back_is_flagged() -> None:
    settings = Suite(1, "s", "s", "s", ("a",), ("sdr",), 16000, slices=())
    suite = LoadedSuite(settings, (Manifest(Path("a"), Meta(1, "a", "t", 0, 0, "", {}, {}, {}), ()),))
    control, system = find_models(["mixture", "template"], [])
    same, changed = {"sdr": Score(2.0, "ok", 0.0)}, {"sdr": Score(2.5, "ok", 0.5)}
    for model, scores, expected in (
        (system, [same, same], True),
        (system, [same, changed], False),
        (system, [{}, {}], False),
        (control, [same, same], False),
    ):
        rows = [row(number, model=model.name, metrics=metrics) for number, metrics in enumerate(scores)]
        summary = summarise_run(suite, Extent(2, 0, None), [model], select(["sdr"]), rows)
        assert ("only_mixtures" in summary["models"][model.name]["flags"]) == expected


def test_a_summary_is_the_same_of_rows_in_any_order_in_a_list_or_in_a_table() -> None:
    settings = Suite(1, "s", "s", "s", ("a",), ("sdr",), 16000, slices=("snr_bin", "label", "source_count", "presence"))
    suite = LoadedSuite(settings, (Manifest(Path("a"), Meta(1, "a", "t", 0, 0, "", {}, {}, {}), ()),))
    facts = [{"label": "cat", "snr_db": -7.5}, {"absent": True, "snr_db": None}, {"source_count": 10}]
    rows = [row(number, **change) for number, change in enumerate(facts)]
    rows.append(row(0, item="f.0", status="failed", metrics={}, error=Failure("E", "e")))
    rows.append(row(0, item="e.0", status="refused", metrics={}))
    rows.append(row(0, item="d.0", status="not_applicable", metrics={}))

    def summary(given: Iterable[Row]) -> dict[str, Any]:
        return summarise_run(suite, Extent(6, 0, None), [trained(())], select(["sdr"]), given)

    found = summary(rows)
    assert summary(reversed(rows)) == found == summary(RowTable(rows).all())
    model = found["models"]["mixture"]
    assert model["coverage"] == {"items": 4, "ok": 3, "failed": 1, "errors": {"E: e": 1}}
    assert (model["not_applicable"], found["suite"]["refused_items"]) == (1, 1)
    assert model["metrics"]["sdr"]["value"] == (VALUES[0] + VALUES[2]) / 2  # nothing is extracted from an absent sound
    assert model["metrics"]["sdr"]["undefined"] == {"failed": 1}
    counts = {
        name: {part: table["sdr"]["n"] for part, table in cut.items() if table} for name, cut in model["slices"].items()
    }
    assert counts == {
        "snr_bin": {"-10..-5": 1, "0..5": 1},
        "label": {"cat": 1, "dog": 1},
        "source_count": {"2": 1, "10": 1},
        "presence": {"present": 2},
    }
