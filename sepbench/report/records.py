"""What a page's tables are made of: plain records, no HTML and no files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["systems", "controls", "oracles"]

# psnr_wave has a spectral cousin's name and compares sample by sample all the same.
FAMILIES = (
    ("waveform", ("sdr", "si_sdr", "sd_sdr", "psnr_wave")),
    ("spectral", ("lsd", "psnr", "mel_dist")),
    ("intelligibility", ("stoi", "estoi")),
    ("what is heard", ("kl_",)),
    ("distribution", ("fad", "fd", "mmd")),
    ("presence", ("silent_output_rate", "absent_output_level", "false_activation", "output_level")),
    ("consistency", ("remix_consistency", "swap_sensitivity")),
    ("where it sounds", ("off_interval", "on_interval", "seam_error")),
)
OTHER = "other"


@dataclass(frozen=True)
class Column:
    """One metric as a column."""

    name: str
    label: str
    unit: str
    better: str
    signature: str
    source: str

    @property
    def arrow(self) -> str:
        """Where better values lie."""
        return {"higher": "↑", "lower": "↓"}.get(self.better, "")

    @property
    def family(self) -> str:
        """What the metric looks at: the first of `FAMILIES` that its name belongs to, else ``other``."""
        return next((family for family, names in FAMILIES if self.name.startswith(names)), OTHER)


@dataclass(frozen=True)
class Cell:
    """One value as shown.

    `rank` is ``best``, ``near`` (not told apart from the best) or empty. `place` is one more than how many systems are
    better and told apart, with ``=`` where it is shared. `unranked` says why it is not ranked, empty where it is.
    """

    text: str
    interval: str
    coverage: str
    title: str
    gaps: str
    below_mixture: bool
    unranked: str
    sort: float | None
    bounds: tuple[float, float] | None
    rank: str = ""
    place: str = ""


@dataclass(frozen=True)
class Line:
    """One model's line. `place` is that by the metric that leads; `gaps` say which of its values are averages of fewer
    items, and why."""

    model: str
    title: str
    marks: tuple[str, ...]
    coverage: str
    cells: tuple[Cell, ...]
    gaps: tuple[tuple[str, str], ...] = ()
    place: str = ""


@dataclass(frozen=True)
class Group:
    """Models that may be compared with each other."""

    kind: Kind
    title: str
    note: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Span:
    """A heading over neighbouring columns."""

    title: str
    width: int


@dataclass(frozen=True)
class Head:
    """A column's heading."""

    label: str
    unit: str = ""
    better: str = ""
    arrow: str = ""
    title: str = ""


@dataclass(frozen=True)
class Table:
    """One table: headings over headings over groups of lines. `whole` ones carry titles, marks and coverage."""

    title: str
    spans: tuple[Span, ...]
    heads: tuple[Head, ...]
    groups: tuple[Group, ...]
    whole: bool
