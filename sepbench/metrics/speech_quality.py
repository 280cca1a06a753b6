"""DNSMOS and NISQA: how speech sounds, rated by networks without a reference. Of queries for speech only.

DNSMOS P.835 rates the speech, what is left behind it, and both together; NISQA rates the whole and four of its sides.
Their weights are found by `sepbench.weights` and never fetched unasked. The ratings are people's, of denoised calls
and of telephone lines: neither network ever heard a separator.

Sources: Reddy et al. 2022, arXiv 2110.01763; Mittag et al. 2021, arXiv 2104.09494.
"""

from __future__ import annotations

from collections.abc import Callable

from sepbench.embeddings import dnsmos, nisqa
from sepbench.metrics.metric import Metric, Sample
from sepbench.metrics.raters import Rater, rating
from sepbench.metrics.speech_query import RULE, check_speech

DNSMOS = Rater(dnsmos.NAME, dnsmos.AXES, dnsmos.RATE, shortest_seconds=1.0)
"""A shorter clip would be heard ten times over, joints included."""
NISQA = Rater(nisqa.NAME, nisqa.AXES, nisqa.RATE, nisqa.SHORTEST_SECONDS, nisqa.LONGEST_SECONDS)


def _of_speech(rater: Rater, axis: str) -> Callable[[Sample], float]:
    def measure(sample: Sample) -> float:
        check_speech(sample)
        return rating(rater, axis, estimate=sample.estimate, sample_rate=sample.sample_rate)

    return measure


def _metric(name: str, rater: Rater, axis: str, label: str, source: str) -> Metric:
    return Metric(
        name=name,
        version=1,
        unit="MOS",
        better="higher",
        measure=_of_speech(rater, axis),
        source=source,
        label=label,
        needs=frozenset(),
        rate=rater.rate,
        parameters={"queries": RULE},
        upsample=True,
        embedder=rater.embedder,
    )


_REDDY, _MITTAG = "Reddy et al. 2022, arXiv 2110.01763", "Mittag et al. 2021, arXiv 2104.09494"

METRICS = (
    _metric("dnsmos_sig", DNSMOS, "signal", "DNSMOS speech", _REDDY),
    _metric("dnsmos_bak", DNSMOS, "background", "DNSMOS background", _REDDY),
    _metric("dnsmos_ovrl", DNSMOS, "overall", "DNSMOS overall", _REDDY),
    _metric("nisqa_mos", NISQA, "mos", "NISQA overall", _MITTAG),
    _metric("nisqa_noi", NISQA, "noisiness", "NISQA noisiness", _MITTAG),
    _metric("nisqa_dis", NISQA, "discontinuity", "NISQA discontinuity", _MITTAG),
    _metric("nisqa_col", NISQA, "coloration", "NISQA coloration", _MITTAG),
    _metric("nisqa_loud", NISQA, "loudness", "NISQA loudness", _MITTAG),
)
