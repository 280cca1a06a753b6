"""The page's parts for analyses: numbers in their places, drawings, and what is said where there is nothing."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from sepbench.report.page import render_page
from sepbench.report.robustness import analysis_parts
from sepbench.report.section import Gathered, build_section
from sepbench.report.view import DASH, columns
from tests.report.summaries import RUN, entry, model, summary

CURVE = {"level_db": [-3.0, -9.0, -40.0], "present": [0.5, 1.0, 1.0], "absent": [0.0, 0.0, 1.0]}
ACTIVATION = {"auc": entry(0.875, 0.8, 0.95), "n_present": 7, "n_absent": 5, "curve": CURVE}
GUESS = {"auc": entry(None), "n_present": 7, "n_absent": 0, "curve": {"level_db": [], "present": [], "absent": []}}
VARIANTS = {
    "si_sdri": {
        "mean": entry(4.0, 3, 5),
        "worst": entry(1.0, 0, 2),
        "range": entry(6.0, 5, 7, missing=2),
        "std": entry(2.0, 1, 3),
        "sizes": [9, 11],
    }
}


def swept(crossing: dict[str, Any]) -> dict[str, Any]:
    points = [entry(height, height - 1, height + 1) for height in (6.0, 2.0, -2.0)]
    whole = {"n": 4, "n_undefined": 0}
    return {
        "si_sdri": {
            "snr_db": [-10.0, 0.0, 10.0],
            "points": points,
            "area": entry(2.0, 1, 3),
            "crossing": crossing | whole,
        },
        "lsd": {"snr_db": [-10.0, 0.0, 10.0], "points": points, "area": entry(1.5, 1, 2)},
    }


ENDS = {"snr_db": 5.0, "ci95": [3.0, 7.0], "reason": ""}
GOES_ON = {"snr_db": None, "ci95": None, "reason": "still above 0 at 10 dB"}


def analysed(**models: dict[str, Any]) -> dict[str, Any]:
    """A summary whose models hold these analyses; the suite names all that any of them has."""
    value = entry(1.0, 0, 2)
    whole = summary(**{name: model("mask", value, value, analyses=found) for name, found in models.items()})
    whole["suite"]["analyses"] = sorted({name for found in models.values() for name in found})
    return whole


def parts(whole: dict[str, Any]) -> list[Any]:
    return list(analysis_parts(whole, columns(whole, papers=False), "run1"))


def shown(whole: dict[str, Any], name: str) -> list[tuple[str, str]]:
    """Text and small print of a model's cells in the first table of the first part."""
    lines = [line for group in parts(whole)[0].tables[0].groups for line in group.lines]
    return [(cell.text, cell.interval) for cell in next(line for line in lines if line.model == name).cells]


def test_activation_has_area_counts_and_a_curve() -> None:
    whole = analysed(a={"activation": ACTIVATION}, b={"activation": GUESS})
    assert shown(whole, "a") == [("0.875", "0.800 to 0.950"), ("7", ""), ("5", "")]
    assert shown(whole, "b") == [(DASH, ""), ("7", ""), ("0", "")]
    (drawing,) = parts(whole)[0].drawings
    texts = [element.text for element in ElementTree.fromstring(drawing.svg).iter("text")]
    assert "a" in texts and "b" not in texts


def test_nothing_to_draw_is_no_drawing() -> None:
    assert parts(analysed(b={"activation": GUESS}))[0].drawings == ()


def test_variants_have_a_table_for_each_metric_with_the_number_of_variants() -> None:
    whole = analysed(a={"variants": VARIANTS}, b={"variants": {}})
    (part,) = parts(whole)
    assert [table.title for table in part.tables] == ["SI-SDRi over 9 to 11 variants"]
    assert [head.label for head in part.tables[0].heads] == ["mean", "worst", "range", "standard deviation"]
    assert [head.better for head in part.tables[0].heads] == ["higher", "higher", "lower", "lower"]
    assert [text for text, _ in shown(whole, "a")] == ["4.00", "1.00", "6.00", "2.00"]
    assert shown(whole, "a")[2] == ("6.00", "5.00 to 7.00")
    assert shown(whole, "b") == [(DASH, "")] * 4


def test_a_curve_ends_somewhere_or_says_why_not() -> None:
    whole = analysed(a={"snr_curve": swept(ENDS)}, b={"snr_curve": swept(GOES_ON)})
    assert shown(whole, "a") == [("2.00", "1.00 to 3.00"), ("5.00 dB", "3.00 to 7.00"), ("1.500", "1.000 to 2.000")]
    assert shown(whole, "b")[1] == (DASH, "still above 0 at 10 dB")
    (part,) = parts(whole)
    assert [head.label for head in part.tables[0].heads] == ["mean height", "ends at", "mean height"]
    assert [drawing.title for drawing in part.drawings] == [
        "SI-SDRi against SNR"
    ]  # improvements alone, if there are any
    assert "<svg" in part.drawings[0].svg


def test_a_suite_without_analyses_has_no_part_and_an_older_summary_neither() -> None:
    assert parts(summary() | {"models": {}}) == []
    assert parts(analysed(a={})) == []


def test_the_page_holds_every_part_once_with_ids_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sepbench.report.page.installed_libraries", lambda: None)
    whole = analysed(
        a={"activation": ACTIVATION, "variants": VARIANTS, "snr_curve": swept(ENDS)},
        **{"<b>": {"activation": ACTIVATION, "variants": VARIANTS, "snr_curve": swept(GOES_ON)}},
    )
    html = render_page([build_section(Gathered(whole, RUN), "run1")])
    for part in parts(whole):
        assert html.count(f"<h2>{part.title}</h2>") == 1
    assert html.count("<svg") == 3 and "<b>:" not in html  # the curve over bins of SNR is the third drawing
    assert "still above 0 at 10 dB" in html and "&lt;b&gt;" in html
