"""The summary's cuts: lists with faulty rows, corpora a model was trained on, variants of one pair."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from sepbench.manifest import Manifest, Meta
from sepbench.metrics.registry import select
from sepbench.results.rows import Row, Score
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
