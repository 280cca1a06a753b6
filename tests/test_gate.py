"""The gate: how often it is wrong, and what it must and must not fail for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepbench.errors import NothingComparable, SepbenchError
from sepbench.gate.judging import Limits, judge
from sepbench.gate.means import check_mean
from sepbench.gate.tolerance import Tolerance, parse_tolerances
from sepbench.gate.verdict import Verdict
from sepbench.gate.weighing import level_for
from sepbench.metrics.registry import get
from sepbench.report.verdicts import github_annotations, junit_xml, markdown
from sepbench.results.answers import Answers, Counted, Value
from sepbench.results.baselines import baseline_text
from sepbench.stats import resampling
from tests.answers import LEVEL, LSD, SI_SDRI, answers, without
from tests.results.vector_runs import FAD

ITEMS, TRIALS = 100, 400
TOLERANCE = 0.1
SPREAD = 0.5
"""Standard deviation of what chance adds to an item between two runs: five tolerances."""


def noisy(rng: np.random.Generator, effect: float, per_recording: int) -> np.ndarray:
    """Differences of items with that mean; items of a recording share half of their variance."""
    shared = np.repeat(rng.standard_normal(ITEMS // per_recording), per_recording)
    own = rng.standard_normal(ITEMS)
    mixed = own if per_recording == 1 else math.sqrt(0.5) * shared + math.sqrt(0.5) * own
    changes: np.ndarray = effect + SPREAD * mixed
    return changes


def failures(effect: float, *, per_recording: int = 1, tolerance: float = TOLERANCE, seed: int = 0) -> float:
    """Share of trials in which the gate fails, for a change of that mean; items differ by 5 dB among themselves."""
    rng = np.random.Generator(np.random.PCG64([seed, per_recording]))
    draws = resampling([f"recording {place // per_recording}" for place in range(ITEMS)], seed="trials")
    limit, failed = Tolerance("si_sdri", tolerance, "dB"), 0
    for _ in range(TRIALS):
        base = 8 + 5 * rng.standard_normal(ITEMS)
        sides = [
            answers({"m": [column.tolist()]}, per_recording=per_recording)
            for column in (base, base + noisy(rng, effect, per_recording))
        ]
        found = check_mean(*sides, "m", SI_SDRI, limit, draws, level=level_for(1), allow_lost=0)
        failed += found.outcome == "failed"
    return failed / TRIALS


@pytest.mark.parametrize("per_recording", [1, 2])
def test_false_alarms_are_rare_where_nothing_changed(per_recording: int) -> None:
    assert failures(0.0, per_recording=per_recording) <= 0.05


def test_false_alarms_are_rare_even_where_nothing_is_tolerated() -> None:
    assert failures(0.0, tolerance=0.0) <= 0.05


def test_an_effect_of_twice_the_tolerance_is_found() -> None:
    assert failures(-2 * TOLERANCE) >= 0.9


def test_an_effect_to_the_better_never_fails() -> None:
    assert failures(2 * TOLERANCE) == 0.0


def test_an_effect_of_just_the_tolerance_is_the_edge() -> None:
    """The average of the trials is beyond it half of the time: 0.5 give or take 4 standard deviations of 400 coins."""
    assert abs(failures(-4 * SPREAD, tolerance=4 * SPREAD) - 0.5) < 0.1


def test_many_checks_together_raise_few_false_alarms() -> None:
    rng = np.random.Generator(np.random.PCG64(7))
    models = [f"m{number}" for number in range(12)]
    draws = resampling([f"recording {place}" for place in range(ITEMS)], seed="trials")
    limit, alarms = Tolerance("si_sdri", 0.0), 0
    for _ in range(60):
        base = rng.standard_normal(ITEMS)
        before = answers({model: [base.tolist()] for model in models})
        after = answers({model: [(base + noisy(rng, 0.0, 1)).tolist()] for model in models})
        checks = (
            check_mean(before, after, model, SI_SDRI, limit, draws, level=level_for(12), allow_lost=0)
            for model in models
        )
        alarms += any(check.outcome == "failed" for check in checks)
    assert alarms <= 60 * 0.05 + 2 * math.sqrt(60 * 0.05 * 0.95)


def test_few_recordings_and_many_checks_raise_few_false_alarms_too() -> None:
    """Five recordings are all worse by chance in 3 % of trials, where each of twenty checks may be wrong in 0.25 %."""
    rng = np.random.Generator(np.random.PCG64(8))
    draws = resampling([f"recording {place // 2}" for place in range(10)], seed="trials")
    limit, failed = Tolerance("si_sdri", 0.0), 0
    for _ in range(TRIALS):
        sides = [
            answers({"m": [column.tolist()]}, per_recording=2) for column in (np.zeros(10), rng.standard_normal(10))
        ]
        found = check_mean(*sides, "m", SI_SDRI, limit, draws, level=level_for(20), allow_lost=0)
        failed += found.outcome == "failed"
    assert failed <= 5  # of 400, one is expected; more than five have a chance below 1 in 1000


def pair_of(
    before: list[Value], after: list[Value], *, better: str = "higher", **changes: int
) -> tuple[Answers, Answers]:
    metric = SI_SDRI if better == "higher" else LSD
    return (
        answers({"m": [before]}, metrics=[metric], **changes),
        answers({"m": [after]}, metrics=[metric], **changes),
    )


def verdict(sides: tuple[Answers, Answers], tolerance: str = "", **limits: object) -> Verdict:
    return judge(*sides, Limits(parse_tolerances(tolerance), **limits))  # type: ignore[arg-type]


ZEROS: list[Value] = [0.0] * 20
HALVES: list[Value] = [-0.5] * 20


@pytest.mark.parametrize(
    ("tolerance", "code"), [("si_sdri=0.4dB", 1), ("si_sdri=0.5", 0), ("si_sdri=0.6dB", 0), ("si_sdri=0", 1)]
)
def test_a_certain_loss_is_held_against_the_tolerance(tolerance: str, code: int) -> None:
    assert verdict(pair_of(ZEROS, HALVES), tolerance).exit_code == code


def test_lower_is_better_turns_the_sign() -> None:
    assert verdict(pair_of(ZEROS, HALVES, better="lower"), "lsd=0.1").exit_code == 0
    assert verdict(pair_of(HALVES, ZEROS, better="lower"), "lsd=0.1").exit_code == 1


def test_a_loss_that_chance_could_do_passes_and_says_so() -> None:
    after: list[Value] = [10.0 if place % 2 else -11.0 for place in range(20)]
    found = verdict(pair_of(ZEROS, after), "si_sdri=0.1dB")
    assert found.exit_code == 0 and "which chance alone could do" in found.checks[0].why
    low, high = found.checks[0].interval or (0, 0)
    assert low < -0.5 < 0 < high and found.checks[0].change == pytest.approx(-0.5)


def test_clips_of_few_recordings_are_not_taken_for_many() -> None:
    """Twenty items of two recordings: as items a certain loss, as recordings nothing that can be said."""
    found = verdict(pair_of(ZEROS, HALVES, per_recording=10), "si_sdri=0.1dB")
    assert found.exit_code == 2 and "20 common items of 2 recordings" in found.checks[0].why


@pytest.mark.parametrize(("count", "code"), [(9, 2), (10, 1)])
def test_fewer_than_10_common_items_are_nothing(count: int, code: int) -> None:
    assert verdict(pair_of(ZEROS[:count], HALVES[:count]), "si_sdri=0.1dB").exit_code == code


@pytest.mark.parametrize("status", ["failed", "estimate_silent", "not_finite", "length_mismatch"])
def test_an_item_that_lost_its_value_fails_unless_allowed(status: str) -> None:
    sides = pair_of(ZEROS, [*ZEROS[:-1], status])
    found = verdict(sides, "si_sdri=0.1dB")
    assert found.exit_code == 1 and f"{status} 1" in found.checks[0].why
    assert found.checks[0].moved[0].item == f"{19:016x}.0"
    assert verdict(sides, "si_sdri=0.1dB", allow_lost=1).exit_code == 0


def test_what_is_no_fault_of_the_model_is_no_loss() -> None:
    assert verdict(pair_of(ZEROS, [*ZEROS[:-1], "perfect"]), "si_sdri=0.1dB").exit_code == 0
    assert verdict(pair_of([*ZEROS[:-1], "perfect"], ZEROS), "si_sdri=0.1dB").exit_code == 1
    assert verdict(pair_of(ZEROS, ["unavailable"] * 20), "si_sdri=0.1dB").exit_code == 2


def test_a_regression_counts_more_than_a_gap() -> None:
    before = answers({"m": [ZEROS], "other": [ZEROS]})
    after = answers({"m": [HALVES]})
    found = verdict((before, after), "si_sdri=0.1dB")
    assert {check.model: check.outcome for check in found.checks} == {"m": "failed", "other": "not comparable"}
    assert found.exit_code == 1
    assert verdict((before, answers({"m": [ZEROS]})), "si_sdri=0.1dB").exit_code == 2
    assert verdict((before, answers({"m": [ZEROS]})), "si_sdri=0.1dB", models=("m",)).exit_code == 0


@given(st.integers(0, 19), st.floats(-50, 50), st.sampled_from([-math.inf, math.inf]))
def test_exact_fails_for_the_last_bit_of_one_item(place: int, value: float, towards: float) -> None:
    before = [*ZEROS]
    before[place] = value
    after = [*before]
    after[place] = math.nextafter(value, towards)
    assert verdict(pair_of(before, before), exact=True).exit_code == 0
    found = verdict(pair_of(before, after), exact=True)
    assert found.exit_code == 1 and [moved.item for moved in found.checks[0].moved] == [f"{place:016x}.0"]


def with_sound(side: Answers, item: str, sound: str) -> Answers:
    return replace(side, items=side.items | {item: replace(side.items[item], sounds={"m": sound})})


def test_exact_fails_for_another_sound_of_equal_scores() -> None:
    before, after = pair_of(ZEROS, ZEROS)
    item = f"{3:016x}.0"
    sides = [with_sound(side, item, "a") for side in (before, after)]
    assert verdict((sides[0], sides[1]), exact=True).exit_code == 0
    assert "1 of them in their audio" in verdict((sides[0], sides[1]), exact=True).checks[0].why
    assert verdict((sides[0], with_sound(after, item, "b")), exact=True).exit_code == 1
    assert verdict((sides[0], after), exact=True).exit_code == 0, "kept on one side only: nothing to hold it against"


def test_exact_wants_every_item_and_metric_of_the_baseline() -> None:
    before, after = pair_of(ZEROS, ZEROS)
    fewer = without(after, [f"{3:016x}.0"])
    assert verdict((before, fewer), exact=True).exit_code == 2
    assert verdict((before, fewer), exact=True, allow_partial=True).exit_code == 0
    two = answers({"m": [ZEROS, ZEROS]}, metrics=[SI_SDRI, LSD])
    assert verdict((two, after), exact=True).exit_code == 2
    assert verdict((before, two), exact=True).exit_code == 0


def counted(macs: int, parameters: int, seconds: float = 1.0) -> dict[str, tuple[Counted, ...]]:
    return {"m": (Counted(seconds, "pipeline", macs, parameters),)}


@pytest.mark.parametrize(
    ("tolerance", "macs", "parameters", "code"),
    [
        ("macs=1%", 101, 10, 0),
        ("macs=1%", 102, 10, 1),
        ("macs=0", 100, 99, 0),
        ("macs=0", 101, 10, 1),
        ("macs=5", 105, 10, 0),
        ("macs=5", 106, 10, 1),
        ("parameters=0", 100, 11, 1),
        ("parameters=10%,macs=0%", 90, 11, 0),
    ],
)
def test_work_and_size_are_gated_as_counted(tolerance: str, macs: int, parameters: int, code: int) -> None:
    sides = [answers({"m": [ZEROS]}, costs=costs) for costs in (counted(100, 10), counted(macs, parameters))]
    assert verdict((sides[0], sides[1]), tolerance).exit_code == code


def test_costs_of_other_lengths_or_of_one_side_are_nothing_to_compare() -> None:
    plain = answers({"m": [ZEROS]})
    one, ten = (answers({"m": [ZEROS]}, costs=counted(1, 1, seconds)) for seconds in (1.0, 10.0))
    for sides, told in (((one, ten), "of one length"), ((plain, one), "the baseline"), ((one, plain), "the run")):
        found = verdict(sides, "macs=0")
        assert found.exit_code == 2 and told in found.checks[0].why


Change = Callable[[Answers], Answers]


@pytest.mark.parametrize(
    ("change", "tolerance", "error"),
    [
        (
            lambda one: replace(one, suite=replace(one.suite, hash="f" * 64)),
            "si_sdri=0.1",
            "different suites.*ffffffff",
        ),
        (lambda one: replace(one, suite=replace(one.suite, partial=True)), "si_sdri=0.1", "run is partial"),
        (lambda one: one, "", "nothing to gate"),
        (lambda one: one, "sisdri=0.1", "no metric of the run: given sisdri"),
        (lambda one: one, "si_sdri=0.1m", "unit of the tolerance for si_sdri: given m; wanted dB"),
        (lambda one: replace(one, metrics=(LEVEL,)), "output_level=1", "without a better end"),
    ],
)
def test_what_cannot_be_judged_is_refused(change: Change, tolerance: str, error: str) -> None:
    before, after = pair_of(ZEROS, ZEROS)
    with pytest.raises(SepbenchError, match=error):
        verdict((before, change(after)), tolerance)


def test_partial_runs_are_taken_when_told() -> None:
    before, after = pair_of(ZEROS, ZEROS)
    partial = replace(after, suite=replace(after.suite, partial=True))
    with pytest.raises(NothingComparable, match="baseline is partial"):
        verdict((partial, after), "si_sdri=0.1")
    found = verdict((before, partial), "si_sdri=0.1", allow_partial=True)
    assert found.exit_code == 0 and found.notes == ("partial: not all items of the suite",)


def test_other_recipes_are_nothing_to_compare() -> None:
    before, after = pair_of(ZEROS, ZEROS)
    newer = replace(after, metrics=(replace(SI_SDRI, signature="si_sdri|v2|rate:native"),))
    found = verdict((before, newer), "si_sdri=0.1")
    assert found.exit_code == 2 and "v1" in found.checks[0].why and "v2" in found.checks[0].why
    assert verdict((before, newer), exact=True).exit_code == 2


QA_SDRI = replace(SI_SDRI, name="qa_sdri", signature=get("qa_sdri").signature, per_item=False)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ([5.0] * 20, [4.5] * 20, 1),
        ([5.0] * 20, [4.95] * 20, 0),
        ([5.0] * 10 + ["not_applicable"] * 10, [5.0] * 10 + [0.0] * 10, 1),
        ([5.0] * 20, [*[5.0] * 19, "failed"], 1),
        ([5.0] * 20, [*[5.0] * 19, "not_applicable"], 0),
        ([5.0] * 9, [4.5] * 9, 2),
        (["failed"] * 20, [4.5] * 20, 2),
    ],
)
def test_a_metric_of_a_set_is_gated_by_the_same_rule(before: list[Value], after: list[Value], code: int) -> None:
    """An item of the ten that were rightly silent and now invent a sound is no loss: the mean over mixtures falls."""
    sides = [answers({"m": [column]}, metrics=[QA_SDRI]) for column in (before, after)]
    assert verdict((sides[0], sides[1]), "qa_sdri=0.1dB").exit_code == code


def test_a_distance_of_sets_is_not_gated_without_its_vectors() -> None:
    sides = pair_of(["ok"] * 20, ["ok"] * 20)
    (check,) = verdict((replace(sides[0], metrics=(FAD,)), replace(sides[1], metrics=(FAD,))), "fad=0.1").checks
    assert check.outcome == "not comparable" and "a baseline's file: give the run's folder" in check.why


@pytest.mark.parametrize("name", ["rtf", "seconds", "memory", "latency"])
def test_speed_is_never_gated(name: str) -> None:
    with pytest.raises(SepbenchError, match="depend on the machine"):
        parse_tolerances(f"{name}=1")


@pytest.mark.parametrize(
    "text", ["si_sdri", "si_sdri=", "si_sdri=-1", "si_sdri=nan", "si_sdri=1e999", "=1", "a=1=2", "a=1.2.3"]
)
def test_tolerances_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(SepbenchError, match="option --tolerance"):
        parse_tolerances(text)


def test_a_tolerance_twice_or_a_metric_in_percent_is_refused() -> None:
    with pytest.raises(SepbenchError, match="given twice: given lsd"):
        parse_tolerances("lsd=1,lsd=2")
    with pytest.raises(SepbenchError, match="in its own unit"):
        parse_tolerances("lsd=1%")


HOSTILE = "evil<img>|`\x1b[31m::error::%0A"


def hostile() -> Verdict:
    before = answers({HOSTILE: [ZEROS]})
    return verdict((before, answers({HOSTILE: [HALVES]})), "si_sdri=0.1dB")


def test_junit_has_a_case_for_every_check_and_is_xml_whatever_the_names() -> None:
    root = ElementTree.fromstring(junit_xml(hostile()))
    assert root.attrib["tests"] == root.attrib["failures"] == "1"
    case = root.find("testsuite/testcase")
    assert case is not None and case.attrib["name"] == "si_sdri" and "<img>" in case.attrib["classname"]
    failure = case.find("failure")
    assert failure is not None and "worse by 0.5 dB" in failure.attrib["message"]
    assert failure.text and len(failure.text.splitlines()) == 10
    passed = ElementTree.fromstring(junit_xml(verdict(pair_of(ZEROS, ZEROS), "si_sdri=0")))
    assert passed.attrib["failures"] == passed.attrib["errors"] == "0"


def test_an_annotation_is_one_line_and_its_name_ends_nothing() -> None:
    (line,) = github_annotations(hostile())
    assert "\n" not in line and "\x1b" not in line
    _, command, message = line.split("::", 2)
    assert "%3A%3Aerror%3A%3A" in command and message.startswith("worse by 0.5 dB")
    assert "%250A" in line and "%0A" in line
    assert not list(github_annotations(verdict(pair_of(ZEROS, ZEROS), "si_sdri=0")))


def test_markdown_shows_names_as_text() -> None:
    text = markdown(hostile())
    assert "<img" not in text and "\x1b" not in text and "## sepbench gate: failed" in text
    rows = [line for line in text.splitlines() if line.startswith("| ❌")]
    assert len(rows) == 1 and rows[0].replace("\\|", "").count("|") == 9


def test_a_baseline_has_a_line_for_every_item() -> None:
    one, other = pair_of(ZEROS, [*ZEROS[:-1], 0.25])
    lines, changed = baseline_text(one).splitlines(), baseline_text(other).splitlines()
    assert [line for line, now in zip(lines, changed, strict=True) if line != now] == [lines[-1]]
    assert len(lines) == 27, "schema and suite; a heading over each of one metric, one model and twenty items"
