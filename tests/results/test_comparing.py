"""Comparisons: who is meant, what is refused, what is paired, and what a difference comes to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sepbench.errors import InvalidRecord, MissingData, NothingComparable, SepbenchError
from sepbench.paired import holm
from sepbench.results.answers import Answers, Counted, Value, answers_of, with_sounds
from sepbench.results.baselines import only_models, read_baseline, write_baseline
from sepbench.results.comparing import compare
from sepbench.results.matches import Match, compare_subjects
from sepbench.results.subjects import find_subjects
from tests.answers import FAD, LSD, SI_SDRI, answers, run_of, without, write_run

COUNT = 20
LOW: list[Value] = [float(place) for place in range(COUNT)]
HIGH: list[Value] = [place + 1 + place / 100 for place in range(COUNT)]


def names_of(before: str, after: str) -> list[tuple[str, str]]:
    return [(one.model, other.model) for one, other in find_subjects(before, after)]


def matched(before: Path | str, after: Path | str, *metrics: str) -> list[Match]:
    return compare_subjects(find_subjects(str(before), str(after)), metrics, most_moved=3)


def test_a_difference_is_that_of_the_averages_over_common_items() -> None:
    before = answers({"m": [["failed", *LOW[1:]]]})
    after = answers({"m": [[*HIGH[:-1], "estimate_silent"]]})
    (found,) = compare(before, "m", after, "m").metrics
    assert found.difference is not None and found.difference.n == COUNT - 2
    assert found.before == pytest.approx(9.5) and found.after == pytest.approx(9.5 + 1.095)
    assert found.difference.mean == pytest.approx(1.095)
    assert (found.lost, found.gained) == (1, 1)
    assert found.better == "after"


def test_lower_is_better_turns_the_winner() -> None:
    sides = [answers({"m": [values]}, metrics=[LSD]) for values in (LOW, HIGH)]
    assert compare(sides[0], "m", sides[1], "m").metrics[0].better == "before"
    assert compare(sides[0], "m", sides[0], "m").metrics[0].better == ""


def test_nobody_is_better_where_the_correction_takes_it_away() -> None:
    """Six recordings of one sign: p = 2 / 64, small alone, not among three metrics."""
    alone = [answers({"m": [[value] * 6]}) for value in (0.0, 1.0)]
    assert compare(alone[0], "m", alone[1], "m").metrics[0].better == "after"
    metrics = [SI_SDRI, LSD, replace(LSD, name="lsd2")]
    three = [answers({"m": [[value] * 6] * 3}, metrics=metrics) for value in (0.0, 1.0)]
    found = compare(three[0], "m", three[1], "m").metrics
    assert [one.better for one in found] == ["", "", ""]
    assert [one.p_holm for one in found] == pytest.approx([3 * 2 / 64] * 3)


def test_class_averages_are_compared_where_the_suite_takes_them() -> None:
    labels = ["dog", "dog", "dog", "cat"]
    sides = [answers({"m": [values]}, labels=labels, averaging="macro_class_mean") for values in (LOW, HIGH)]
    (found,) = compare(sides[0], "m", sides[1], "m").metrics
    assert found.difference is not None
    dogs = [1 + place / 100 for place in range(COUNT) if place % 4 != 3]
    cats = [1 + place / 100 for place in range(COUNT) if place % 4 == 3]
    assert found.difference.mean == pytest.approx((sum(dogs) / 15 + sum(cats) / 5) / 2)
    assert found.after is not None and found.before is not None
    assert found.difference.mean == pytest.approx(found.after - found.before)


def test_another_suite_or_recipe_is_refused_and_named() -> None:
    before, after = answers({"m": [LOW]}), answers({"m": [HIGH]})
    with pytest.raises(NothingComparable, match=r"different suites: given s hhhh.*wanted s ffff"):
        compare(before, "m", replace(after, suite=replace(after.suite, hash="f" * 64)), "m")
    newer = replace(after, metrics=(replace(SI_SDRI, signature="si_sdri|v2|rate:native"),))
    with pytest.raises(NothingComparable, match=r"metric si_sdri is not the same recipe.*v1.*v2"):
        compare(before, "m", newer, "m")


def test_a_metric_of_another_recipe_may_be_left_out(tmp_path: Path) -> None:
    two = [SI_SDRI, LSD]
    write_run(tmp_path / "a", answers({"m": [LOW, LOW]}, metrics=two))
    write_run(tmp_path / "b", answers({"m": [HIGH, HIGH]}, metrics=[SI_SDRI, replace(LSD, signature="lsd|v2")]))
    with pytest.raises(NothingComparable, match="metric lsd"):
        matched(tmp_path / "a", tmp_path / "b")
    (match,) = matched(tmp_path / "a", tmp_path / "b", "si_sdri")
    assert [one.metric.name for one in match.comparison.metrics] == ["si_sdri"]


def test_two_models_of_one_run(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", answers({"m": [LOW], "n:fast": [HIGH]}))
    assert names_of(f"{run}:m", "n:fast") == names_of("m", f"{run}:n:fast") == [("m", "n:fast")]
    (match,) = matched(f"{run}:m", f"{run}:n:fast")
    assert match.comparison.metrics[0].better == "after"
    assert match.after.name == f"{run}:n:fast"


def test_models_are_matched_by_name_or_by_being_the_only_one(tmp_path: Path) -> None:
    two = str(write_run(tmp_path / "two", answers({"m": [LOW], "n": [LOW]})))
    one = str(write_run(tmp_path / "one", answers({"m": [HIGH]})))
    other = str(write_run(tmp_path / "other", answers({"x": [HIGH]})))
    assert names_of(two, one) == [("m", "m")]
    assert names_of(one, other) == [("m", "x")]
    assert names_of(f"{two}:n", other) == [("n", "x")]
    assert names_of(f"{two}:n", one) == [("n", "m")]
    for words, error in (
        ((two, other), "several models could be meant: given m, n"),
        ((f"{two}:k", one), "no such model: given k"),
        ((f"{one}:m", f"{one}:m"), "a model against itself"),
        ((one, one), "a model against itself"),
        (("m", "n"), "no run folder named"),
        ((str(tmp_path / "nowhere"), one), "not a run folder"),
    ):
        with pytest.raises(SepbenchError, match=error):
            find_subjects(*words)


def test_folders_of_runs_are_matched_by_suite_and_corrected_together(tmp_path: Path) -> None:
    for side, values in (("old", LOW), ("new", [1.0 + place for place in range(COUNT)])):
        for name in ("s", "t"):
            full = answers({"m": [values, values]}, metrics=[SI_SDRI, LSD])
            write_run(tmp_path / side / name, replace(full, suite=replace(full.suite, name=name)))
    write_run(tmp_path / "old" / "u", _named("u", {"m": [LOW]}))
    found = matched(tmp_path / "old", tmp_path / "new")
    assert [match.after.answers.suite.name for match in found] == ["s", "t"]
    changes = [one for match in found for one in match.comparison.metrics]
    raw = [one.p for one in changes]
    assert [one.p_holm for one in changes] == holm(raw) and len(raw) == 4
    assert changes[0].p_holm == pytest.approx(4 * raw[0])  # type: ignore[operator]


def _named(name: str, columns: dict[str, list[list[Value]]]) -> Answers:
    full = answers(columns)
    return replace(full, suite=replace(full.suite, name=name))


def test_slices_cut_the_same_items_and_leave_the_models_own_out(tmp_path: Path) -> None:
    write_run(tmp_path / "a", answers({"m": [LOW]}))
    write_run(tmp_path / "b", answers({"m": [HIGH]}))
    (match,) = matched(tmp_path / "a", tmp_path / "b")
    counts = {(one.slice, one.part): one.change for one in match.comparison.parts}
    assert [key for key in counts if key[0] == "snr_bin"] == [
        ("snr_bin", part) for part in ("-10..-5", "-5..0", "0..5", "5..10")
    ]
    assert {key[0] for key in counts} == {"mode", "snr_bin"}
    removed = counts["mode", "remove"].difference
    assert removed is not None and removed.n == 5
    assert removed.mean == pytest.approx(1 + sum((3, 7, 11, 15, 19)) / 500)


def test_the_most_changed_items_come_first_with_their_sounds(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", answers({"m": [LOW], "n": [HIGH]}))
    sound = run / "estimates" / "n" / f"{19:016x}.0.wav"
    sound.parent.mkdir(parents=True)
    sound.write_bytes(b"")
    (match,) = matched(f"{run}:m", "n")
    assert [one.item for one in match.comparison.moved] == [f"{place:016x}.0" for place in (19, 18, 17)]
    first = match.comparison.moved[0]
    assert (first.before, first.after, first.label) == (19.0, 20.19, "dog")
    assert (match.before.sound(first.item), match.after.sound(first.item)) == (None, sound)


def test_what_only_one_side_has_is_noted_and_sets_stand_apart(tmp_path: Path) -> None:
    whole = ["ok"] * COUNT
    write_run(tmp_path / "a", answers({"m": [LOW, whole]}, metrics=[SI_SDRI, FAD]))
    fewer = answers({"m": [HIGH, HIGH, whole]}, metrics=[SI_SDRI, LSD, FAD], partial=True)
    write_run(tmp_path / "b", without(fewer, [f"{0:016x}.0"]))
    (match,) = matched(tmp_path / "a", tmp_path / "b")
    assert [one.metric for one in match.wholes] == ["fad"]
    notes = " ".join(match.notes)
    assert "b:m has lsd" in notes and "1 items of" in notes and "is partial" in notes


def test_no_common_value_is_nothing_comparable(tmp_path: Path) -> None:
    write_run(tmp_path / "a", answers({"m": [["failed"] * COUNT]}))
    write_run(tmp_path / "b", answers({"m": [HIGH]}))
    with pytest.raises(NothingComparable, match="no item has a value"):
        matched(tmp_path / "a", tmp_path / "b")
    with pytest.raises(MissingData, match="no such metric: given sdr"):
        matched(tmp_path / "a", tmp_path / "b", "sdr")


def test_answers_of_a_run_are_its_rows(tmp_path: Path) -> None:
    costs = {"m": (Counted(1.0, "pipeline", 100, 10),)}
    full = answers({"m": [["failed", *LOW[1:]], HIGH], "n": [HIGH, LOW]}, metrics=[SI_SDRI, LSD], costs=costs)
    found = answers_of(run_of(tmp_path, full))
    item = f"{0:016x}.0"
    assert found.items[item].values["m"] == ("failed", "failed"), "a failed row has no value of any metric"
    assert {name: one for name, one in found.items.items() if name != item} == {
        name: one for name, one in full.items.items() if name != item
    }
    assert (found.suite, found.metrics, found.models) == (full.suite, full.metrics, full.models)


def test_a_baseline_reads_back_to_the_last_bit(tmp_path: Path) -> None:
    values: list[Value] = [1 / 3, 2e-308, -0.1, "perfect"]
    full = answers({"m": [values], "ü": [LOW[:4]]}, costs={"m": (Counted(1.0, "pipeline", 10**15, 7),)})
    write_baseline(tmp_path / "b.json", full)
    assert read_baseline(tmp_path / "b.json") == full
    assert only_models(full, ["m"]).items[f"{0:016x}.0"].values == {"m": (1 / 3,)}
    with pytest.raises(MissingData, match="no such model: given k"):
        only_models(full, ["k"])


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('{"schema": 1', '{"schema": 2', "schema: given 2; wanted 1"),
        ('"m":[0.0]', '"m":[0.0,1.0]', "2 values of m; wanted 1"),
        ('"m":[0.0]', '"m":[0.0],"k":[1.0]', "given model k"),
        ('"m":[0.0]', '"m":[NaN]', "b.json: field"),
        ('"m":[0.0]', '"m":[1e999]', "b.json: field items"),
        ('"better":"higher"', '"better":"more"', "field metrics.0.better"),
    ],
)
def test_a_damaged_baseline_is_named(tmp_path: Path, old: str, new: str, error: str) -> None:
    path = tmp_path / "b.json"
    write_baseline(path, answers({"m": [LOW]}))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidRecord, match=error):
        read_baseline(path)


def test_a_baseline_that_is_not_there_or_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="file not found"):
        read_baseline(tmp_path / "b.json")
    (tmp_path / "file").write_text("")
    with pytest.raises(SepbenchError, match="cannot be written"):
        write_baseline(tmp_path / "file" / "b.json", answers({"m": [LOW]}))


def test_sounds_are_told_apart_by_one_sample(tmp_path: Path) -> None:
    import numpy as np

    from sepbench.audio import write

    full = answers({"m": [LOW]})
    hashes = []
    for step in (0.0, 2.0**-15, 0.0):
        samples = np.zeros(1000, np.float32)
        samples[500] = step
        write(tmp_path / "estimates" / "m" / f"{7:016x}.0.wav", samples, 16000)
        sounds = with_sounds(full, tmp_path).items[f"{7:016x}.0"].sounds
        hashes.append(sounds["m"])
    assert hashes[0] == hashes[2] != hashes[1]
