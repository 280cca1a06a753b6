"""One separator's cost on this machine: what it says of itself by part, and what it takes when it is asked."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sepbench.errors import MissingData
from sepbench.profiling.memory import Memory, empty_process_bytes
from sepbench.profiling.sketched import sketched_costs
from sepbench.profiling.timing import WARM_UPS, Timing, time_answers
from sepbench.profiling.totals import totals
from sepbench.separators.checking import Subject
from sepbench.separators.separator import Cost, Request
from sepbench.separators.spec import Model
from sepbench.separators.weight_files import require_weights
from sepbench.separators.worker_runner import WorkerRunner
from sepbench.worker_process import THREAD_VARIABLES


@dataclass(frozen=True)
class AtLength:
    """For mixtures of `seconds`.

    Attributes:
        cost: None of an adapter that does not say.
        timing: None where the weights are not here.
        memory: None there, and of a command, which starts other processes.
    """

    seconds: float
    cost: Cost | None
    timing: Timing | None
    memory: Memory | None


@dataclass(frozen=True)
class Profile:
    """A separator on one device.

    Attributes:
        threads: of the processor.
        load_seconds: importing the adapter and its `load`; None of a command, which does both for every answer, and
            where the weights are not here.
        loaded: memory after loading; None likewise.
        lengths: the shortest first.
    """

    model: str
    revision: str
    device: str
    threads: int
    load_seconds: float | None
    loaded: Memory | None
    lengths: tuple[AtLength, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data, with the sums over parts by scope beside every cost."""
        content = asdict(self)
        for described, length in zip(content["lengths"], self.lengths, strict=True):
            described["scopes"] = None
            if length.cost is not None:
                sums = totals(length.cost).items()
                described["scopes"] = {
                    scope: asdict(total) | {"macs_per_second": round(total.macs / length.seconds)}
                    for scope, total in sums
                }
        return content


def profile_model(
    model: Model,
    *,
    seconds: Sequence[float],
    device: str,
    repeats: int,
    threads: int,
    logs: Path | None = None,
    tell: Callable[[str], None] = lambda step: None,
) -> Profile:
    """Time a separator in a process of its own, one mixture at a time, then ask it for its cost.

    Where its weights are not here, only for its cost, if its adapter knows it without them (`sketched_costs`).

    Args:
        seconds: lengths of synthetic mixtures of two sounds.
        device: ``cpu`` or ``cuda:<n>``.
        repeats: answers to time for each length.
        threads: of the processor that the process may use.
        logs: folder that keeps what the adapter prints.
        tell: is told each step before it begins.

    Raises:
        MissingData: its weights are not here, nor can it say its cost without them.
        SepbenchError: it cannot be started, or fails.
    """
    try:
        require_weights(model)
    except MissingData:
        tell("counting, without weights")
        wanted = sorted(set(seconds))
        costs = sketched_costs(model, wanted)
        if costs is None:
            raise
        counted = tuple(AtLength(length, cost, None, None) for length, cost in zip(wanted, costs, strict=True))
        return Profile(model.name, model.revision, device, threads, None, None, counted)
    tell("loading")
    subject = Subject(model, device, logs, dict.fromkeys(THREAD_VARIABLES, str(threads)))
    with contextlib.closing(subject.runner):
        worker = subject.runner if isinstance(subject.runner, WorkerRunner) else None
        empty = 0 if worker is None else empty_process_bytes(model, device)
        load_seconds = None if worker is None else round(worker.total.seconds, 6)
        loaded = None if worker is None else _memory(worker, empty)
        timed = []
        for length in sorted(set(seconds)):  # a process's high-water mark never falls
            tell(f"{WARM_UPS + repeats} answers to {length:g} s")
            timing = _time(subject, length, repeats)
            timed.append((length, timing, None if worker is None else _memory(worker, empty)))
        tell("counting")
        lengths = tuple(
            AtLength(length, None if worker is None else worker.cost(length), timing, memory)
            for length, timing, memory in timed  # last: counting may take more memory than separating
        )
    return Profile(model.name, model.revision, device, threads, load_seconds, loaded, lengths)


def _time(subject: Subject, seconds: float, repeats: int) -> Timing:
    rate = subject.request().sample_rate
    request = subject.request(samples=max(1, round(seconds * rate)))
    return time_answers(lambda: _seconds_for(subject, request), seconds=seconds, repeats=repeats)


def _seconds_for(subject: Subject, request: Request) -> float:
    """What the adapter's own code took, or the whole call where nothing else can be timed."""
    began = time.perf_counter()
    subject.answer(request)
    whole = time.perf_counter() - began
    own = subject.runner.seconds
    return whole if own is None else own


def _memory(worker: WorkerRunner, empty: int) -> Memory:
    usage = worker.usage
    held = max(0, usage.peak_memory_bytes - empty)
    return Memory(held, usage.peak_device_bytes, usage.reserved_device_bytes)
