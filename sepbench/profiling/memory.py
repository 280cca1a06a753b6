"""How much memory a separator needs: the high-water mark of a fresh process, above that of an empty one."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sepbench.separators.interpreter import environment, interpreter
from sepbench.separators.spec import Model
from sepbench.worker_process import CLOSING_SECONDS, WorkerProcess

START_SECONDS = 120.0


@dataclass(frozen=True)
class Memory:
    """Bytes, the most that were ever held until then.

    Attributes:
        bytes: of the process above an empty one; the libraries that the adapter imports are part of it.
        device_bytes: of the GPU, by tensors; 0 where none is used.
        reserved_device_bytes: of the GPU, by torch's allocator, which keeps some in reserve. The driver's own memory,
            some hundreds of megabytes, comes on top.
    """

    bytes: int
    device_bytes: int
    reserved_device_bytes: int


def empty_process_bytes(model: Model, device: str) -> int:
    """What the adapter's interpreter holds with numpy and no adapter."""
    process = WorkerProcess(interpreter(model), environment(model, device), None)
    deadline = time.monotonic() + START_SECONDS
    try:
        process.channel.send({"type": "cost", "seconds": 0.0}, [], deadline=deadline)
        answer, _ = process.channel.receive(most=0, deadline=deadline)
    finally:
        process.end(CLOSING_SECONDS)
    return answer.usage.peak_memory_bytes
