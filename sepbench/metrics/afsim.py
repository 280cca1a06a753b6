"""AFSim: how alike a language model that hears finds the estimate and the reference.

HSM-TSS (arXiv 2505.21025) introduces it with the first Audio Flamingo and leaves unsaid the prompt, which tokens are
averaged, the checkpoint and what becomes of long clips: every column here is an approximation of it, and none
reproduces its table. One column holds one model, since vectors of two models say nothing about each other.
"""

from __future__ import annotations

import numpy as np

from sepbench.embeddings.audio_language_models import SHORTEST_SECONDS
from sepbench.metrics.embedding import cosine, embedded
from sepbench.metrics.metric import Metric, Undefined, check_audible, check_pair, is_silent

SOURCE = "arXiv 2505.21025, approximated: prompt, pooling and checkpoint are not stated there"


def afsim(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int, embedder: str) -> float:
    """Cosine between an audio language model's vectors of the estimate and of the reference.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: in Hz, the embedder's own.
        embedder: name of the model, see `sepbench.embeddings.audio_language_models`.

    Returns:
        -1 to 1, higher is better; identical signals give 1. Vectors of one model lie close together: read a value
        against the untouched mixture's, not against 0.

    Raises:
        Undefined: a silent signal (the first Audio Flamingo divides by its peak, the others follow), ``too_short``
            below 0.1 s, ``unavailable`` where the model is not here, NaN, unequal lengths.
        SepbenchError: another rate than the embedder's.
    """
    estimate, reference = check_pair(estimate=estimate, reference=reference)
    if len(reference) < SHORTEST_SECONDS * sample_rate:
        raise Undefined("too_short", f"under {SHORTEST_SECONDS} s an audio language model hears nothing")
    check_audible(reference)
    if is_silent(estimate):
        raise Undefined("estimate_silent", "silence has no peak to be scaled by")
    return cosine(embedded(embedder, estimate, sample_rate), embedded(embedder, reference, sample_rate))


def _metric(variant: str, embedder: str, title: str, rate: int = 16000) -> Metric:
    return Metric(
        name=f"afsim@{variant}",
        version=1,
        unit="",
        better="higher",
        measure=lambda sample: afsim(
            estimate=sample.estimate, reference=sample.reference, sample_rate=sample.sample_rate, embedder=embedder
        ),
        source=SOURCE,
        label=f"AFSim ({title}, approximate)",
        rate=rate,
        upsample=True,
        embedder=embedder,
    )


METRICS = (
    _metric("af1", "audio-flamingo-1:foundation", "Audio Flamingo 1", rate=44100),
    _metric("af3", "audio-flamingo-3:hf", "Audio Flamingo 3"),
    _metric("music-flamingo", "music-flamingo:2601-hf", "Music Flamingo"),
    _metric("qwen2-audio", "qwen2-audio:7b-instruct", "Qwen2-Audio"),
    _metric("own", "audio-language-model:own", "a model of one's own"),
)
