"""The worker: one adapter in a process of its own, under any interpreter that has numpy.

Run as a plain file, never imported: Python 3.8 or newer, the standard library and numpy are all it may use. Frames are
one line of JSON and then samples, raw little-endian float32, over duplicates of stdin and stdout; descriptor 1 itself
is pointed at stderr before any foreign code runs, so nothing that a model prints can get among them.

Asked ``load``, it answers ``ready``, and so for ``sketch``, after which an adapter without weights can say its cost;
asked ``separate``, it answers ``estimates``; asked ``embed``, it answers ``vectors``; asked ``cost``, it answers
``cost``; whatever the adapter raises is answered as ``error``. It ends when its stdin does.
"""

from __future__ import annotations

import importlib.util
import json
import operator
import os
import platform
import resource
import signal
import sys
import time
import traceback
import types
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PROTOCOL = 1
MESSAGE_LENGTH = 2000


@dataclass(frozen=True)
class Request:
    """What the harness's own `Request` says, under the same names."""

    item: str
    mixture: Any
    sample_rate: int
    query: str
    mode: str
    prompts: tuple[str, ...] = ()
    references: tuple[Any, ...] = ()
    kind: str = "label"


@dataclass(frozen=True)
class Estimate:
    """What the harness's own `Estimate` says, under the same names."""

    item: str
    audio: Any
    sample_rate: int


@dataclass(frozen=True)
class Part:
    """What the harness's own `Part` says, under the same names."""

    trainable: int
    frozen: int
    buffers: int
    macs: int
    fft_macs: int = 0
    steps: int = 1
    scopes: tuple[str, ...] = ("separator_only", "pipeline")
    per_query: bool = False


@dataclass(frozen=True)
class Cost:
    """What the harness's own `Cost` says, under the same names."""

    seconds: float
    parts: dict[str, Part]
    dtype: str = "float32"


def main(life: int) -> None:
    """Serve until stdin ends.

    Args:
        life: a pipe that nobody writes to; it ends when the harness does.
    """
    _end_with(life)
    sys.excepthook = _end_at_once
    reader, writer = _claim_streams()
    _forget_own_folder()
    adapter = None
    ahead = ThreadPoolExecutor(1)  # one frame is read while the adapter works, so that it need not wait for the next
    coming = ahead.submit(receive, reader)
    while True:
        try:
            frame = coming.result()
        except BrokenFrame as error:
            sys.exit(f"worker.py: not a frame: {error}")
        if frame is None:
            return
        coming = ahead.submit(receive, reader)
        header, arrays = frame
        if header["type"] in ("load", "sketch"):
            answer, adapter = attempt(partial(_load, header))
            send(writer, answer, [])
        elif header["type"] == "embed":
            answer, vectors = attempt(partial(_embed, adapter, header, arrays))
            send(writer, answer, vectors or [])
        elif header["type"] == "cost":
            answer, _ = attempt(partial(_cost, adapter, header))
            send(writer, answer, [])
        else:
            answer, audio = attempt(partial(_separate, adapter, header, arrays))
            send(writer, answer, audio or [])


def _end_with(life: int) -> None:
    """Let a small process end this one's whole group when the harness is gone.

    A thread could not: a model that hangs inside a C call may never let it run.
    """
    if os.fork():
        os.close(life)
        return
    for descriptor in range(3):
        os.close(descriptor)
    os.read(life, 1)
    os.kill(0, signal.SIGKILL)


def _claim_streams() -> tuple[BinaryIO, BinaryIO]:
    """Frames in and out; foreign code is left an empty stdin, and stderr in the place of stdout."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    return reader, writer


def _forget_own_folder() -> None:
    """Take this file's folder off the path, where its neighbours would stand for a model's modules of those names."""
    own = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != own]


def stand_in_for_sepbench() -> None:
    """Where sepbench is not installed, let adapters import the contract's records from their usual place."""
    if importlib.util.find_spec("sepbench") is not None:
        return
    for name in ("sepbench", "sepbench.separators", "sepbench.separators.separator"):
        sys.modules[name] = types.ModuleType(name)
    vars(sys.modules["sepbench.separators.separator"]).update(Request=Request, Estimate=Estimate, Part=Part, Cost=Cost)


class BrokenFrame(Exception):
    """What came in is no frame, so nothing that follows can be told apart either."""


def receive(reader: BinaryIO) -> tuple[dict[str, Any], list[Any]] | None:
    """The next frame's header and float32 ``(time,)`` arrays, or None at the end, though it be in a frame's middle.

    Raises:
        BrokenFrame: no header, or one that announces what cannot be.
    """
    import numpy as np

    line = reader.readline()
    if not line.endswith(b"\n"):
        return None
    try:
        header = json.loads(line)
        arrays = [np.empty(operator.index(samples), dtype="<f4") for samples in header["arrays"]]
        header["type"]
    except (ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise BrokenFrame(f"{type(error).__name__}: {str(error)[:MESSAGE_LENGTH]}") from error
    for array in arrays:
        if reader.readinto(array) < array.nbytes:  # type: ignore[attr-defined]
            return None
    return header, [array.astype(np.float32, copy=False) for array in arrays]


def send(writer: BinaryIO, header: dict[str, Any], arrays: Sequence[Any]) -> None:
    """Write one frame."""
    import numpy as np

    writer.write(json.dumps(header, allow_nan=False).encode() + b"\n")
    for array in arrays:
        writer.write(np.ascontiguousarray(array, dtype="<f4").data)
    writer.flush()


def attempt(work: Callable[[], tuple[dict[str, Any], Any]]) -> tuple[dict[str, Any], Any]:
    """Do foreign work; whatever it raises becomes the answer, and its traceback goes to the log."""
    began = time.perf_counter()
    try:
        answer, result = work()
        _synchronise()
    except (Exception, SystemExit) as error:  # the wall between a model's code and the harness, on the model's side
        traceback.print_exc()
        remedy = getattr(error, "remedy", "")  # of the harness's own errors
        said = _said(error) + (f"; try: {remedy}" if remedy else "")
        message = said[:MESSAGE_LENGTH].encode("utf-8", "replace").decode()
        answer = {"type": "error", "error": {"type": type(error).__name__, "message": message}, "fatal": _device_lost()}
        result = None
    return dict(answer, usage=_usage(time.perf_counter() - began)), result


def _said(error: BaseException) -> str:
    """An error's message, of a model's own error that fails to give one as well."""
    return str(traceback.TracebackException(type(error), error, None, lookup_lines=False))


def _end_at_once(kind: type[BaseException], error: BaseException, trace: types.TracebackType | None) -> None:
    """Let an error from beyond the wall end the process: the thread that waits for a frame would hold it for ever."""
    traceback.print_exception(kind, error, trace)
    sys.stderr.flush()
    os._exit(1)


def _load(header: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """Import ``adapter.py`` by its path and load its ``class Adapter``."""
    import numpy as np

    _limit_memory(header["max_memory_bytes"])
    sys.path[:] = header["path"] or sys.path
    stand_in_for_sepbench()
    spec = importlib.util.spec_from_file_location("sepbench_adapter", header["adapter"])
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules["sepbench_adapter"] = module
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    adapter = module.Adapter()
    if header["type"] == "load":
        adapter.load(header["config"], header["device"])
    elif hasattr(adapter, "sketch"):
        adapter.sketch(header["config"])
    else:
        adapter = None  # it cannot say its cost unless it is loaded
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    return {"type": "ready", "protocol": PROTOCOL, "versions": versions}, adapter


def _separate(adapter: Any, header: Mapping[str, Any], arrays: Sequence[Any]) -> tuple[dict[str, Any], list[Any]]:
    """Ask the adapter and describe what it returns."""
    remaining = iter(arrays)
    requests = [
        Request(
            item=entry["item"],
            mixture=next(remaining),
            sample_rate=entry["sample_rate"],
            query=entry["query"],
            mode=entry["mode"],
            prompts=tuple(entry["prompts"]),
            references=tuple(next(remaining) for _ in range(entry["references"])),
            kind=entry["kind"],
        )
        for entry in header["requests"]
    ]
    estimates = list(adapter.separate(requests))
    described = [_described(estimate) for estimate in estimates]
    samples = sum(entry["samples"] for entry in described)
    if samples > header["most_samples"]:
        raise ValueError(f"estimates hold {samples} samples, wanted at most {header['most_samples']}")
    return {"type": "estimates", "estimates": described}, [estimate.audio for estimate in estimates]


def _embed(adapter: Any, header: Mapping[str, Any], arrays: Sequence[Any]) -> tuple[dict[str, Any], list[Any]]:
    """Ask the adapter for vectors of texts, or else of clips."""
    import numpy as np

    found = adapter.audio(list(arrays)) if header["texts"] is None else adapter.text(header["texts"])
    vectors = [np.asarray(vector, dtype="<f4").reshape(-1) for vector in found]
    return {"type": "vectors", "vectors": [len(vector) for vector in vectors]}, vectors


def _cost(adapter: Any, header: Mapping[str, Any]) -> tuple[dict[str, Any], None]:
    """Ask the adapter what an estimate costs; one that does not say, or none at all, gives null."""
    ask = getattr(adapter, "cost", None)
    found = None if ask is None else ask(header["seconds"])
    described = None if found is None else asdict(found)
    json.dumps(described, allow_nan=False)  # what cannot be sent is the adapter's error, and not the end of the process
    return {"type": "cost", "cost": described}, None


def _described(estimate: Any) -> dict[str, Any]:
    """An estimate without its samples; anything but mono floating-point audio is refused here, before it is sent."""
    import numpy as np

    audio = estimate.audio
    if not isinstance(audio, np.ndarray) or audio.ndim != 1 or not np.issubdtype(audio.dtype, np.floating):
        kind = getattr(audio, "dtype", type(audio).__name__)
        raise TypeError(
            f"estimate of {estimate.item} is not mono floating-point audio: given shape {np.shape(audio)}, "
            f"dtype {kind}; wanted numpy float (time,)"
        )
    return {"item": estimate.item, "sample_rate": operator.index(estimate.sample_rate), "samples": len(audio)}


def _limit_memory(most: int | None) -> None:
    """Make allocations beyond `most` bytes of address space fail in this process rather than on the machine."""
    if most is not None:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _usage(seconds: float) -> dict[str, Any]:
    cuda = _cuda()
    return {
        "seconds": seconds,
        "peak_memory_bytes": peak_memory(),
        "peak_device_bytes": 0 if cuda is None else int(cuda.max_memory_allocated()),
        "reserved_device_bytes": 0 if cuda is None else int(cuda.max_memory_reserved()),
    }


def peak_memory() -> int:
    """Most bytes of memory this process ever held.

    The kernel's high-water mark where it is shown: ``ru_maxrss`` also counts the process that started this one.
    """
    try:
        with Path("/proc/self/status").open() as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _cuda() -> Any:
    """torch's device module once the adapter has used it, else None."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None


def _synchronise() -> None:
    """Wait for the device, so that the time measured is the work's and its errors are this item's."""
    cuda = _cuda()
    if cuda is not None:
        cuda.synchronize()


def _device_lost() -> bool:
    """Whether the device answers no more: after some errors every later call fails, and only a new process helps."""
    try:
        _synchronise()
    except RuntimeError:
        return True
    return False


if __name__ == "__main__":
    main(int(sys.argv[1]))
