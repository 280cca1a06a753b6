"""KL divergence of tags: how far what a tagger hears in the estimate is from what it hears in the reference.

Direction reference || estimate throughout. Two readings of the 527 logits of Cnn14: one distribution over all classes
(softmax), or a yes or no for each (sigmoid). Ours are divergences in the exact sense, never negative and zero for equal
tags; audioldm_eval's add a small number to one side, and its sigmoid form keeps only half of the divergence and is
negative where the estimate is tagged more surely than the reference. Tails are heavy: a mean over items lives off few
of them, so read the median beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sepbench.embeddings.panns import SHORTEST_SECONDS, logits_of
from sepbench.errors import SepbenchError
from sepbench.metrics.audioldm_input import as_audioldm_eval_hears
from sepbench.metrics.embedding import embedded
from sepbench.metrics.metric import Metric, Sample, Signal, Undefined, check_audible, check_pair

Logits = NDArray[np.floating]
Divergence = Callable[..., NDArray[np.float64]]
EPS = 1e-6
AUDIOLDM = "haoheliu/audioldm_eval@8dc07ee"
CNN14_16K, CNN14 = "panns:cnn14-16k", "doi 10.1109/TASLP.2020.3030497"


def kl_softmax(*, estimate: Logits, reference: Logits) -> NDArray[np.float64]:
    """Σ p_r (log p_r - log p_e) with p = softmax(logits), per item.

    Args:
        estimate: logits of the estimate, ``(..., classes)``.
        reference: logits of the reference, the same shape.

    Returns:
        nats, ``(...)``; 0 for equal logits, never negative.

    Raises:
        SepbenchError: the shapes differ.

    >>> round(float(kl_softmax(estimate=np.zeros(2), reference=np.log([3.0, 1.0]))), 4)
    0.1308
    """
    estimate, reference = _check_logits(estimate, reference)
    log_e, log_r = _log_softmax(estimate), _log_softmax(reference)
    divergence: NDArray[np.float64] = np.sum(np.exp(log_r) * (log_r - log_e), axis=-1)
    return np.maximum(divergence, 0)  # rounding of equal logits


def kl_sigmoid(*, estimate: Logits, reference: Logits) -> NDArray[np.float64]:
    """Σ over classes of the divergence of two yes-or-no distributions with p = sigmoid(logit), per item.

    Arguments, returns and errors as `kl_softmax`.

    >>> round(float(kl_sigmoid(estimate=np.zeros(1), reference=np.log([3.0]))), 4)
    0.1308
    """
    estimate, reference = _check_logits(estimate, reference)
    yes, no = (
        np.exp(-_softplus(-sign * reference)) * (_softplus(-sign * estimate) - _softplus(-sign * reference))
        for sign in (1, -1)
    )
    divergence: NDArray[np.float64] = np.sum(yes + no, axis=-1)
    return np.maximum(divergence, 0)


def kl_softmax_audioldm(*, estimate: Logits, reference: Logits) -> NDArray[np.float64]:
    """audioldm_eval's: Σ p_r (log p_r - log(p_e + 1e-6)) with softmax, per item; -0.0005 or so for equal logits.

    Arguments and errors as `kl_softmax`. Source: haoheliu/audioldm_eval@8dc07ee.
    """
    estimate, reference = _check_logits(estimate, reference)
    return _with_eps(np.exp(_log_softmax(estimate)), _log_softmax(reference))


def kl_sigmoid_audioldm(*, estimate: Logits, reference: Logits) -> NDArray[np.float64]:
    """The same with sigmoid; without the other half, Σ (1 - p_r) ..., so it can be negative.

    Arguments and errors as `kl_softmax`. Source: haoheliu/audioldm_eval@8dc07ee.
    """
    estimate, reference = _check_logits(estimate, reference)
    return _with_eps(np.exp(-_softplus(-estimate)), -_softplus(-reference))


def _with_eps(estimate: NDArray[np.float64], log_reference: NDArray[np.float64]) -> NDArray[np.float64]:
    terms = np.exp(log_reference) * (log_reference - np.log(estimate + EPS))
    divergence: NDArray[np.float64] = terms.sum(axis=-1)
    return divergence


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    normalised: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normalised


def _softplus(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """log(1 + exp(x)), which is -log of the sigmoid of -x."""
    return np.logaddexp(0, x)


def _check_logits(estimate: Logits, reference: Logits) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if estimate.shape != reference.shape or estimate.ndim == 0:
        raise SepbenchError(
            "logits of different classes", given=f"shapes {estimate.shape} and {reference.shape}", wanted="equal ones"
        )
    return estimate.astype(np.float64), reference.astype(np.float64)


def _measure(divergence: Divergence, embedder: str, prepare: Callable[[Signal], Signal]) -> Callable[[Sample], float]:
    def measure(sample: Sample) -> float:
        estimate, reference = check_pair(estimate=sample.estimate, reference=sample.reference)
        check_audible(reference)
        heard, wanted = prepare(estimate), prepare(reference)
        if len(wanted) < SHORTEST_SECONDS * sample.sample_rate:
            raise Undefined("too_short", f"under {SHORTEST_SECONDS} s Cnn14 hears nothing")
        found, target = (logits_of(embedded(embedder, signal, sample.sample_rate)) for signal in (heard, wanted))
        return float(divergence(estimate=found, reference=target))

    return measure


def _as_it_is(signal: Signal) -> Signal:
    return signal


def _metric(
    name: str, divergence: Divergence, label: str, *, tagger: str = CNN14_16K, rate: int = 16000, source: str = CNN14
) -> Metric:
    audioldm = source.startswith(AUDIOLDM)
    return Metric(
        name=name,
        version=1,
        unit="",
        better="lower",
        measure=_measure(divergence, tagger, as_audioldm_eval_hears if audioldm else _as_it_is),
        source=source,
        label=label,
        rate=rate,
        parameters={"eps": EPS, "input": "audioldm_eval"} if audioldm else {"input": "as-is"},
        upsample=True,
        embedder=tagger,
    )


METRICS = (
    _metric("kl_softmax", kl_softmax, "KL of tags"),
    _metric("kl_sigmoid", kl_sigmoid, "KL of tags, each by itself"),
    _metric("kl_softmax@cnn14-16k", kl_softmax_audioldm, "KL (audioldm_eval, 16 kHz)", source=AUDIOLDM),
    _metric("kl_sigmoid@cnn14-16k", kl_sigmoid_audioldm, "KL, sigmoid (audioldm_eval, 16 kHz)", source=AUDIOLDM),
    _metric(
        "kl_softmax@cnn14-32k",
        kl_softmax_audioldm,
        "KL (audioldm_eval, 32 kHz)",
        tagger="panns:cnn14-32k",
        rate=32000,
        source=AUDIOLDM,
    ),
    _metric("kl_softmax@own", kl_softmax, "KL of tags (a Cnn14 of one's own)", tagger="panns:own"),
    _metric(
        "kl_softmax@passt",
        kl_softmax_audioldm,
        "KL (audioldm_eval, PaSST)",
        tagger="passt:s-swa-p16-128-ap476",
        rate=32000,
        source=f"{AUDIOLDM}, branch passt_replace_panns",
    ),
)
