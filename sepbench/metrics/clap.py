"""CLAPScore: how well the estimate fits the text that was asked, or the reference, in CLAP's space.

A cosine depends on the checkpoint, on the rate that the samples are taken for, and on what becomes of long clips: each
column holds one checkpoint, and its signature says the rest. Read values beside those of the mixture (the change over
it is CLAPScore-i) and of the control ``ground-truth``: real recordings of what was asked score far below 1, and a
separator trained with CLAP can score above them. A CLAP that conditions a separator favours it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sepbench.audio import resample
from sepbench.metrics.embedding import cosine, embedded, embedded_text
from sepbench.metrics.metric import Metric, Sample, Signal, Undefined, check_pair, is_silent

LAION_RATE, MSCLAP_RATE = 48000, 44100
DEFAULT = "laion-clap:630k-audioset-best"
XIAO = "Xiao et al. 2024, arXiv 2407.04936"
EVENTSEP = "overjoy1008/EventSep@c329038"
LASS = "LittleFlyingSheep/CLAPScore_for_LASS@7077ec7"


def clap_ta(*, estimate: np.ndarray, query: str, sample_rate: int, embedder: str = DEFAULT) -> float:
    """Cosine between CLAP's vectors of the estimate and of the query, verbatim.

    Args:
        estimate: ``(time,)``, floating point.
        query: what was asked.
        sample_rate: in Hz, the embedder's own.
        embedder: name of a CLAP.

    Returns:
        -1 to 1, higher is better; in practice below 0.7 even for real recordings of what the text says.

    Raises:
        Undefined: ``estimate_silent`` (the vector of silence is the vector of a floor in decibels), NaN, an empty
            estimate, ``unavailable`` where the checkpoint is not here.
        SepbenchError: another rate than the embedder's.

    Source: Xiao et al. 2024, arXiv 2407.04936.
    """
    estimate = _audible(estimate)
    return cosine(embedded(embedder, estimate, sample_rate), embedded_text(embedder, query))


def clap_aa(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int, embedder: str = DEFAULT) -> float:
    """Cosine between CLAP's vectors of the estimate and of the reference.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: in Hz, the embedder's own.
        embedder: name of a CLAP.

    Returns:
        -1 to 1, higher is better; 1 for identical signals.

    Raises:
        Undefined: as `clap_ta`, and unequal lengths.
        SepbenchError: another rate than the embedder's.
    """
    estimate, reference = check_pair(estimate=_audible(estimate), reference=reference)
    return cosine(embedded(embedder, estimate, sample_rate), embedded(embedder, reference, sample_rate))


def _audible(estimate: np.ndarray) -> Signal:
    checked, _ = check_pair(estimate=estimate, reference=estimate)
    if is_silent(checked):
        raise Undefined("estimate_silent", "a silent estimate sounds like nothing")
    return checked


def _text(embedder: str, taken_for: int, rate: int) -> Callable[[Sample], float]:
    """Of a sample whose rate is taken for `taken_for`, right or wrong, and brought from there to `rate`."""

    def measure(sample: Sample) -> float:
        if sample.removal:
            raise Undefined("not_applicable", "the text names what was to be removed")
        heard = resample(sample.estimate, taken_for, rate)
        return clap_ta(estimate=heard, query=sample.query or "", sample_rate=rate, embedder=embedder)

    return measure


def _audio(embedder: str, taken_for: int, rate: int) -> Callable[[Sample], float]:
    def measure(sample: Sample) -> float:
        heard, wanted = (resample(signal, taken_for, rate) for signal in (sample.estimate, sample.reference))
        return clap_aa(estimate=heard, reference=wanted, sample_rate=rate, embedder=embedder)

    return measure


def _metric(name: str, embedder: str, label: str, source: str, *, rate: int = LAION_RATE, taken_for: int = 0) -> Metric:
    """One column; with `taken_for` samples at `rate` are handed to the network as if they were at that other rate."""
    with_text = name.startswith("clap_ta")
    make = _text if with_text else _audio
    return Metric(
        name=name,
        version=1,
        unit="",
        better="higher",
        measure=make(embedder, taken_for or rate, LAION_RATE if taken_for else rate),
        source=source,
        label=label,
        needs=frozenset({"query"} if with_text else {"reference"}),
        rate=rate,
        parameters={"taken_for": taken_for} if taken_for else {},
        upsample=True,
        embedder=embedder,
    )


METRICS = (
    _metric("clap_ta", DEFAULT, "CLAPScore", XIAO),
    _metric("clap_aa", DEFAULT, "CLAPScore to the reference", XIAO),
    _metric("clap_ta@eventsep", "laion-clap:630k-fusion-best", "CLAPScore (EventSep's checkpoint)", EVENTSEP),
    _metric("clap_aa@eventsep", DEFAULT, "CLAPScoreA (EventSep's checkpoint)", EVENTSEP),
    _metric(
        "clap_ta@eventsep-32kbug",
        "laion-clap:630k-fusion-best",
        "CLAPScore (EventSep, heard 1.5 times too fast)",
        EVENTSEP,
        rate=32000,
        taken_for=48000,
    ),
    _metric(
        "clap_aa@eventsep-32kbug",
        DEFAULT,
        "CLAPScoreA (EventSep, heard 1.5 times too fast)",
        EVENTSEP,
        rate=32000,
        taken_for=48000,
    ),
    _metric(
        "clap_ta@lass", "laion-clap:music_speech_audioset_epoch_15_esc_89.98", "CLAPScore (LASS's checkpoint)", LASS
    ),
    _metric(
        "clap_ta@lass-16kbug",
        "laion-clap:music_speech_audioset_epoch_15_esc_89.98",
        "CLAPScore (LASS, heard twice too fast)",
        LASS,
        rate=16000,
        taken_for=32000,
    ),
    _metric("clap_aa@soloaudio", "laion-clap:larger_clap_general", "CLAP similarity (SoloAudio's checkpoint)", XIAO),
    _metric("clap_ta@msclap2023", "msclap:2023", "CLAPScore (MS-CLAP 2023)", XIAO, rate=MSCLAP_RATE),
    _metric("clap_ta@own", "laion-clap:own", "CLAPScore (a CLAP of one's own)", XIAO),
    _metric("clap_aa@own", "laion-clap:own", "CLAPScore to the reference (a CLAP of one's own)", XIAO),
)
