"""Frames of workers: what arrives is an answer or a clear failure, whatever the bytes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.audio import Audio
from sepbench.errors import SeparatorFailure
from sepbench.frames import MOST_HEADER, Answer, Channel, Closed, Late
from sepbench.separators.separator import Request
from sepbench.separators.worker_runner import most_samples

USAGE = {"seconds": 0.5, "peak_memory_bytes": 1000, "peak_device_bytes": 0}
MOST = 1000


@contextmanager
def channel(ended: Callable[[], bool] = lambda: False) -> Iterator[tuple[Channel, int]]:
    """A channel, and the descriptor of the other side's answers."""
    theirs_in, outgoing = os.pipe()
    incoming, theirs_out = os.pipe()
    ends = {theirs_in, outgoing, incoming, theirs_out}
    try:
        yield Channel(outgoing, incoming, ended), theirs_out
    finally:
        for descriptor in ends:
            os.close(descriptor)


def receive(content: bytes, *, seconds: float = 0.0) -> tuple[Answer, list[Audio]]:
    """What comes out of a worker that wrote these bytes and then nothing."""
    with channel() as (ours, theirs):
        os.write(theirs, content)
        return ours.receive(most=MOST, deadline=time.monotonic() + seconds)


def header(**changes: object) -> bytes:
    content = {"type": "estimates", "usage": USAGE, "estimates": [{"item": "a", "sample_rate": 8000, "samples": 2}]}
    return json.dumps(content | changes).encode() + b"\n"


def test_samples_arrive_bit_for_bit() -> None:
    first, second = np.float32([0.1, -np.inf, 1e-45]), np.float32([2.5])
    described = [{"item": name, "sample_rate": 8000, "samples": n} for name, n in (("a", 3), ("b", 0), ("c", 1))]
    answer, audio = receive(header(estimates=described) + first.tobytes() + second.tobytes())
    assert [one.item for one in answer.estimates] == ["a", "b", "c"] and answer.usage.seconds == 0.5
    assert [part.tobytes() for part in audio] == [first.tobytes(), b"", second.tobytes()]
    assert all(part.dtype == np.float32 for part in audio)


@pytest.mark.parametrize(
    ("line", "match"),
    [
        (b"100 %\n", "Invalid JSON"),
        (b"\xff\x00\xfe\n", "Invalid JSON"),
        (b"[" * 5000 + b"\n", "recursion limit"),
        (b"[]\n", "object"),
        (b"{}\n", "field type"),
        (header(usage={**USAGE, "seconds": float("nan")}), "field usage.seconds"),
        (header(estimates=[{"item": "a", "sample_rate": 8000, "samples": float("nan")}]), "samples"),
        (header(estimates=[{"item": "a", "sample_rate": 8000, "samples": 2.0}]), "samples"),
        (header(estimates=[{"item": "a", "sample_rate": 8000, "samples": -1}]), "at most 1000 in all"),
        (header(estimates=[{"item": "a", "sample_rate": 8000, "samples": 10**30}]), "at most 1000 in all"),
        (header(estimates=[{"item": "a", "sample_rate": 8000, "samples": 600}] * 2), "600, 600; wanted at most 1000"),
        (header(estimates=[{"item": 3, "sample_rate": 8000, "samples": 2}]), "item"),
        (header(type="shell"), "'ready', 'estimates', 'vectors', 'cost' or 'error'"),
        (header(type="error"), "field error"),
        (header(protocol=2), "another protocol: given 2; wanted 1"),
        (header(more=1), "field more"),
        (header() + b"\0" * 9, "bytes after its end: given 1 more"),
    ],
)
def test_absurd_headers_are_named(line: bytes, match: str) -> None:
    with pytest.raises(SeparatorFailure, match=match):
        receive(line)


def test_truncated_frames_are_late_while_open_and_closed_at_the_end() -> None:
    for content in (b"", header()[:-5], header(), header() + b"\0" * 7):
        with pytest.raises(Late):
            receive(content, seconds=0.01)
        with channel(lambda: True) as (ours, theirs):
            os.write(theirs, content)
            with pytest.raises(Closed):
                ours.receive(most=MOST, deadline=time.monotonic() + 60)


def test_a_header_without_an_end_is_cut() -> None:
    source, sink = os.pipe()
    written = 0

    def more() -> bool:
        nonlocal written
        written += os.write(sink, b"x" * 4096)
        return False

    ours = Channel(sink, source, more)
    with pytest.raises(SeparatorFailure, match="header without an end"):
        ours.receive(most=MOST, deadline=time.monotonic() + 60)
    assert written <= MOST_HEADER + (1 << 17)
    os.close(source)
    os.close(sink)


def test_a_worker_that_does_not_read_is_late() -> None:
    with channel() as (ours, _), pytest.raises(Late):
        ours.send({"type": "separate"}, [np.zeros(1 << 18, np.float32)], deadline=time.monotonic() + 0.05)


def test_honest_answers_at_any_usual_rate_fit() -> None:
    request = Request("a", np.zeros(8000, np.float32), 8000, "q", "extract")
    assert 96000 <= most_samples([request]) < 1_000_000
    assert most_samples([request] * 3) == 3 * most_samples([request])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(["type", "usage", "protocol", "versions", "estimates", "error", "fatal", "seconds"])
described = st.fixed_dictionaries(
    {"item": values, "sample_rate": values, "samples": st.integers(-5, 2000) | values}, optional={"more": values}
)
headers = st.dictionaries(fields, values | st.lists(described, max_size=3), max_size=4).map(lambda made: header(**made))
torn = st.tuples(headers, st.integers(0, 300)).map(lambda made: made[0][: made[1]])


@settings(max_examples=1000, deadline=None)
@given(st.binary(max_size=300) | headers | torn, st.binary(max_size=40))
def test_any_bytes_make_an_answer_or_a_clear_failure(line: bytes, rest: bytes) -> None:
    try:
        answer, audio = receive(line + rest)
    except SeparatorFailure as failure:
        assert str(failure).startswith("worker's frame") and len(str(failure)) < 600
    except Late:
        return
    else:
        assert [len(part) for part in audio] == [one.samples for one in answer.estimates]
