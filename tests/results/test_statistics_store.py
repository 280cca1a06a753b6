"""What metrics of a set keep: its files, its rows, what is done anew when they are gone, and the table made of them."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sepbench.embeddings.registry import opened
from sepbench.engine.config import KeepAudio, RunConfig
from sepbench.engine.reducing import reducing_apart
from sepbench.engine.run import Outcome, run
from sepbench.errors import InvalidRecord, MissingData, RunFolderError
from sepbench.metrics.frechet import frechet_distance
from sepbench.metrics.metric import Metric
from sepbench.metrics.reduction import ItemStatistic, Times
from sepbench.metrics.registry import select
from sepbench.metrics.set_distances import frechet
from sepbench.protocols.build import build
from sepbench.protocols.recipe import QueryShares, Recipe
from sepbench.results.rows import Row, Score, parse_row, read_rows, row_line
from sepbench.results.set_entries import Reducing, reduce_here, set_entry, undefined_counts
from sepbench.results.statistics_store import StatisticsStore
from sepbench.separators.discovery import find_models
from sepbench.stats import resampling
from sepbench.suite import load_suite
from tests.embeddings.tiny_networks import tiny_cnn14, tiny_vggish
from tests.results.test_summary import row

ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)
METRICS = ("si_sdr", "fad@own", "fd@own", "kl_softmax@own")


def test_equal_arrays_are_one_file(tmp_path: Path) -> None:
    store = StatisticsStore(tmp_path / "stats")
    assert store.keys() == frozenset()
    key = store.put(ARRAY)
    assert store.put(ARRAY.astype(np.float64)) == key != store.put(ARRAY.T)
    assert len(list((tmp_path / "stats").rglob("*.npy"))) == 2 == len(store.keys())
    np.testing.assert_array_equal(store.get(key), ARRAY)


def test_a_file_that_is_damaged_or_gone_is_told_of(tmp_path: Path) -> None:
    store = StatisticsStore(tmp_path)
    key = store.put(ARRAY)
    (path,) = tmp_path.rglob("*.npy")
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(InvalidRecord, match=r"damaged$") as caught:
        store.get(key)
    assert caught.value.remedy.startswith("delete it and run the same command again")
    path.unlink()
    with pytest.raises(MissingData, match="a statistic of the run is gone"):
        store.get(key)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="a statistic cannot be written"):
        StatisticsStore(tmp_path / "file").put(ARRAY)


def test_a_row_names_its_arrays_and_is_read_back() -> None:
    made = row(0, statistics={"fad@own": {"estimate": "ab", "reference": "cd"}})
    assert parse_row(row_line(made), place="here") == made
    assert sorted(made.statistic_keys()) == ["ab", "cd"]


def spread(kept: list[ItemStatistic], times: Times) -> np.ndarray:
    """Of all windows' numbers; undefined below three, and biased upwards by repetition as distances are."""
    numbers = np.concatenate([one.arrays["estimate"] for one in kept]).ravel()
    return np.array([np.ptp(np.repeat(numbers, row)) for row in times]) + (times > 1).sum(axis=1)


def of_values(kept: list[ItemStatistic], times: Times) -> np.ndarray:
    """Mean per mixture of its items' values, then over mixtures."""
    values = np.array([one.value for one in kept])
    groups = {one.mixture: [other.mixture == one.mixture for other in kept] for one in kept}
    means = [values[mask].mean() for mask in groups.values()]
    return np.full(len(times), np.mean(means))


def a_metric(**changes: object) -> Metric:
    facts = {"reduce": spread, "resamples": 50, "over_mixture": False}
    return dataclasses.replace(select(["sdr"])[0], **(facts | changes))  # type: ignore[arg-type]


def test_an_entry_counts_gaps_and_lays_the_draws_spread_around_the_value(tmp_path: Path) -> None:
    store = StatisticsStore(tmp_path)
    rows: list[Row] = []
    for number in range(30):
        keys = {
            "estimate": store.put(np.array([number], dtype=np.float32)),
            "mixture": store.put(np.array([2 * number], dtype=np.float32)),
        }
        one = row(0, item=f"{number:016x}.0", cluster=f"r{number}", metrics={"sdr": Score(None, "ok")})
        rows.append(dataclasses.replace(one, statistics={"sdr": keys}))
    rows.append(row(0, metrics={"sdr": Score(None, "too_short")}))
    rows.append(row(0, metrics={}, status="failed"))
    draws = resampling([one.cluster for one in rows], seed="x")
    entry = set_entry(Reducing(tmp_path, reduce_here), a_metric(), rows, draws)
    assert (entry["value"], entry["of_mixture"], entry["n"], entry["n_undefined"]) == (29, 58, 30, 2)
    low, high = entry["ci95"]
    assert low < 29 < high  # though every draw lies higher
    assert undefined_counts(a_metric(), rows) == {"failed": 1, "too_short": 1}
    alone = set_entry(Reducing(tmp_path, reduce_here), a_metric(), rows, None)
    assert alone["value"] == 29 and alone["ci95"] is None


def test_a_metric_may_group_the_numbers_of_its_items(tmp_path: Path) -> None:
    values = {"a.0": 1.0, "a.1": 3.0, "b.0": 8.0}
    rows = [row(0, item=item, cluster=item[0], metrics={"sdr": Score(value, "ok")}) for item, value in values.items()]
    entry = set_entry(Reducing(tmp_path, reduce_here), a_metric(reduce=of_values), rows, None)
    assert (entry["value"], entry["n"]) == (5, 3) and "of_mixture" not in entry


def threads(kept: list[ItemStatistic], times: Times) -> np.ndarray:
    return np.full(len(times), float(os.environ["OPENBLAS_NUM_THREADS"]))


def test_sets_are_reduced_in_a_process_of_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    with reducing_apart(tmp_path) as reducing:
        entry = set_entry(reducing, a_metric(reduce=threads), [row(0)], None)
    assert entry["value"] == 1 and os.environ["OPENBLAS_NUM_THREADS"] == "7"


def dying(kept: list[ItemStatistic], times: Times) -> np.ndarray:
    os._exit(9)


def test_errors_of_that_process_and_its_death_are_told(tmp_path: Path) -> None:
    gone = row(0, metrics={"sdr": Score(None, "ok")}, statistics={"sdr": {"estimate": "0" * 32}})
    with reducing_apart(tmp_path) as reducing:
        with pytest.raises(MissingData, match="a statistic of the run is gone"):
            set_entry(reducing, a_metric(), [gone], None)
        with pytest.raises(RunFolderError, match="reduces metrics of a set died: given exit code 9"):
            set_entry(reducing, a_metric(reduce=dying), [row(0)], None)


def test_an_interval_is_as_wide_as_values_of_new_sets_are_spread(tmp_path: Path) -> None:
    values, widths = [], []
    for seed in range(25):
        rng = np.random.Generator(np.random.PCG64(seed))
        store, rows = StatisticsStore(tmp_path / str(seed)), []
        for number in range(100):
            keys = {
                "estimate": store.put(1 + 2 * rng.standard_normal((1, 3))),
                "reference": store.put(rng.standard_normal((1, 3))),
            }
            rows.append(row(0, item=f"{number}.0", cluster=f"r{number}", metrics={"sdr": Score(None, "ok")}))
            rows[-1] = dataclasses.replace(rows[-1], statistics={"sdr": keys})
        draws = resampling([one.cluster for one in rows], seed=str(seed), resamples=100)
        metric = a_metric(reduce=frechet, resamples=100)
        entry = set_entry(Reducing(store.folder, reduce_here), metric, rows, draws)
        values.append(entry["value"])
        widths.append(entry["ci95"][1] - entry["ci95"][0])
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.std(values, ddof=1), rel=0.25)


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run controls on four mixtures of two seconds with small networks."""
    pytest.importorskip("torch")
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SEPBENCH_EMBEDDER_VGGISH", str(tiny_vggish(tmp_path / "vggish.pth")))
    monkeypatch.setenv("SEPBENCH_EMBEDDER_PANNS", str(tiny_cnn14(tmp_path / "cnn14.pth")))
    opened.cache_clear()
    recipe = Recipe(
        schema=1,
        name="four",
        seed=6,
        corpora=("synthetic",),
        split="test",
        rows=4,
        sample_rate=16000,
        seconds=2.0,
        snr_db=(-5.0, 5.0),
        gains="frozen",
        queries=QueryShares(label=1.0, absent=1.0),
    )
    build(recipe, tmp_path / "four.jsonl")
    (tmp_path / "four.toml").write_text(
        'schema = 1\nname = "four"\ntitle = "Four"\ndescription = "Four mixtures"\nmanifests = ["four"]\n'
        'scoring_rate = 16000\nmetrics = ["sdr"]\nslices = ["presence"]\n'
    )
    suite = load_suite(tmp_path / "four.toml")

    def start(models: str = "mixture,silence,oracle-irm", **changes: object) -> Outcome:
        config = RunConfig(
            suite=suite,
            models=tuple(find_models(models.split(","), [])),
            metrics=tuple(select(METRICS)),
            out=tmp_path / "run",
            **{"keep_audio": KeepAudio("failed"), **changes},  # type: ignore[arg-type]
        )
        return run(config)

    return start


def test_a_run_keeps_statistics_resumes_with_them_and_mends_what_is_gone(score: Callable[..., Outcome]) -> None:
    first = score()
    summary = (first.folder / "summary.json").read_bytes()
    rows = read_rows(first.folder / "rows.jsonl")
    present = [one for one in rows if not one.absent]
    assert len(present) == 3 * 4 and all(set(one.statistics) == {"fad@own", "fd@own"} for one in present)
    assert not any(one.statistics for one in rows if one.absent)
    assert {one.metrics["fad@own"] for one in present} == {Score(None, "ok")}
    assert not (first.folder / "estimates" / "mixture").exists()  # a kept statistic is no gap
    mixture, silence, oracle = (first.summary["models"][name] for name in ("mixture", "silence", "oracle-irm"))
    _check_by_hand(first.folder, present, mixture["metrics"]["fad@own"])
    for name in ("fad@own", "fd@own"):
        entry = mixture["metrics"][name]
        assert entry["value"] == entry["of_mixture"] == oracle["metrics"][name]["of_mixture"]
        assert (entry["n"], entry["n_undefined"], entry["undefined"], entry["over_mixture"]) == (4, 0, {}, None)
        assert entry["ci95"][0] <= entry["value"] <= entry["ci95"][1]
        assert mixture["slices"]["presence"]["present"][name]["value"] == entry["value"]
        assert oracle["metrics"][name]["value"] < silence["metrics"][name]["value"]
        marked = f"below_mixture:{name}" in silence["flags"]
        assert marked == (silence["metrics"][name]["value"] > silence["metrics"][name]["of_mixture"])
    assert mixture["metrics"]["kl_softmax@own"]["over_mixture"]["value"] == 0
    assert json.loads(summary)["models"] == first.summary["models"]

    lost = next(one for one in present if one.model == "oracle-irm").statistics["fad@own"]["estimate"]
    (path,) = (first.folder / "stats").rglob(f"{lost}.npy")
    path.unlink()
    assert score().computed == 1 and path.exists()
    assert (first.folder / "summary.json").read_bytes() == summary
    (first.folder / "stats" / "00").mkdir(exist_ok=True)
    (first.folder / "stats" / "00" / f"{'0' * 32}.npy").write_bytes(b"")
    assert score(fresh=True).computed == 24 and not (first.folder / "stats" / "00" / f"{'0' * 32}.npy").exists()
    assert (first.folder / "summary.json").read_bytes() == summary


def _check_by_hand(folder: Path, rows: list[Row], entry: dict[str, float]) -> None:
    store = StatisticsStore(folder / "stats")
    keys = [one.statistics["fad@own"] for one in rows if one.model == "mixture"]
    sets = {name: np.concatenate([store.get(one[name]) for one in keys]) for name in ("estimate", "reference")}
    assert len(sets["estimate"]) == 4 * 2
    assert entry["value"] == pytest.approx(frechet_distance(**sets), abs=1e-6)
