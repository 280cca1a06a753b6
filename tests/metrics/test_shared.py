"""Sharing between metrics and models: never another value, never the same work twice, never without a bound."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from sepbench.engine.scoring import Beside, Scorer
from sepbench.metrics import bsseval, intelligibility, lsd, measure, mel_distance, psnr, shared
from sepbench.metrics.measure import measure_sample
from sepbench.metrics.metric import Measurement, Metric, Sample
from sepbench.metrics.registry import metrics, select
from sepbench.metrics.shared import Shared, directly
from sepbench.mixing import render
from sepbench.separators.separator import Estimate
from tests.golden.signals import make
from tests.rows import RATE, SAMPLES, mixture, recording, source

# Networks and other people's programs share nothing but resampled signals, and are slow.
SIGNAL_METRICS = [
    metric
    for name, metric in metrics().items()
    if not metric.embedder and metric.reduce is None and not name.startswith(("pesq", "visqol"))
]
CASES = ("noise_0@32000#0", "noise_p10@16000#0", "half_silent_ref_gated@16000#0", "dc_offset@32000#0")


def sample(name: str, cut: int = 0) -> Sample:
    """The middle 1.5 s of a golden triple, less some samples."""
    triple = make(name)
    part = slice(7 * triple.rate // 4, 13 * triple.rate // 4 - cut)
    signals = (triple.estimate, triple.reference, triple.mixture)
    estimate, reference, heard = (signal[part].astype(np.float64) for signal in signals)
    return Sample(estimate, reference, triple.rate, heard, "dog")


def alone(one: Sample, chosen: list[Metric]) -> dict[str, Measurement]:
    """Every metric with nothing to share: a fresh memo each."""
    return {metric.name: measure_sample(replace(one, shared=Shared()), [metric])[metric.name] for metric in chosen}


@pytest.mark.parametrize(("name", "cut"), list(zip(CASES, (0, 0, 37, 1), strict=True)))
def test_values_are_the_same_to_the_last_bit_with_and_without(name: str, cut: int) -> None:
    one = sample(name, cut)
    item = Shared((one.reference, one.mixture))
    first = measure_sample(replace(one, shared=Shared(within=item)), SIGNAL_METRICS)
    other = replace(one, estimate=one.mixture.copy())
    second = measure_sample(replace(other, shared=Shared(within=item)), SIGNAL_METRICS[::-1])
    assert first == alone(one, SIGNAL_METRICS)
    assert second == alone(other, SIGNAL_METRICS)


def test_plain_functions_share_nothing_and_agree() -> None:
    one = sample(CASES[1])
    pair = {"estimate": one.estimate, "reference": one.reference, "sample_rate": one.sample_rate}
    shared_values = measure_sample(one, select(["lsd", "stoi", "estoi", "mel_dist"]))
    assert lsd.lsd(**pair) == shared_values["lsd"].value
    assert intelligibility.stoi(**pair) == shared_values["stoi"].value
    assert intelligibility.estoi(**pair, once=directly) == shared_values["estoi"].value
    assert mel_distance.mel_dist(**pair) == shared_values["mel_dist"].value


FRONT_ENDS = (
    (lsd, "_floored"), (lsd, "_powers"), (psnr, "_image"), (mel_distance, "_mel_image"), (measure, "_at_rate"),
    (intelligibility, "_of_reference"), (intelligibility, "_where"), (bsseval, "_correlated_with_itself"),
)  # fmt: skip


def test_the_items_part_is_done_once_for_all_models_and_the_estimates_part_once_for_all_metrics(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[tuple[str, tuple[object, ...]]] = []
    for module, name in FRONT_ENDS:
        original = getattr(module, name)

        def counted(*arguments: object, name: str = name, original: object = original) -> object:
            values = [one.tobytes() if isinstance(one, np.ndarray) else one for one in arguments]
            calls.append((name, tuple(values)))
            return original(*arguments)  # type: ignore[operator]

        monkeypatch.setattr(module, name, counted)
    seconds = 1.0
    samples = round(seconds * 32000)
    sources = tuple(source(clip, role, samples=samples) for clip, role in (("dog", "target"), ("rain", "noise")))
    row = mixture(sample_rate=32000, samples=samples, sources=sources)
    chosen = select(["lsd", "psnr_mel", "mel_dist", "mel_dist@codecsep-cfg", "stoi", "estoi", "sdr_bss512"])
    scorer = Scorer(chosen, 32000, 20)
    rendered = render(row, [recording(seed, rate=32000, samples=samples) for seed in (1, 2)])
    item = scorer.item_audio(row, rendered, 0)
    for seed in (3, 4):
        estimate = rendered.mixture + 0.1 * recording(seed, rate=32000, samples=samples).audio
        scorer.score(item, Estimate("x", estimate, 32000), Beside())
    assert {name for name, _ in calls} == {name for _, name in FRONT_ENDS}
    for name in {name for name, _ in calls}:
        of_name = [arguments for called, arguments in calls if called == name]
        assert len(of_name) == len(set(of_name)), name


def test_a_trimmed_estimate_is_scored_against_its_own_cut() -> None:
    row, chosen = mixture(), select(["lsd", "mel_dist", "sdr_bss512", "si_sdri"])
    rendered = render(row, [recording(seed) for seed in (1, 2)])
    scorer = Scorer(chosen, RATE, 20)
    item = scorer.item_audio(row, rendered, 0)
    estimate = (rendered.mixture + 0.1 * recording(3).audio).astype(np.float32)
    whole = scorer.score(item, Estimate("x", estimate, RATE), Beside()).scores
    cut = scorer.score(item, Estimate("x", estimate[:-100], RATE), Beside()).scores
    wanted = measure_sample(
        Sample(
            estimate[:-100].astype(np.float64),
            item.sample.reference[:-100],
            RATE,
            rendered.mixture[:-100].astype(np.float64),
        ),
        chosen,
    )
    assert {name: score.value for name, score in cut.items()} == {name: one.value for name, one in wanted.items()}
    assert all(score.status == "trimmed" for score in cut.values())
    assert scorer.score(item, Estimate("x", estimate, RATE), Beside()).scores == whole


def test_levels_keep_apart_what_belongs_to_an_estimate() -> None:
    reference, estimate = np.ones(4), np.zeros(4)
    item = Shared((reference,))
    own = Shared(within=item)
    of_reference, of_both = own(np.cumsum, reference), own(np.add, reference, estimate)
    assert Shared(within=item)(np.cumsum, reference) is of_reference
    assert Shared(within=item)(np.cumsum, of_reference) is own(np.cumsum, of_reference)  # what came of it, too
    assert own(np.add, reference, estimate) is of_both
    assert Shared(within=item)(np.add, reference, estimate) is not of_both
    assert item.holds(of_reference) and not item.holds(of_both) and not item.holds(estimate)


def test_equal_arrays_are_not_the_same_array_and_other_arguments_are_another_call() -> None:
    memo, one = Shared(), np.arange(3.0)
    assert memo(np.cumsum, one) is not memo(np.cumsum, one.copy())
    assert memo(np.tile, one, 2).size == 6
    assert memo(np.tile, one, 3).size == 9
    assert memo(np.negative, one)[1] == -1


def test_an_arrays_identity_is_not_given_to_another_while_its_results_are_kept() -> None:
    memo = Shared()
    for value in range(200):  # without holding them, the allocator gives the same place again and again
        assert memo(np.sum, np.full(1000, float(value))) == value * 1000


def test_beyond_the_limit_results_are_given_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "LIMIT_BYTES", 100)
    memo, small, large = Shared(), np.ones(10), np.ones(20)
    assert memo(np.negative, large) is not memo(np.negative, large)
    assert memo(np.negative, small) is memo(np.negative, small)
    assert memo(np.square, small) is not memo(np.square, small)


def test_what_is_kept_goes_with_the_item() -> None:
    row = mixture()
    rendered = render(row, [recording(seed) for seed in (1, 2)])
    item = Scorer(select(["lsd"]), RATE, 20).item_audio(row, rendered, 0)
    memo = weakref.ref(item.sample.shared)
    assert memo() is not None and len(item.sample.reference) == SAMPLES
    del item
    gc.collect()
    assert memo() is None
