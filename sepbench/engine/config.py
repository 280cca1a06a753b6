"""What a run is asked to do: one frozen record, made by the command line or by a program."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sepbench.errors import SepbenchError
from sepbench.metrics.metric import Metric
from sepbench.separators.spec import Model
from sepbench.suite import LoadedSuite

OnMissing = Literal["fail", "skip"]
Engine = Literal["local", "ray"]


@dataclass(frozen=True)
class KeepAudio:
    """Which estimates stay: ``none``, ``failed`` (a metric had no value), ``sample`` (so many items), ``all``."""

    policy: Literal["none", "failed", "sample", "all"]
    sample: int = 0

    @classmethod
    def parse(cls, text: str) -> KeepAudio:
        """Read ``none | failed | sample:N | all``.

        >>> KeepAudio.parse("sample:20")
        KeepAudio(policy='sample', sample=20)
        """
        name, _, number = text.partition(":")
        if name == "sample" and number.isascii() and number.isdigit():
            return cls("sample", int(number))
        if text in ("none", "failed", "all"):
            return cls(text)  # type: ignore[arg-type]
        raise SepbenchError(
            "--keep-audio", given=text, wanted="none, failed, sample:N or all", remedy="use one of them"
        )

    def sampled(self, items: Iterable[str]) -> frozenset[str]:
        """The items whose estimates are kept by sampling: those of smallest hash, the same for every model."""
        if self.policy != "sample":
            return frozenset()
        return frozenset(heapq.nsmallest(self.sample, items, key=lambda item: hashlib.sha256(item.encode()).digest()))


@dataclass(frozen=True)
class RunConfig:
    """One run.

    Attributes:
        out: the run folder; what it already holds of the same suite, models and metrics is not done again.
        limit: only the first so many items, and the run is marked partial.
        batch: at most so many requests of one mixture in one call of a separator.
        on_missing: ``fail`` when a clip is not on this machine, or ``skip`` its mixtures and report coverage.
        fresh: forget what the folder holds.
        retry_failed: do items again that failed; a failure is a result like any other, and stands until this is asked.
        estimates: ready waveforms in the place of the (only) model.
        sync: address or path of a mirror of `out`, as fsspec understands it; None for none.
        sync_seconds: time between two pushes to it.
        take_over: use the mirror though another process seems to work with it.
        engine: ``local``, processes of this machine, or ``ray``, actors on the cluster at `ray_address`.
    """

    suite: LoadedSuite
    models: tuple[Model, ...]
    metrics: tuple[Metric, ...]
    out: Path
    limit: int | None = None
    workers: int = 1
    batch: int = 1
    device: str = "cpu"
    keep_audio: KeepAudio = KeepAudio("none")
    on_missing: OnMissing = "fail"
    fresh: bool = False
    retry_failed: bool = False
    estimates: Path | None = None
    engine: Engine = "local"
    ray_address: str = "auto"
    sync: str | None = None
    sync_seconds: float = 30.0
    take_over: bool = False
