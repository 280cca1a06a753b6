"""AudioSet's 527 classes in the order in which taggers give them.

``audioset_classes.csv`` is AudioSet's own ``class_labels_indices.csv`` (Google, CC BY 4.0,
research.google.com/audioset/download.html), unchanged.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("audioset_classes.csv")


@cache
def class_names() -> tuple[str, ...]:
    """Display names by index.

    >>> names = class_names()
    >>> len(names), names[0], names[-1]
    (527, 'Speech', 'Field recording')
    """
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return tuple(row["display_name"] for row in csv.DictReader(lines))
