"""Hostile frames in both directions: 2,030 inputs. The harness trusts no worker, and a worker outlives no bad frame."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from sepbench.audio import Audio
from sepbench.errors import SeparatorFailure, SepbenchError
from sepbench.frames import Answer, Channel, Closed, Late
from sepbench.metrics.alignment import align
from sepbench.separators import worker
from sepbench.separators.runner import checked
from sepbench.separators.separator import Estimate, Request
from tests.fuzz.guarding import bounded, each, result_of, writing_only_in
from tests.fuzz.mutations import altered, batches, damaged, json_text

ANSWERS, ASKED, PROCESSES = batches(300, 900), batches(150, 600), batches(5, 75)
MOST = 5000
SAMPLES = np.float32([0.25, -0.5, 1.0, 0.0, 3e-39, -1e30])
USAGE = {"seconds": 0.5, "peak_memory_bytes": 1000, "peak_device_bytes": 0}
ANSWER = {
    "type": "estimates",
    "protocol": 1,
    "usage": USAGE,
    "versions": {"python": "3.11"},
    "estimates": [
        {"item": "a.0", "sample_rate": 8000, "samples": 2},
        {"item": "a.1", "sample_rate": 8000, "samples": 4},
    ],
    "fatal": False,
}
RAISED = {"type": "error", "usage": USAGE, "error": {"type": "ValueError", "message": "no"}, "fatal": True}
REQUESTS = [Request(f"a.{index}", np.zeros(4, np.float32), 8000, "dog", "extract") for index in range(2)]
LOAD = {"type": "load", "arrays": [], "adapter": "adapter.py", "config": {"a": 1}, "device": "cpu", "path": None,
        "max_memory_bytes": None}  # fmt: skip
ENTRY = {"item": "a.0", "sample_rate": 8000, "query": "dog", "mode": "extract", "prompts": ["dog"], "references": 1,
         "kind": "label"}  # fmt: skip
SEPARATE = {"type": "separate", "arrays": [2, 4], "most_samples": 100, "requests": [ENTRY]}
ADAPTER = """from sepbench.separators.separator import Estimate
class Adapter:
    def load(self, config, device):
        pass
    def separate(self, requests):
        return [Estimate(one.item, one.mixture, one.sample_rate) for one in requests]
"""


def frame(random: Random, headers: list[dict[str, Any]]) -> bytes:
    """A header with other values or other bytes, and all, some or too many of its samples."""
    header = random.choice(headers)
    done = random.randrange(4)
    line = json_text(altered(random, header)) if done < 3 else json_text(header)
    samples = SAMPLES.tobytes() if header is ANSWER or header is SEPARATE else b""
    samples = random.choice((samples, samples, samples[:7], samples + b"\0" * 5, samples * 300))
    whole = line + b"\n" + samples
    return damaged(random, whole) if done == 3 else whole


def received(content: bytes) -> tuple[Answer, list[Audio]] | SepbenchError | Closed | Late:
    """What the harness makes of a worker that writes this and closes its pipe."""
    theirs_in, outgoing = os.pipe()
    incoming, theirs_out = os.pipe()
    try:
        os.set_blocking(theirs_out, False)
        whole = os.write(theirs_out, content) == len(content)
        os.close(theirs_out)
        theirs_out = -1
        channel = Channel(outgoing, incoming, lambda: True)
        try:
            answer = result_of(lambda: channel.receive(most=MOST, deadline=time.monotonic() + 5))
        except (Closed, Late) as end:
            return end
        assert whole or isinstance(answer, SepbenchError)
        return answer
    finally:
        for descriptor in (theirs_in, outgoing, incoming, theirs_out):
            if descriptor >= 0:
                os.close(descriptor)


@pytest.mark.parametrize("seeds", ANSWERS)
def test_answers_of_a_hostile_worker(seeds: range) -> None:
    """An answer whose samples are those sent, a failure that says what is wrong, or the end of the pipe."""

    def check(seed: int) -> bool:
        content = frame(Random(f"answer {seed}"), [ANSWER, ANSWER, RAISED])
        found = received(content)
        if isinstance(found, (SepbenchError, Closed, Late)):
            assert isinstance(found, (SeparatorFailure, Closed))
            return False
        answer, audio = found
        line, _, sent = content.partition(b"\n")
        stated = json.loads(line)
        assert b"".join(one.tobytes() for one in audio) == sent and len(sent) <= 4 * MOST
        assert [one.samples for one in answer.estimates] == [one["samples"] for one in stated.get("estimates", [])]
        assert (answer.error is None) == (stated.get("error") is None)
        pairs = zip(answer.estimates, audio, strict=False)
        estimates = [Estimate(one.item, samples, one.sample_rate) for one, samples in pairs]
        result_of(lambda: checked(REQUESTS, estimates))
        return True

    each(seeds, check, share=0.05)


@pytest.mark.parametrize("seeds", ASKED)
def test_frames_of_a_hostile_harness(seeds: range) -> None:
    """A frame whole and as it was sent, the end, or `BrokenFrame`; never samples that were not sent."""

    def check(seed: int) -> bool:
        content = frame(Random(f"asked {seed}"), [LOAD, SEPARATE, SEPARATE])
        try:
            with bounded():
                found = worker.receive(io.BufferedReader(io.BytesIO(content)))
        except worker.BrokenFrame as error:
            assert str(error)
            return False
        if found is None:
            return False
        header, arrays = found
        line, _, sent = content.partition(b"\n")
        assert [len(array) for array in arrays] == [int(one) for one in json.loads(line)["arrays"]]
        assert sent.startswith(b"".join(array.tobytes() for array in arrays))
        assert header.keys() == json.loads(line).keys() and all(array.dtype == np.float32 for array in arrays)
        return True

    each(seeds, check, share=0.05)


@pytest.mark.parametrize("seeds", PROCESSES)
def test_worker_processes(tmp_path: Path, seeds: range) -> None:
    """The process answers what it can, and ends soon after: by itself, with a line for a frame that is none."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter.py").write_text(ADAPTER)
    load = json_text({**LOAD, "adapter": str(folder / "adapter.py"), "path": sys.path}) + b"\n"

    def check(seed: int) -> bool:
        random = Random(f"process {seed}")
        before = random.choice(([], [load]))
        answers, stderr, code = served([*before, frame(random, [LOAD, SEPARATE, SEPARATE])], folder)
        assert code in (0, 1)
        if code == 1:
            assert stderr.splitlines()[-1].startswith("worker.py: not a frame: ") and "Traceback" not in stderr
        for answer in answers:
            assert answer["type"] in ("ready", "estimates", "error") and answer["usage"]["seconds"] >= 0
        return code == 0

    with writing_only_in(folder, tmp_path):
        each(seeds, check)


def served(frames: list[bytes], cwd: Path) -> tuple[list[dict[str, Any]], str, int]:
    """Answers' headers, what was printed, and the exit code of a worker that gets these frames and then the end."""
    theirs, life = os.pipe()
    words = [sys.executable, "-u", worker.__file__, str(theirs)]
    process = subprocess.Popen(
        words,
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(theirs,),
        start_new_session=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    os.close(theirs)
    try:
        out, err = process.communicate(b"".join(frames), timeout=20)
    finally:
        process.kill()
        os.close(life)
    answers = []
    while out:
        line, _, out = out.partition(b"\n")
        answers.append(json.loads(line))
        out = out[4 * sum(one["samples"] for one in answers[-1].get("estimates", [])) :]
    return answers, err.decode(errors="replace"), process.returncode


def test_a_frame_that_ends_early_is_no_frame() -> None:
    """Its missing samples were once whatever the memory held."""
    whole = json_text(SEPARATE) + b"\n" + SAMPLES.tobytes()
    assert worker.receive(io.BufferedReader(io.BytesIO(whole))) is not None
    for length in (len(whole) - 1, len(whole) - 24, 10, 0):
        assert worker.receive(io.BufferedReader(io.BytesIO(whole[:length]))) is None


@pytest.mark.parametrize("limit", ["much", -5, 2**80, [1]])
def test_settings_that_a_process_cannot_have_are_an_answer(tmp_path: Path, limit: object) -> None:
    """The process waits for no other frame before it says so, and goes on."""
    bad = json_text({**LOAD, "max_memory_bytes": limit}) + b"\n"
    answers, _, code = served([bad, bad], tmp_path)
    assert [answer["type"] for answer in answers] == ["error", "error"] and code == 0


@pytest.mark.parametrize("rate", [768_001, 10**7, 2**31 - 1, 10**300])
def test_an_estimate_of_an_absurd_rate_is_refused_and_not_resampled(rate: int) -> None:
    """A worker may state any number; the last of these once kept the resampler busy for ever."""
    answer = {**ANSWER, "estimates": [{"item": "a.0", "sample_rate": rate, "samples": 6}]}
    found = received(json_text(answer) + b"\n" + SAMPLES.tobytes())
    assert isinstance(found, tuple)
    (described,), (samples,) = found[0].estimates, found[1]
    failed = result_of(
        lambda: align(estimate=samples, sample_rate=described.sample_rate, length=6, target_rate=8000, tolerance=0)
    )
    assert isinstance(failed, SepbenchError) and "absurd sample rate" in failed.what
