"""Correlation with ratings: coefficients against scipy, draws against repeated data, what is refused, the command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from sepbench.results.coefficients import across_answers, across_systems
from sepbench.results.correlation import correlate
from sepbench.results.ratings import Rating, read_ratings
from sepbench.results.rows import Row, Score, row_line
from sepbench.results.run_folder import Run, write_json
from sepbench.stats import Resampling

SYSTEMS = ("a", "b", "c", "d")
ITEMS = 40
REFERENCES: dict[str, Callable[..., tuple[float, float]]] = {
    "pearson": scipy_stats.pearsonr,
    "spearman": scipy_stats.spearmanr,
    "kendall": scipy_stats.kendalltau,
}


def row(model: str, item: int, **values: float | None) -> Row:
    metrics = {name: Score(value, "ok" if value is not None else "estimate_silent") for name, value in values.items()}
    facts = ("extract", "label", False, "folder", "dog", f"recording {item // 2}", 2, 0.0)
    return Row(model, f"{item:016x}.0", "ok", "s", "k", metrics, *facts)


def run_of(rows: list[Row], **better: str) -> Run:
    suite = {
        "name": "s", "hash": "h", "metric_order": list(better),
        "metrics": {name: {"better": which} for name, which in better.items()},
    }  # fmt: skip
    return Run(Path("run"), {}, {"schema": 1, "suite": suite}, rows)


def listened(seed: int) -> tuple[list[Row], dict[tuple[str, str], Rating]]:
    """Ratings of four systems; one metric that follows them, one upside down, one that is noise, one without an end."""
    rng = np.random.Generator(np.random.PCG64(seed))
    rows, ratings = [], {}
    for number, system in enumerate(SYSTEMS):
        for item in range(ITEMS):
            quality = number + rng.standard_normal()
            rows.append(
                row(
                    system,
                    item,
                    good=float(quality + 0.2 * rng.standard_normal()) if item else None,
                    distance=float(np.exp(-quality)),
                    noise=float(rng.standard_normal()),
                    level=float(quality),
                )
            )
            ratings[system, rows[-1].item] = Rating(round(float(quality), 1), 1)
    return rows, ratings


RUN = {"good": "higher", "distance": "lower", "noise": "higher", "level": "neither"}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 4)), min_size=3, max_size=14),
    st.lists(st.integers(0, 3), min_size=5, max_size=5),
)
def test_a_draw_is_the_data_repeated(answers: list[tuple[int, int, int]], counts: list[int]) -> None:
    x, y, clusters = (np.array(column) for column in zip(*answers, strict=True))
    names = tuple("abcde")
    drawn = Resampling(names, np.array([counts], dtype=np.uint8))
    found = across_answers(x.astype(float), y.astype(float), clusters.astype(np.intp), drawn)
    times = np.array(counts)[clusters]
    one, other = np.repeat(x, times), np.repeat(y, times)
    for name, reference in REFERENCES.items():
        if len(set(one.tolist())) < 2 or len(set(other.tolist())) < 2:
            assert np.isnan(found[name][0])
        else:
            assert found[name][0] == pytest.approx(reference(one, other)[0], abs=1e-12)


def test_averages_of_systems_agree_with_scipy_row_by_row() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    x, y = rng.standard_normal((5, 6)), rng.integers(0, 4, (5, 6)).astype(float)
    x[3, 2] = np.nan
    found = across_systems(x, y)
    for name, reference in REFERENCES.items():
        for number in (0, 1, 2, 4):
            assert found[name][number] == pytest.approx(reference(x[number], y[number])[0], abs=1e-12)
        assert np.isnan(found[name][3])


def test_coefficients_of_a_run_are_those_of_its_pairs() -> None:
    rows, ratings = listened(1)
    found = correlate(run_of(rows, **RUN), ratings)["metrics"]
    for metric in RUN:
        pairs = [
            (one.metrics[metric].value, ratings[one.model, one.item].value, one.model)
            for one in rows
            if one.metrics[metric].value is not None
        ]
        values, given_ratings, models = (np.array(column) for column in zip(*pairs, strict=True))
        means = [[side[models == model].mean() for model in SYSTEMS] for side in (values, given_ratings)]
        for name, reference in REFERENCES.items():
            answers, systems = found[metric]["answers"], found[metric]["systems"]
            assert answers[name]["value"] == pytest.approx(reference(values, given_ratings)[0], abs=1e-6)
            assert systems[name]["value"] == pytest.approx(reference(*means)[0], abs=1e-6)
            low, high = answers[name]["ci95"]
            assert low <= answers[name]["value"] <= high
        assert found[metric]["answers"]["n"] == len(pairs)
    assert found["good"]["answers"]["n"] == (ITEMS - 1) * len(SYSTEMS)


def test_what_is_lower_for_better_agrees_with_people_by_its_sign() -> None:
    rows, ratings = listened(2)
    found = correlate(run_of(rows, **RUN), ratings)
    distance = found["metrics"]["distance"]
    assert distance["answers"]["spearman"]["value"] < -0.98  # the ratings are rounded
    assert distance["agreement"]["value"] == -distance["answers"]["spearman"]["value"]
    assert found["order"] == ["distance", "good", "noise", "level"]
    assert [found["metrics"][name]["trust"] for name in found["order"]] == [True, False, False, False]
    assert found["metrics"]["level"]["agreement"] is None
    assert found["metrics"]["distance"]["behind_best"] == {"value": 0, "ci95": [0, 0]}
    assert found["metrics"]["good"]["behind_best"]["ci95"][0] > 0


def test_of_equal_metrics_both_are_trusted_and_of_noise_none() -> None:
    rows, ratings = listened(3)
    twice = [row(one.model, number % ITEMS, **dict.fromkeys("xy", one.metrics["good"].value))
             for number, one in enumerate(rows)]  # fmt: skip
    found = correlate(run_of(twice, x="higher", y="higher"), ratings)["metrics"]
    assert found["x"]["trust"] and found["y"]["trust"]
    alone = correlate(run_of(rows, noise="higher"), ratings)["metrics"]["noise"]
    assert not alone["trust"] and alone["answers"]["spearman"]["ci95"][0] < 0 < alone["answers"]["spearman"]["ci95"][1]


def test_the_interval_draws_recordings_and_not_answers() -> None:
    rng = np.random.Generator(np.random.PCG64(4))
    value, rating = rng.standard_normal((2, 20))
    single = [row("a", 2 * number, m=float(value[number])) for number in range(20)]
    copied = [row("a", 2 * number + copy, m=float(value[number])) for number in range(20) for copy in (0, 1)]
    widths = []
    for rows in (single, copied):
        ratings = {(one.model, one.item): Rating(float(rating[int(one.item[:16], 16) // 2]), 1) for one in rows}
        bounds = correlate(run_of(rows, m="higher"), ratings)["metrics"]["m"]["answers"]["pearson"]["ci95"]
        widths.append(bounds[1] - bounds[0])
    assert widths[0] == pytest.approx(widths[1], abs=1e-6)  # copies of the same recordings add no certainty


def test_two_systems_or_two_answers_are_too_few() -> None:
    rows, ratings = listened(5)
    two = [one for one in rows if one.model in "ab"]
    found = correlate(run_of(two, good="higher"), {key: one for key, one in ratings.items() if key[0] in "ab"})
    assert found["metrics"]["good"]["systems"] == {"n": 2} | {
        name: {"value": None, "ci95": None} for name in REFERENCES
    }
    few = dict(list(ratings.items())[:2])
    assert correlate(run_of(rows, good="higher"), few)["metrics"]["good"]["answers"]["spearman"]["value"] is None
    assert correlate(run_of(rows, good="higher"), few)["ratings"]["unrated"] == {"a": ITEMS - 2} | dict.fromkeys(
        "bcd", ITEMS
    )


@pytest.mark.parametrize(("recordings", "trust"), [(3, False), (4, False), (5, True)])
def test_perfect_agreement_on_few_recordings_may_be_chance(recordings: int, trust: bool) -> None:
    """Three answers are in one order by chance in one case of six, whatever their interval."""
    rows = [row("a", 2 * number, m=float(number)) for number in range(recordings)]
    ratings = {(one.model, one.item): Rating(float(number), 1) for number, one in enumerate(rows)}
    found = correlate(run_of(rows, m="higher"), ratings)["metrics"]["m"]
    assert found["agreement"] == {"value": 1, "ci95": [1, 1]} and found["trust"] is trust


def test_raters_of_one_answer_are_averaged_whatever_the_columns_order(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("rater,rating,item,model\np,4,x.0,a\nq,2,x.0,a\np,5,y.0,a\n")
    assert read_ratings(path) == {("a", "x.0"): Rating(3.0, 2), ("a", "y.0"): Rating(5.0, 1)}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("model,item,score\na,x,1\n", "line 1: given model,item,score; wanted the columns model,item,rating"),
        ("", "line 1: given nothing"),
        ("model,item,rating\n", "no ratings"),
        ("model,item,rating\na,x,good\n", "line 2: rating: given good"),
        ("model,item,rating\na,x,nan\n", "line 2: rating: given nan"),
        ("model,item,rating\na,x\n", "line 2"),
        ("model,item,rating,rater\na,x,1,p\na,x,2,p\n", "line 3: a rater's second judgement of one answer"),
    ],
)
def test_a_wrong_table_is_named_by_its_line(tmp_path: Path, text: str, error: str) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(text)
    with pytest.raises(InvalidRecord) as caught:
        read_ratings(path)
    assert error in str(caught.value)


def test_ratings_of_something_else_are_refused(tmp_path: Path) -> None:
    rows, ratings = listened(6)
    run = run_of(rows, good="higher")
    with pytest.raises(SepbenchError, match="models that are not in the run: given z; wanted a, b, c, d"):
        correlate(run, ratings | {("z", rows[0].item): Rating(1.0, 1)})
    with pytest.raises(SepbenchError, match=r"items that are not in the run: given nothing.0 \(a\)"):
        correlate(run, ratings | {("a", "nothing.0"): Rating(1.0, 1)})
    with pytest.raises(MissingData, match="file not found"):
        read_ratings(tmp_path / "none.csv")


def test_the_command_prints_a_table_or_json(tmp_path: Path) -> None:
    rows, ratings = listened(7)
    run = run_of(rows, **RUN)
    write_json(tmp_path / "run.json", {"schema": 1})
    write_json(tmp_path / "summary.json", run.summary)
    (tmp_path / "rows.jsonl").write_text("".join(row_line(one) + "\n" for one in rows))
    table = tmp_path / "ratings.csv"
    lines = [f"{model},{item},{rating.value}" for (model, item), rating in ratings.items() if model != "d"]
    table.write_text("\n".join(["model,item,rating", *lines, ""]))
    words = [sys.executable, "-m", "sepbench", "correlate", str(tmp_path), str(table)]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert "120 answers of 3 systems rated" in shown
    assert f"unrated: {ITEMS} answers of d" in shown
    assert "trust distance" in shown
    found = json.loads(subprocess.run([*words, "--json"], capture_output=True, text=True, check=True).stdout)
    assert found["order"][0] == "distance"
    assert found["metrics"]["distance"]["systems"]["n"] == 3
    table.write_text("model,item,rating\nz,x,1\n")
    failed = subprocess.run(words, capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: ratings of models that are not in the run: given z")
