"""From a metric's plain function to what a `Metric` record calls: picking its arguments out of a sample."""

from __future__ import annotations

from collections.abc import Callable

from sepbench.metrics.metric import Sample, mixture_of


def plain(function: Callable[..., float]) -> Callable[[Sample], float]:
    """A metric of estimate and reference, as a `Metric` wants it."""
    return lambda sample: function(estimate=sample.estimate, reference=sample.reference)


def plain_at_rate(function: Callable[..., float]) -> Callable[[Sample], float]:
    """A metric of estimate, reference and rate, as a `Metric` wants it."""
    return lambda sample: function(estimate=sample.estimate, reference=sample.reference, sample_rate=sample.sample_rate)


def sharing(function: Callable[..., float]) -> Callable[[Sample], float]:
    """A metric of estimate and reference whose front end other metrics and models share."""
    return lambda sample: function(estimate=sample.estimate, reference=sample.reference, once=sample.shared)


def sharing_at_rate(function: Callable[..., float]) -> Callable[[Sample], float]:
    """A metric of estimate, reference and rate whose front end other metrics and models share."""
    return lambda sample: function(
        estimate=sample.estimate, reference=sample.reference, sample_rate=sample.sample_rate, once=sample.shared
    )


def improved(function: Callable[..., float]) -> Callable[[Sample], float]:
    """A metric of estimate, reference and mixture, as a `Metric` wants it."""
    return lambda sample: function(estimate=sample.estimate, reference=sample.reference, mixture=mixture_of(sample))
