"""Which parts of a suite's slices a row belongs to, and in which order parts stand."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable

from sepbench.results.rows import Row
from sepbench.suite import Slice

SNR_BIN_DB = 5
NUMBER = re.compile("-?[0-9]+")
IN_DOMAIN = "in domain"
"""Where the model was trained on the corpus a row's sound comes from, though perhaps not on that clip."""


def slice_values(row: Row, name: Slice, learnt: Collection[str]) -> tuple[str, ...]:
    """The parts of a slice that a row belongs to: one, none, or, for a list with faulty rows, two.

    Args:
        learnt: corpora that the model was trained on.
    """
    if name == "snr_bin":
        return () if row.snr_db is None else (snr_bin(row.snr_db),)
    if name == "presence":
        return ("absent" if row.absent else "present",)
    if name == "faults":
        return ("as published",) if row.faults else ("as published", "clean")
    if name == "training":
        return (IN_DOMAIN if row.corpus in learnt else "held out",)
    value = str(getattr(row, name))
    return (value,) if value else ()


def slice_order(value: str) -> tuple[float, str]:
    """By number where a part starts with one, then by name.

    >>> sorted(["5..10", "-5..0", "label"], key=slice_order)
    ['-5..0', '5..10', 'label']
    >>> sorted(["\u00b2", "--5", "7"], key=slice_order)  # labels may be called anything
    ['7', '--5', '²']
    """
    first = value.split("..")[0]
    return (float(first), "") if NUMBER.fullmatch(first) else (math.inf, value)


def snr_bin(snr_db: float) -> str:
    """The 5 dB bin an item falls into, its lower end included.

    >>> snr_bin(-0.1), snr_bin(0.0), snr_bin(14.99)
    ('-5..0', '0..5', '10..15')
    """
    low = math.floor(snr_db / SNR_BIN_DB) * SNR_BIN_DB
    return f"{low}..{low + SNR_BIN_DB}"


def items_by_part(rows: Iterable[Row], name: Slice, learnt: Collection[str]) -> dict[str, list[str]]:
    """The items of every part of a slice, parts in their order."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for part in slice_values(row, name, learnt):
            found.setdefault(part, []).append(row.item)
    return {part: found[part] for part in sorted(found, key=slice_order)}
