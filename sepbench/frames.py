"""What goes between the harness and a worker process, seen from the harness: a line of JSON, then its samples.

Samples are raw little-endian float32. Nothing that comes out of a worker is trusted: a header is checked against a
schema, and against how much was asked for, before any memory is set aside for what it announces. Every wait ends.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import select
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from sepbench.audio import Audio
from sepbench.errors import InvalidRecord, SeparatorFailure
from sepbench.manifest import STRICT
from sepbench.records import parse_json
from sepbench.separators.separator import Cost

if TYPE_CHECKING:
    from pydantic import ConfigDict

PROTOCOL = 1
MOST_HEADER = 1 << 20
CHUNK = 1 << 16
LOOK_SECONDS = 0.2
"""How often a silent worker is looked at: one that ended may have left its pipe to a process it started."""


class Closed(Exception):
    """The worker's end of a pipe is gone."""


class Late(Exception):
    """The deadline passed."""


@dataclass(frozen=True)
class Usage:
    """What a piece of work took in the worker.

    Attributes:
        seconds: wall time of the model's own code, the device's work included.
        peak_memory_bytes: most memory the process held until then.
        peak_device_bytes: most memory its tensors took of its GPU; 0 where it uses none.
        reserved_device_bytes: the same with what torch's allocator kept in reserve.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    seconds: float
    peak_memory_bytes: int
    peak_device_bytes: int
    reserved_device_bytes: int = 0

    def joined(self, later: Usage) -> Usage:
        """Both pieces together: times add up, peaks do not.

        >>> Usage(1.0, 100, 0).joined(Usage(0.5, 300, 0))
        Usage(seconds=1.5, peak_memory_bytes=300, peak_device_bytes=0, reserved_device_bytes=0)
        """
        return Usage(
            self.seconds + later.seconds,
            max(self.peak_memory_bytes, later.peak_memory_bytes),
            max(self.peak_device_bytes, later.peak_device_bytes),
            max(self.reserved_device_bytes, later.reserved_device_bytes),
        )


@dataclass(frozen=True)
class Described:
    """An estimate without its samples."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    item: str
    sample_rate: int
    samples: int


@dataclass(frozen=True)
class Raised:
    """What the adapter's code raised."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    type: str
    message: str


@dataclass(frozen=True)
class Answer:
    """The header of a worker's frame.

    Attributes:
        vectors: lengths of an embedder's vectors.
        cost: what a separator says of itself; None of one that does not.
        fatal: after this error the process is of no more use.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    type: Literal["ready", "estimates", "vectors", "cost", "error"]
    usage: Usage
    protocol: int = PROTOCOL
    versions: dict[str, str] = dataclasses.field(default_factory=dict)
    estimates: tuple[Described, ...] = ()
    vectors: tuple[int, ...] = ()
    cost: Cost | None = None
    error: Raised | None = None
    fatal: bool = False

    @property
    def lengths(self) -> list[int]:
        """Of the arrays that follow the header."""
        return [*(estimate.samples for estimate in self.estimates), *self.vectors]


def parse_answer(line: bytes, *, most: int) -> Answer:
    """Check a header.

    Args:
        most: samples that the answer may announce in all.

    Raises:
        SeparatorFailure: it is not a header, or announces what cannot be an answer.

    >>> usage = b'{"seconds":0.1,"peak_memory_bytes":1,"peak_device_bytes":0}'
    >>> parse_answer(b'{"type":"estimates","usage":%b}' % usage, most=0).estimates
    ()
    """
    try:
        answer = parse_json(Answer, line, place="worker's frame")
    except InvalidRecord as error:
        raise _broken(error.what, error.given, error.wanted) from None
    if answer.protocol != PROTOCOL:
        raise _broken("worker's frame: another protocol", str(answer.protocol), str(PROTOCOL))
    if (answer.type == "error") != (answer.error is not None):
        raise _broken("worker's frame: field error", f"{answer.error} with type {answer.type}", "one of both")
    sizes = answer.lengths
    if min(sizes, default=0) < 0 or sum(sizes) > most:
        raise _broken("worker's frame: field samples", ", ".join(map(str, sizes))[:120], f"at most {most} in all")
    return answer


def _broken(what: str, given: str, wanted: str) -> SeparatorFailure:
    return SeparatorFailure(what, given=given, wanted=wanted, remedy="let nothing but worker.py write to its pipe")


class Channel:
    """Both pipes of one worker.

    Args:
        outgoing, incoming: descriptors to write to and to read from.
        ended: whether the worker's process is gone.
    """

    def __init__(self, outgoing: int, incoming: int, ended: Callable[[], bool]) -> None:
        self._outgoing = outgoing
        self._incoming = incoming
        self._ended = ended
        self._owed = 0
        self._early = b""
        for descriptor in (outgoing, incoming):
            os.set_blocking(descriptor, False)

    def send(self, header: Mapping[str, Any], arrays: Sequence[Audio], *, deadline: float) -> None:
        """Write one frame.

        Raises:
            Closed, Late: the worker does not read it.
        """
        line = json.dumps({**header, "arrays": [len(array) for array in arrays]}, allow_nan=False).encode() + b"\n"
        parts = [line, *(np.ascontiguousarray(array, dtype="<f4").tobytes() for array in arrays)]
        rest = memoryview(b"".join(parts))
        self._owed += 1
        while rest:
            self._wait(self._outgoing, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._outgoing, rest) :]
            except BrokenPipeError:
                raise Closed from None

    def receive(self, *, most: int, deadline: float) -> tuple[Answer, list[Audio]]:
        """Read one frame: its header, and its arrays as float32 ``(time,)``.

        Frames are answered in order; one sent ahead may be answered before this one is read.

        Args:
            most: samples that it may hold in all.
            deadline: on the clock of `time.monotonic`.

        Raises:
            Closed, Late: it does not come, or not whole.
            SeparatorFailure: what comes is no frame.
        """
        line, rest = self._read_line(deadline)
        answer = parse_answer(line, most=most)
        content = bytearray(4 * sum(answer.lengths))
        own, self._early = rest[: len(content)], rest[len(content) :]
        self._owed -= 1
        if self._early and self._owed <= 0:
            raise _broken("worker's frame: bytes after its end", f"{len(self._early)} more", "none")
        content[: len(own)] = own
        view = memoryview(content)[len(own) :]
        while view:
            self._wait(self._incoming, select.POLLIN, deadline)
            count = os.readv(self._incoming, [view])
            if count == 0:
                raise Closed
            view = view[count:]
        samples = np.frombuffer(content, dtype="<f4").astype(np.float32, copy=False)
        ends = np.cumsum(answer.lengths)[:-1]
        return answer, np.split(samples, ends) if answer.lengths else []

    def _read_line(self, deadline: float) -> tuple[bytes, bytes]:
        """The header, and what was read beyond it."""
        read = bytearray(self._early)
        while (end := read.find(b"\n", max(0, len(read) - CHUNK))) < 0:
            if len(read) > MOST_HEADER:
                raise _broken("worker's frame: header without an end", repr(bytes(read[:60])), "a line of JSON")
            self._wait(self._incoming, select.POLLIN, deadline)
            chunk = os.read(self._incoming, CHUNK)
            if not chunk:
                raise Closed
            read += chunk
        return bytes(read[:end]), bytes(read[end + 1 :])

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        """Return once the descriptor is ready or at its end."""
        poll = select.poll()
        poll.register(descriptor, event)
        while True:
            ended = self._ended()
            left = deadline - time.monotonic()
            if poll.poll(0 if ended else math.ceil(1000 * max(0, min(left, LOOK_SECONDS)))):
                return
            if ended:
                raise Closed
            if left <= 0:
                raise Late
