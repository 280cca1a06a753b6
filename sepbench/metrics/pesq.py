"""PESQ: speech quality of the estimate beside the reference, as telephone networks are rated (ITU-T P.862.2).

By the package pesq, which wraps the ITU's own code. It is made for speech and means nothing elsewhere: of two
unrelated broadband noises it can think as well as of identical ones. The metric is therefore taken of queries for
speech only (`sepbench.metrics.speech_query`); the function rates whatever it is given.
"""

from __future__ import annotations

import numpy as np

from sepbench.errors import SepbenchError
from sepbench.metrics.metric import Metric, Sample, Undefined, check_audible, check_pair, is_silent
from sepbench.metrics.packages import package
from sepbench.metrics.speech_query import RULE, check_speech

RATE = 16000  # Hz


def pesq_wb(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int) -> float:
    """Wide-band PESQ, as MOS-LQO.

    Args:
        estimate: ``(time,)``, floating point, at least a quarter of a second.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: 16000.

    Returns:
        1.0 to 4.64, higher is better; 4.644 for an identical estimate; unchanged by the gain of either signal.

    Raises:
        Undefined: ``too_short`` below a quarter of a second, or where the reference holds no utterance (a burst of 50
            ms is none), ``estimate_silent``, ``unavailable`` where the package is not installed, a silent reference,
            NaN, unequal lengths.
        SepbenchError: another rate.

    Source: ITU-T P.862.2; pesq 0.0.4.
    """
    estimate, reference = check_pair(estimate=estimate, reference=reference)
    if sample_rate != RATE:
        raise SepbenchError(
            "wide-band PESQ was given another rate",
            given=f"{sample_rate} Hz",
            wanted=f"{RATE} Hz",
            remedy="resample both signals",
        )
    check_audible(reference)
    if is_silent(estimate):
        raise Undefined("estimate_silent", "silence cannot be brought to the standard level")
    original = package("pesq", "pesq")
    try:
        return float(original.pesq(RATE, reference, estimate, "wb"))
    except (original.BufferTooShortError, original.NoUtterancesError) as refusal:
        raise Undefined("too_short", "PESQ finds no utterance in the reference") from refusal


def _of_speech(sample: Sample) -> float:
    check_speech(sample)
    return pesq_wb(estimate=sample.estimate, reference=sample.reference, sample_rate=sample.sample_rate)


METRICS = (
    Metric(
        name="pesq_wb",
        version=1,
        unit="MOS",
        better="higher",
        measure=_of_speech,
        source="ITU-T P.862.2; pesq",
        label="PESQ (speech)",
        rate=RATE,
        parameters={"queries": RULE},
    ),
)
