"""Signal metrics of a ten-second pair against the libraries that a user would call today, on one core, in one run.

CPU time, medians; what is compared runs in turn in an order drawn anew for every round, so that a disturbance meets all
alike. Values are checked against each other before any time counts.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks import machine
from benchmarks.libraries import Alternative, Pair, alternatives
from sepbench.metrics import prime_spectra
from sepbench.metrics.measure import measure_sample
from sepbench.metrics.mel import BLOCK_SAMPLES
from sepbench.metrics.metric import Sample
from sepbench.metrics.registry import select
from sepbench.metrics.shared import Shared
from sepbench.worker_process import THREAD_VARIABLES

SECONDS, RATES, ROUNDS, PAIRS = 10.0, (16000, 32000), 21, 4
SIZE = str(1 << 30)
# Memory that was used once stays with the process: returning and fetching it would be measured, more than anything.
PINNED = {"MALLOC_MMAP_THRESHOLD_": SIZE, "MALLOC_TRIM_THRESHOLD_": SIZE} | dict.fromkeys(THREAD_VARIABLES, "1")
SYSTEMS = 8
"""Of a comparison such as a paper's."""
PRIME = "lsd@audioldm-o0"
"""Its windows are 743 and 1486 samples, a prime and twice a prime, which transform libraries do not like."""

WORK = {
    "one estimate": ("one estimate", 1),
    "item": ("an item: its mixture and one system", 2),
    "field": (f"an item: its mixture and {SYSTEMS} systems", 1 + SYSTEMS),
    "further": ("each further system of an item", 1),
    "bare": ("bare transforms of one estimate", 1),
}
"""What is done with a whole set, in words, and how many estimates the libraries would have to score for it."""

Call = Callable[[Pair], object]
Names = tuple[str, ...]


def pair(rate: int, seed: int) -> Pair:
    """Syllables of noise over a tone, and the same with hiss 10 dB down."""
    rng = np.random.Generator(np.random.PCG64(seed))
    t = np.arange(round(SECONDS * rate)) / rate
    syllables = rng.standard_normal(len(t)) * (1.05 + np.sin(2 * np.pi * 3 * t))
    reference = 0.05 * syllables + 0.05 * np.sin(2 * np.pi * 440 * t)
    hiss = rng.standard_normal(len(t)) * np.sqrt(np.mean(reference**2) / 10)
    return Pair((reference + hiss).astype(np.float32), reference.astype(np.float32), rate)


def alone(names: Names, given: Pair) -> tuple[float, ...]:
    """Our values of one estimate, nothing known of its reference."""
    return values(names, given, given.reference.astype(np.float64), None)


def with_mixture(names: Names, systems: int, given: Pair) -> list[tuple[float, ...]]:
    """An item as a run scores it: the untouched mixture first, for the change over it, then the systems. The estimate
    stands for all, since times do not depend on what is heard."""
    reference = given.reference.astype(np.float64)
    item = Shared((reference,))
    return [values(names, given, reference, item) for _ in range(1 + systems)]


def further(names: Names, pairs: list[Pair]) -> Call:
    """Our values of one more estimate where others of the same items were scored before."""
    kept = {}
    for given in pairs:
        reference = given.reference.astype(np.float64)
        kept[id(given)] = reference, Shared((reference,))
        values(names, given, *kept[id(given)])
    return lambda given: values(names, given, *kept[id(given)])


def values(names: Names, given: Pair, reference: np.ndarray, item: Shared | None) -> tuple[float, ...]:
    """What we measure, as the engine asks for it."""
    sample = Sample(given.estimate.astype(np.float64), reference, given.rate, shared=Shared(within=item))
    found = measure_sample(sample, select(names)).values()
    assert all(one.value is not None for one in found)
    return tuple(one.value or 0.0 for one in found)


def check(pairs: list[Pair], ways: list[Alternative]) -> None:
    """Equal values, or no comparison."""
    for given in pairs:
        for way in ways:
            ours, theirs = alone(way.metrics, given), way.call(given)
            for name, one, other in zip(way.metrics, ours, theirs, strict=True):
                assert abs(one - other) <= way.tolerance, (name, way.library, given.rate, one, other)


def transforms(names: Names, rate: int) -> Call:
    """Every Fourier transform that one estimate and its reference need, on frames cut and weighted beforehand."""
    length = round(SECONDS * rate)
    windows = {
        "lsd": (round(0.032 * rate), round(0.008 * rate), 2),
        PRIME: (int(2048 * rate / 44100), rate // 100, 2),
        f"psnr_mel@audioldm-{rate // 1000}k": (rate * 512 // 16000, rate // 100, 2),
        "stoi": (512, round(128 * rate / 10000), 2),  # 256 samples of 10 kHz, filled up
        "sdr_bss512": (4096, 3584, 2),
    }
    rng = np.random.Generator(np.random.PCG64(0))
    frames = []
    for window, hop, signals in (windows[name] for name in names if name in windows):
        count, block = 1 + length // hop, max(1, BLOCK_SAMPLES // window)
        sizes = [min(block, count - start) for start in range(0, count, block)]
        frames += [rng.standard_normal((size, window)) for size in sizes] * signals
    return lambda _: [transform(block) for block in frames]


def transform(block: np.ndarray) -> np.ndarray:
    """The faster of what there is for frames of this length."""
    return prime_spectra.powers(block) if prime_spectra.fits(block.shape[1]) else np.fft.rfft(block, axis=1)


def timed(calls: dict[str, Call], pairs: list[Pair], rate: int) -> dict[str, float]:
    """Median CPU milliseconds of each call."""
    order, taken = random.Random(rate), defaultdict(list)
    for round_ in range(ROUNDS):
        for name in order.sample(sorted(calls), len(calls)):
            given = pairs[round_ % len(pairs)]
            began = time.process_time()
            calls[name](given)
            taken[name].append(1000 * (time.process_time() - began))
    return {name: statistics.median(times) for name, times in taken.items()}


def rows_at(rate: int) -> list[list[str]]:
    """The table's part of one rate."""
    pairs = [pair(rate, seed) for seed in range(PAIRS)]
    ways = alternatives(rate)
    groups = list(dict.fromkeys(way.metrics for way in ways))
    everything = tuple(name for group in groups for name in group)
    sets = {
        "all but lsd@audioldm-o0": tuple(name for name in everything if name != PRIME),
        "all": everything,
    }
    check(pairs, [way for way in ways if way.here])
    calls: dict[str, Call] = {f"{way.metrics} {way.library}": way.call for way in ways if way.here}
    calls |= {f"{group}": partial(alone, group) for group in groups}
    for title, names in sets.items():
        calls |= {f"{title}, one estimate": partial(alone, names), f"{title}, further": further(names, pairs)}
        calls |= {f"{title}, item": partial(with_mixture, names, 1), f"{title}, bare": transforms(names, rate)}
        calls |= {f"{title}, field": partial(with_mixture, names, SYSTEMS)}
    took = timed(calls, pairs, rate)
    rows = [group_row(rate, group, ways, took) for group in groups]
    published = [way for way in ways if way.published]
    for title, names in sets.items():
        within = [group for group in groups if set(group) <= set(names)]
        mix, with_ours = (sum(fastest(group, some, took) for group in within) for some in (published, ways))
        for work, (words, estimates) in WORK.items():
            ours = took[f"{title}, {work}"] / estimates
            theirs = f"{estimates * mix:.1f}" if np.isfinite(mix) else "some are unavailable"
            cells = [f"{estimates * ours:.2f}", theirs, times(mix, ours), times(with_ours, ours)]
            rows.append([f"{rate}", f"**{title}**, {words}", *cells])
    return rows


def fastest(group: Names, ways: list[Alternative], took: dict[str, float]) -> float:
    """The best way's time; infinite where none is here."""
    return min((took[f"{group} {way.library}"] for way in ways if way.metrics == group and way.here), default=np.inf)


def times(theirs: float, ours: float) -> str:
    """How many times faster we are."""
    return f"{theirs / ours:.1f}" if np.isfinite(theirs) else "-"


def group_row(rate: int, group: Names, ways: list[Alternative], took: dict[str, float]) -> list[str]:
    """Our time and every library's for metrics that belong together."""
    cells = [
        f"{way.library} {took[f'{group} {way.library}']:.2f}" if way.here else f"{way.library} unavailable"
        for way in ways
        if way.metrics == group
    ]
    ours = took[f"{group}"]
    found = (times(fastest(group, some, took), ours) for some in ([way for way in ways if way.published], ways))
    return [f"{rate}", ", ".join(group), f"{ours:.2f}", ", ".join(cells), *found]


def main() -> None:
    """Measure and write the page."""
    if any(os.environ.get(name) != value for name, value in PINNED.items()):
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.metrics"], os.environ | PINNED)
    rows = [row for rate in RATES for row in rows_at(rate)]
    machine.write(
        "metrics",
        "Signal metrics against other libraries",
        f"CPU milliseconds for a pair of {SECONDS:g} s on one core: medians of {ROUNDS} rounds over {PAIRS} pairs, "
        "everything in turn in an order drawn for every round, memory kept by the process. Values are equal: ratios "
        "within 0.001 dB, STOI and ESTOI 1e-9, LSD 0.001, audioldm_eval's recipes 0.002. Libraries get the float32 "
        "samples of a file (pystoi and fast_bss_eval as float64) and mostly work in float32; ours is float64 "
        "throughout. For the sets, the libraries' time is the sum of the fastest for each metric; the last column "
        "counts among them what nobody publishes, both log-spectral distances written with torch, where librosa is "
        "what ssr_eval and audioldm_eval call. Ours shares what metrics have in common, and keeps the reference's part "
        "for every further estimate of an item. A run scores a clip as an item: its mixture, for the change over it "
        "that stands beside every score, then its systems. Bare transforms are the Fourier transforms "
        "alone, the floor of any code that makes them so: numpy's, and for audioldm_eval's LSD, whose windows of 743 "
        "and 1486 samples are a prime and twice a prime, the matrix products of sepbench.metrics.prime_spectra. "
        f"Other work may have run meanwhile: load {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores.",
        ["rate", "metric", "ours", "libraries", "times faster", "than torch code too"],
        rows,
    )


if __name__ == "__main__":
    main()
