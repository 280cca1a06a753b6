"""The rows of each part of a slice, found by columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from sepbench.results.row_table import CodedField, Rows
from sepbench.results.slicing import SNR_BIN_DB, slice_order, slice_values, snr_bin
from sepbench.suite import Slice

FIELDS: Mapping[Slice, CodedField] = {
    "mode": "mode",
    "kind": "kind",
    "presence": "absent",
    "source_count": "source_count",
    "corpus": "corpus",
    "label": "label",
    "list": "list",
    "variant": "variant",
    "faults": "faults",
    "training": "corpus",
}
"""The one field of a row that says to which parts of a slice it belongs."""


def parts(rows: Rows, name: Slice, learnt: Collection[str]) -> Iterator[tuple[str, Rows]]:
    """Each part of a slice with its rows, in the order of the parts.

    Args:
        learnt: corpora that the model was trained on.
    """
    if name == "snr_bin":
        yield from _snr_bins(rows)
        return
    field = FIELDS[name]
    parts_of = {getattr(row, field): slice_values(row, name, learnt) for row in rows.samples_of(field)}
    for part in sorted({part for found in parts_of.values() for part in found}, key=slice_order):
        yield part, rows.where(field, {value for value, found in parts_of.items() if part in found}.__contains__)


def _snr_bins(rows: Rows) -> Iterator[tuple[str, Rows]]:
    lows = np.floor(rows.numbers("snr_db") / SNR_BIN_DB) * SNR_BIN_DB
    for low in np.unique(lows[np.isfinite(lows)]):
        yield snr_bin(float(low)), rows.take(lows == low)
