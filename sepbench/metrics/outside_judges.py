"""Judges that run in an environment of their own: Audiobox Aesthetics, and SAM Audio Judge.

Audiobox Aesthetics rates a sound by itself. SAM Audio Judge is given the mixture, the query and the estimate, and rates
how well the one was made of the others; a system that was reranked with it, as SAM Audio's published results are, is
favoured by it. What each needs on a machine stands in docs/metrics-perceptual.md; without it there is no number.

Sources: Tjandra et al. 2025, arXiv 2502.05139; arXiv 2601.19702, facebookresearch/sam-audio@68b48d4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Literal

import numpy as np

from sepbench.embeddings.embedder import Vector
from sepbench.embeddings.outside_process import OutsideProcess
from sepbench.embeddings.outside_recipes import AESTHETICS, AESTHETICS_AXES
from sepbench.errors import MissingData, MissingExtra, SepbenchError
from sepbench.metrics.metric import Metric, Sample, Undefined, check_pair, is_silent, mixture_of
from sepbench.metrics.raters import Rater, rating
from sepbench.metrics.shared import Once, directly
from sepbench.weights import Weight, find

AUDIOBOX = Rater(AESTHETICS, AESTHETICS_AXES, 16000, shortest_seconds=0.1)
CHECKPOINT = "facebook/sam-audio-judge"
JUDGE_AXES = ("overall", "recall", "precision", "faithfulness")
JUDGE_RATE = 48000
JUDGE_SECONDS = 300.0
"""For each estimate."""


def judge_rating(
    *,
    estimate: np.ndarray,
    mixture: np.ndarray,
    query: str,
    sample_rate: int,
    axis: str,
    once: Once = directly,
) -> float:
    """SAM Audio Judge's rating of one side of an estimate.

    Args:
        estimate: ``(time,)``, floating point.
        mixture: ``(time,)``, floating point, the same length.
        query: what was asked, verbatim.
        sample_rate: 48000.
        axis: ``overall``, ``recall`` (all of the sound is there), ``precision`` (nothing else is), or
            ``faithfulness`` (it sounds as in the mixture).

    Returns:
        About 1 to 5, higher is better.

    Raises:
        Undefined: ``estimate_silent``, ``unavailable`` where its environment or its checkpoint is not here, a silent
            mixture, NaN, unequal lengths.
        SepbenchError: another rate, or the process failed.

    Source: arXiv 2601.19702, facebookresearch/sam-audio@68b48d4 eval/metrics/judge.py.
    """
    estimate, mixture = check_pair(estimate=estimate, reference=mixture)
    if sample_rate != JUDGE_RATE:
        raise SepbenchError(
            "SAM Audio Judge was given another rate", given=f"{sample_rate} Hz", wanted=f"{JUDGE_RATE} Hz"
        )
    if is_silent(mixture):
        raise Undefined("reference_silent", "nothing can be separated from silence")
    if is_silent(estimate):
        raise Undefined("estimate_silent", "silence has no quality")
    return float(once(_judged, estimate, mixture, query)[JUDGE_AXES.index(axis)])


def _judged(estimate: np.ndarray, mixture: np.ndarray, query: str) -> Vector:
    """All four ratings, by one question."""
    request = {
        "item": "",
        "sample_rate": JUDGE_RATE,
        "query": query,
        "mode": "extract",
        "prompts": [],
        "references": 1,
        "kind": "caption",
    }
    process = _judge()
    found = process.ask(
        {"type": "separate", "requests": [request], "most_samples": len(JUDGE_AXES)},
        [mixture.astype(np.float32), estimate.astype(np.float32)],
        wanted="estimates",
        most=len(JUDGE_AXES),
        seconds=JUDGE_SECONDS,
    )
    if [len(one) for one in found] != [len(JUDGE_AXES)] or not np.isfinite(found[0]).all():
        raise process.failure(str(found), "gave other ratings than four finite ones")
    return found[0]


@cache
def _judge() -> OutsideProcess:
    """The judge's process, started once."""
    config = Weight(CHECKPOINT, f"hf://{CHECKPOINT}@main/config.json", "sam-audio-judge/config.json", None, None, "SAM")
    try:
        folder = find(config).parent
    except MissingData as missing:
        raise Undefined("unavailable", f"{CHECKPOINT} is not here (gated: hf download {CHECKPOINT})") from missing
    try:
        return OutsideProcess(CHECKPOINT, "sam-audio", "sam_audio_judge.py", {"checkpoint": str(folder)})
    except (MissingData, MissingExtra) as missing:
        raise Undefined("unavailable", f"{missing} ({missing.remedy})") from missing


def _of_estimate(axis: str) -> Callable[[Sample], float]:
    return lambda sample: rating(AUDIOBOX, axis, estimate=sample.estimate, sample_rate=sample.sample_rate)


def _of_answer(axis: str) -> Callable[[Sample], float]:
    def measure(sample: Sample) -> float:
        if sample.removal:
            raise Undefined("not_applicable", "the text names what was to be removed")
        return judge_rating(
            estimate=sample.estimate,
            mixture=mixture_of(sample),
            query=sample.query or "",
            sample_rate=sample.sample_rate,
            axis=axis,
            once=sample.shared,
        )

    return measure


def _aesthetics(axis: str, label: str, better: Literal["higher", "neither"] = "higher") -> Metric:
    return Metric(
        name=f"audiobox_{axis.lower()}",
        version=1,
        unit="",
        better=better,
        measure=_of_estimate(axis),
        source="Tjandra et al. 2025, arXiv 2502.05139",
        label=f"Audiobox {label}",
        needs=frozenset(),
        rate=AUDIOBOX.rate,
        upsample=True,
        embedder=AESTHETICS,
    )


def _judgement(axis: str) -> Metric:
    return Metric(
        name=f"judge_{axis}",
        version=1,
        unit="",
        better="higher",
        measure=_of_answer(axis),
        source="arXiv 2601.19702, facebookresearch/sam-audio@68b48d4",
        label=f"SAM Audio Judge, {axis}",
        needs=frozenset({"mixture", "query"}),
        rate=JUDGE_RATE,
        parameters={"checkpoint": CHECKPOINT},
        upsample=True,
    )


METRICS = (
    _aesthetics("CE", "enjoyment"),
    _aesthetics("CU", "usefulness"),
    _aesthetics("PC", "complexity", "neither"),
    _aesthetics("PQ", "production quality"),
    *(_judgement(axis) for axis in JUDGE_AXES),
)
