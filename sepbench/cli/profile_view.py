"""A profile as tables for people."""

from __future__ import annotations

from collections.abc import Iterator

from sepbench.cli.output import print_table
from sepbench.profiling.profile import AtLength, Profile
from sepbench.profiling.timing import Timing
from sepbench.profiling.totals import totals
from sepbench.separators.separator import Cost

UNKNOWN = "unknown"
MEBIBYTE = 1 << 20


def print_profile(title: str, profile: Profile) -> None:
    """Per length the parts and their sums, then time and memory."""
    for length in profile.lengths:
        if length.cost is not None:
            name = f"{profile.model}, {length.seconds:g} s: {length.cost.dtype}, one mixture"
            columns = ["part", "GMAC", "once per query", "GMAC/s", "FFT", "steps", "trainable M", "frozen M", "in"]
            print_table(name, columns, [*_parts(length.cost), *_sums(length.cost)])
    print_table(
        f"{profile.model}: {title}, {profile.device}, --threads {profile.threads}",
        ["seconds", "RTF", "RTF 95 %", "time s", "memory MiB", "GPU MiB", "GMAC", "parameters M"],
        [_measured(length) for length in profile.lengths],
    )
    if profile.load_seconds is not None and profile.loaded is not None:
        memory = profile.loaded.bytes / MEBIBYTE
        print(f"loading: {profile.load_seconds:.2f} s, {memory:.0f} MiB above an empty process")
    elif any(length.timing is None for length in profile.lengths):
        print("its weights are not here: parameters and GMAC follow from its shapes; time and memory are unknown")
    else:
        print("a command: it starts and loads for every answer, and its time holds that")
    if any(length.cost is None for length in profile.lengths):
        print("the adapter does not say its cost (docs/profiling.md): parameters and GMAC are unknown")


def _parts(cost: Cost) -> Iterator[list[str]]:
    for name, part in cost.parts.items():
        macs = _giga(part.macs)
        yield [
            name,
            "" if part.per_query else macs,
            macs if part.per_query else "",
            "",
            _giga(part.fft_macs),
            str(part.steps),
            _mega(part.trainable),
            _mega(part.frozen),
            ", ".join(part.scopes),
        ]


def _sums(cost: Cost) -> Iterator[list[str]]:
    for scope, total in totals(cost).items():
        yield [
            f"= {scope}",
            _giga(total.macs),
            _giga(total.query_macs),
            _giga(total.macs / cost.seconds),
            _giga(total.fft_macs),
            "",
            _mega(total.trainable),
            _mega(total.frozen),
            "",
        ]


def _measured(length: AtLength) -> list[str]:
    timing, memory = length.timing, length.memory
    sums = None if length.cost is None else totals(length.cost).get("pipeline")
    return [
        f"{length.seconds:g}",
        *([UNKNOWN] * 3 if timing is None else (f"{one:.4g}" for one in _times(timing))),
        UNKNOWN if memory is None else f"{memory.bytes / MEBIBYTE:.0f}",
        UNKNOWN if memory is None else f"{memory.reserved_device_bytes / MEBIBYTE:.0f}",
        UNKNOWN if sums is None else _giga(sums.macs + sums.query_macs),
        UNKNOWN if sums is None else _mega(sums.trainable + sums.frozen),
    ]


def _times(timing: Timing) -> tuple[float, float, float]:
    return timing.rtf_median, timing.rtf_p95, timing.median


def _giga(macs: float) -> str:
    """Multiply-accumulates in thousands of millions.

    >>> _giga(29_169_287_168), _giga(4_227_072), _giga(0)
    ('29.169', '0.004', '0')
    """
    return f"{macs / 1e9:.3f}" if macs else "0"


def _mega(parameters: int) -> str:
    return f"{parameters / 1e6:.2f}" if parameters else "0"
