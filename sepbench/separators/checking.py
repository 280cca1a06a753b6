"""Whether an adapter keeps the contract: short tries with synthetic sounds, each with its verdict and reason.

The adapter runs in a worker process whatever runtime it asks for, so that one that crashes or hangs is a finding too; a
command runs as it is.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import Audio, resample
from sepbench.corpora.corpus import open_corpus
from sepbench.errors import SepbenchError
from sepbench.manifest import QueryKind, QueryMode
from sepbench.metrics.alignment import TOLERANCE_SECONDS
from sepbench.separators.command import CommandRunner
from sepbench.separators.composing import with_folders
from sepbench.separators.runner import Runner, checked
from sepbench.separators.separator import Estimate, Request
from sepbench.separators.spec import Model
from sepbench.separators.weight_files import require_weights
from sepbench.separators.worker_runner import WorkerRunner

State = Literal["ok", "failed", "not applicable"]

CORPUS = "synthetic"
ANY_RATE = 16000
SECONDS = 2.0
SHORT_SECONDS = (0.1, 0.01)
"""The second is shorter than the window of every usual spectrogram."""
BATCH = 3
BATCH_TOLERANCE = 1e-5
WARM_UP_ITEMS = 5
REPEATED_ITEMS = 20
GROWTH_BYTES = 8 << 20
MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Check:
    """One thing that was tried and what came of it."""

    name: str
    state: State
    reason: str


class Broken(Exception):
    """The contract is broken; the message says how."""


class NotApplicable(Exception):
    """The adapter promises nothing of the kind; the message says why."""


class Subject:
    """The adapter under test, loaded, and the sounds it is asked about; `variables` are its environment's."""

    def __init__(
        self, model: Model, device: str, logs: Path | None, variables: Mapping[str, str] | None = None
    ) -> None:
        self.model = model
        self._device = device
        self._logs = logs
        self._variables = variables
        labels: dict[str, Audio] = {}
        self._rate = model.file.sample_rate or ANY_RATE
        for clip in open_corpus(CORPUS).clips():
            if clip.labels[0] not in labels and len(labels) < BATCH + 1:
                recording = open_corpus(CORPUS).read(clip.id)
                labels[clip.labels[0]] = resample(recording.audio, recording.sample_rate, self._rate)
        self._sounds = list(labels.items())
        require_weights(model)
        began = time.perf_counter()
        self.runner = self.started()
        self.load_seconds = time.perf_counter() - began

    def started(self) -> Runner:
        """The adapter, started once more."""
        model = self.model
        if model.file.runtime == "command":
            return CommandRunner(model)
        training = {"corpora": [CORPUS], "excluded_groups": [], "sample_rate": self._rate}
        context = {"training": training} if "training_clips" in model.file.needs else {}
        config = with_folders(model, model.config | context)
        return WorkerRunner(model, config, self._device, self._logs, self._variables)

    def request(
        self, index: int = 0, *, samples: int | None = None, gain: float = 1.0, mode: QueryMode | None = None
    ) -> Request:
        """Ask for one sound out of two; `index` chooses them, by default for as long as every check needs."""
        file = self.model.file
        length = samples or round(min(SECONDS, file.max_seconds or SECONDS) * self._rate)
        (label, wanted), (other, rest) = self._sounds[index], self._sounds[index + 1]
        heard, beside = (np.float32(gain) * np.resize(sound, length) for sound in (wanted, rest))
        query = label if isinstance(file.prompts, str) else file.prompts[0]
        return Request(
            f"check.{index}",
            heard + beside,
            self._rate,
            query,
            mode or file.modes[0],
            (query, other) if "all_prompts" in file.needs else (),
            (heard, beside) if "references" in file.needs else (),
        )

    def answer(self, request: Request) -> Estimate:
        """What it answers to one request, known to be mono audio of that item."""
        return checked([request], self.runner.separate([request]))[0]


def check_adapter(model: Model, *, device: str = "cpu", logs: Path | None = None) -> list[Check]:
    """Try everything once.

    Args:
        device: ``cpu`` or ``cuda:<n>``.
        logs: folder that keeps what the adapter prints.

    Returns:
        One verdict per check; where the adapter does not load, only that one says more than so.
    """
    try:
        subject = Subject(model, device, logs)
    except SepbenchError as error:
        loading = Check("load", "failed", said(error))
        return [loading, *(Check(name, "not applicable", "it does not load") for name in CHECKS)]
    with contextlib.closing(subject.runner):
        found = [Check("load", "ok", f"{subject.load_seconds:.1f} s")]
        return found + [tried(name, check, subject) for name, check in CHECKS.items()]


def tried(name: str, check: Callable[[Subject], str], subject: Subject) -> Check:
    """The verdict of one check."""
    try:
        return Check(name, "ok", check(subject))
    except NotApplicable as reason:
        return Check(name, "not applicable", str(reason))
    except Broken as reason:
        return Check(name, "failed", str(reason))
    except SepbenchError as error:
        return Check(name, "failed", said(error))


def said(error: SepbenchError) -> str:
    """An error with its remedy, on one line."""
    return f"{error} ({error.remedy})" if error.remedy else str(error)


def _order(subject: Subject) -> str:
    requests = [subject.request(index) for index in range(BATCH)]
    checked(requests, subject.runner.separate(requests))
    return f"{BATCH} requests in one call, {BATCH} answers in order"


def _shape(subject: Subject) -> str:
    request = subject.request()
    estimate = subject.answer(request)
    _require_length(request, estimate)
    return f"mono, {estimate.audio.dtype}, {len(estimate.audio)} samples"


def _finite(subject: Subject) -> str:
    audio = subject.answer(subject.request()).audio
    _require_finite(audio)
    return f"peak {np.max(np.abs(audio), initial=0):.3g}"


def _sample_rate(subject: Subject) -> str:
    rate, declared = subject.answer(subject.request()).sample_rate, subject.model.file.sample_rate
    if declared is not None and rate != declared:
        raise Broken(f"answers at {rate} Hz; sample_rate in adapter.toml says {declared}")
    return f"{rate} Hz"


def _modes(subject: Subject) -> str:
    modes = subject.model.file.modes
    for mode in modes:
        request = subject.request(mode=mode)
        _require_sound(request, subject.answer(request))
    return " and ".join(modes)


def _kinds(subject: Subject) -> str:
    asked = subject.request()
    texts: dict[QueryKind, str] = {"label": asked.query}
    if isinstance(subject.model.file.prompts, str):  # others are asked for their stems alone
        texts["caption"] = f"{asked.query} not far away"
        texts["instruction"] = f"Please {asked.mode} the sound of {asked.query}."
    for kind, text in texts.items():
        request = replace(asked, query=text, kind=kind)
        _require_sound(request, subject.answer(request))
    return ", ".join(texts)


def _determinism(subject: Subject) -> str:
    _needs_determinism(subject)
    request = subject.request()
    first, second = subject.answer(request), subject.answer(request)
    _require_same(first, second, 0.0, "asked twice")
    with contextlib.closing(subject.started()) as another:
        (third,) = checked([request], another.separate([request]))
    _require_same(first, third, 0.0, "asked in another process")
    return "asked twice and in another process: the same bits"


def _batch(subject: Subject) -> str:
    _needs_determinism(subject)
    requests = [subject.request(index) for index in range(BATCH)]
    together = checked(requests, subject.runner.separate(requests))
    furthest = max(
        _require_same(subject.answer(request), estimate, BATCH_TOLERANCE, "in a batch and alone")
        for request, estimate in zip(requests, together, strict=True)
    )
    return f"in a batch of {BATCH} and alone: at most {furthest:.1g} apart"


def _silence(subject: Subject) -> str:
    estimate = subject.answer(subject.request(gain=0.0))
    _require_finite(estimate.audio)
    return "silence out" if not estimate.audio.any() else f"{_level(estimate.audio):.1f} dB out"


def _gain(subject: Subject) -> str:
    """Says how the answer follows the level of the mixture; the contract asks nothing of it but an answer."""
    _needs_determinism(subject)
    whole, half = (subject.answer(subject.request(gain=gain)).audio for gain in (1.0, 0.5))
    _require_finite(half)
    if len(whole) != len(half) or not whole.any() or not half.any():
        return "no level to compare"
    difference = half.astype(np.float64) - 0.5 * whole.astype(np.float64)
    change = _level(half) - _level(whole)
    if not difference.any():
        return "half in, exactly half out"
    return f"half in: {change:+.2f} dB, {_level(difference) - _level(half):.0f} dB away from half out"


def _odd_lengths(subject: Subject) -> str:
    even = len(subject.request().mixture) // 2 * 2
    lengths = (even - 1, even // 2 + 1, even // 3 | 1)
    for samples in lengths:
        request = subject.request(samples=samples)
        _require_sound(request, subject.answer(request))
    return ", ".join(map(str, lengths)) + " samples"


def _very_short(subject: Subject) -> str:
    lengths = [round(seconds * subject.request().sample_rate) for seconds in SHORT_SECONDS]
    for samples in lengths:
        request = subject.request(samples=samples)
        _require_sound(request, subject.answer(request))
    return ", ".join(map(str, lengths)) + " samples"


def _memory(subject: Subject) -> str:
    runner = subject.runner
    if not isinstance(runner, WorkerRunner):
        raise NotApplicable("a command starts anew for every item")
    peaks = []
    for count in range(WARM_UP_ITEMS + REPEATED_ITEMS):
        subject.answer(subject.request(count % BATCH))
        peaks.append(runner.usage.peak_memory_bytes)
    growth = max(peaks) - max(peaks[:WARM_UP_ITEMS])
    report = f"{growth / MEBIBYTE:.1f} MiB more after {REPEATED_ITEMS} items, {max(peaks) / MEBIBYTE:.0f} MiB at most"
    if growth > GROWTH_BYTES:
        raise Broken(report)
    return report


CHECKS: Mapping[str, Callable[[Subject], str]] = {
    "order": _order,
    "shape": _shape,
    "finite": _finite,
    "sample rate": _sample_rate,
    "modes": _modes,
    "kinds": _kinds,
    "determinism": _determinism,
    "batch": _batch,
    "silence": _silence,
    "gain": _gain,
    "odd lengths": _odd_lengths,
    "very short": _very_short,
    "memory": _memory,
}


def _needs_determinism(subject: Subject) -> None:
    if not subject.model.file.deterministic:
        raise NotApplicable("adapter.toml says deterministic = false")


def _require_finite(audio: Audio) -> None:
    bad = np.count_nonzero(~np.isfinite(audio))
    if bad:
        raise Broken(f"{bad} of {len(audio)} samples are NaN or infinite")


def _require_length(request: Request, estimate: Estimate) -> None:
    """What scoring asks of lengths: at most 20 ms away."""
    wanted, given = len(request.mixture) / request.sample_rate, len(estimate.audio) / estimate.sample_rate
    if abs(wanted - given) > TOLERANCE_SECONDS:
        raise Broken(f"{given:.3f} s in answer to a mixture of {wanted:.3f} s ({len(request.mixture)} samples)")


def _require_sound(request: Request, estimate: Estimate) -> None:
    _require_length(request, estimate)
    _require_finite(estimate.audio)


def _require_same(one: Estimate, other: Estimate, tolerance: float, how: str) -> float:
    """The largest difference of two answers that should be the same."""
    if (len(one.audio), one.sample_rate) != (len(other.audio), other.sample_rate):
        raise Broken(f"{how}: {len(one.audio)} and {len(other.audio)} samples")
    same = np.array_equal(one.audio, other.audio, equal_nan=True)
    furthest = 0.0 if same else float(np.max(np.abs(one.audio.astype(np.float64) - other.audio)))
    if not furthest <= tolerance:
        raise Broken(f"{how}: up to {furthest:.2g} apart, allowed {tolerance:g}")
    return furthest


def _level(audio: NDArray[np.floating[Any]]) -> float:
    """Root mean square in dB of full scale."""
    return float(10 * np.log10(np.mean(np.square(audio, dtype=np.float64))))
