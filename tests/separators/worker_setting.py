"""What tests of worker processes share: adapters written out of single lines, requests, who still lives."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sepbench.separators.separator import Request
from sepbench.separators.spec import Model
from sepbench.separators.worker_runner import WorkerRunner

ADAPTERS = Path(__file__).parent.parent / "adapters"
RATE = 16000
TOML = 'title = "T"\nparadigm = "mask"\nlicence = "MIT"\nruntime = "worker"\n'
CODE = """from sepbench.separators.separator import Estimate
class Adapter:
    def load(self, config, device):
        {load}
    def separate(self, requests):
        {separate}
        return [Estimate(r.item, {audio}, r.sample_rate) for r in requests]
"""
Start = Callable[..., WorkerRunner]
Write = Callable[..., Model]


def request(item: str = "m.0", seed: int = 0, samples: int = RATE) -> Request:
    rng = np.random.Generator(np.random.PCG64(seed))
    wanted, rest = 0.1 * rng.standard_normal((2, samples)).astype(np.float32)
    return Request(item, wanted + rest, RATE, "dog ❤", "extract", ("dog", "rain"), (wanted, rest), "caption")


def living(group: int) -> list[str]:
    """Commands of a process group's members that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = path.read_text().rpartition(")")
            state, _, its_group = rest.split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(name.partition("(")[2])
    return found


def wait_until(done: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def group_of(runner: WorkerRunner) -> int:
    assert runner._process is not None
    return runner._process._process.pid
