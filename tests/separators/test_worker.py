"""Worker processes: the same answers as in process, contained falls, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepbench import worker_process
from sepbench.errors import MissingExtra, RunFolderError, SeparatorFailure
from sepbench.separators import worker_runner
from sepbench.separators.discovery import find_models
from sepbench.separators.inline import InlineRunner
from sepbench.separators.runner import checked, open_runner
from sepbench.separators.worker_runner import WorkerRunner
from tests.separators.worker_setting import (
    RATE,
    Start,
    Write,
    group_of,
    living,
    request,
    wait_until,
)

# The same answers


@pytest.mark.parametrize("name", ["oracle-irm", "template"])
def test_worker_and_inline_agree_bit_for_bit(name: str, start: Start) -> None:
    (model,) = find_models([name])
    training = {"corpora": ["synthetic"], "excluded_groups": [], "sample_rate": RATE}
    config: dict[str, Any] = {"training": training, "clips_per_label": 1} if name == "template" else {}
    asked = [request(f"m.{seed}", seed, RATE + seed) for seed in range(3)]
    inside = InlineRunner(model, model.config | config, "cpu").separate(asked)
    outside = checked(asked, start(model, **config).separate(asked))
    for one, other in zip(inside, outside, strict=True):
        assert (one.item, one.sample_rate, one.audio.dtype) == (other.item, other.sample_rate, other.audio.dtype)
        assert one.audio.tobytes() == other.audio.tobytes()


def test_everything_of_a_request_arrives(start: Start, write: Write) -> None:
    model = write(
        separate="r = requests[0]; assert (r.item, r.query, r.mode, r.kind, r.prompts, r.sample_rate) == "
        "('m.0', 'dog ❤', 'extract', 'caption', ('dog', 'rain'), 16000), r",
        audio="r.references[0] - r.references[1]",
    )
    asked = request()
    (answer,) = start(model).separate([asked])
    np.testing.assert_array_equal(answer.audio, asked.references[0] - asked.references[1])


def test_open_runner_starts_a_worker(write: Write) -> None:
    with contextlib.closing(open_runner(write(), config={}, device="cpu")) as runner:
        assert isinstance(runner, WorkerRunner)
        np.testing.assert_array_equal(runner.separate([request()])[0].audio, request().mixture)


@pytest.mark.parametrize(
    ("does", "cause"),
    [
        ("raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})", r"Mute: <exception str\(\) failed>"),
        ("raise KeyboardInterrupt", "ended with exit code 1: given .*KeyboardInterrupt"),
    ],
)
def test_strange_errors_are_told_at_once(start: Start, write: Write, does: str, cause: str) -> None:
    """Nor does the thread that waits for the next frame keep a process that fell, for the whole deadline."""
    runner = start(write(separate=does))
    with pytest.raises(SeparatorFailure, match=cause):
        runner.separate([request()])


def test_noise_of_every_kind_is_harmless_and_kept(start: Start, tmp_path: Path) -> None:
    runner = start("noisy", logs=tmp_path / "logs")
    for seed in range(2):
        (answer,) = runner.separate([request(seed=seed)])
        np.testing.assert_array_equal(answer.audio, request(seed=seed).mixture / 2)
    runner.close()
    printed = (tmp_path / "logs" / "noisy.log").read_bytes()
    for words in (b"progress: 100 %", b"from a child", b"from C", bytes(range(256))):
        assert printed.count(words) >= 2


def test_a_log_is_cut_and_a_full_disk_is_no_harm(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "LOG_BYTES", 1000)
    runner = start("noisy", logs=tmp_path / "logs")
    assert len(runner.separate([request()])) == 1
    runner.close()
    log = (tmp_path / "logs" / "noisy.log").read_bytes()
    assert len(log) < 1100 and log.endswith(b"is not kept]\n")
    (tmp_path / "noisy.log").symlink_to("/dev/full")
    assert len(start("noisy", logs=tmp_path).separate([request()])) == 1
    (tmp_path / "file").touch()
    with pytest.raises(RunFolderError, match="log cannot be written"):
        start("noisy", logs=tmp_path / "file")


# Requests sent ahead

STAMPED = "print(*(r.item for r in requests), *map(str, (time.monotonic(),)), file=sys.stderr, flush=True)"


def test_what_is_sent_ahead_is_worked_on_without_being_asked_again(start: Start, write: Write, tmp_path: Path) -> None:
    model = write(separate=f"import sys, time; {STAMPED}")
    runner = start(model, logs=tmp_path / "logs")
    first, second, third = ([request(f"m.{index}", index, 3 * RATE)] for index in range(3))
    log = tmp_path / "logs" / "written.log"
    runner.separate(first, second)
    assert wait_until(lambda: "m.1" in log.read_text())  # nobody has asked for the second yet
    for asked, following in ((second, third), (third, ())):
        (answer,) = checked(asked, runner.separate(asked, following))
        np.testing.assert_array_equal(answer.audio, asked[0].mixture)
    assert wait_until(lambda: len(log.read_text().splitlines()) >= 3)  # the log is written beside the answers
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["m.0", "m.1", "m.2"]


def test_frames_larger_than_any_pipe_go_ahead(start: Start, write: Write) -> None:
    runner = start(write())
    one, other = ([request(f"m.{index}", index, 2_000_000)] for index in range(2))
    for asked, following in ((one, other), (other, one), (one, ())):
        np.testing.assert_array_equal(runner.separate(asked, following)[0].audio, asked[0].mixture)


def test_another_request_than_the_one_sent_ahead_gets_its_own_answer(start: Start) -> None:
    runner = start("crash")
    one, other, third = ([request(item)] for item in ("m.0", "m.2", "m.3"))
    assert runner.separate(one, other)[0].item == "m.0"
    assert runner.separate(third, other)[0].item == "m.3"
    assert runner.separate([request("m.2")])[0].item == "m.2"  # equal to what went ahead, and yet another request


def test_a_fall_over_what_was_sent_ahead_is_told_of_that_request_alone(start: Start) -> None:
    runner = start("crash")
    before, guilty, after = ([request(item)] for item in ("m.0", "m.1", "m.2"))
    assert runner.separate(before, guilty)[0].item == "m.0"
    assert runner.separate(after, guilty)[0].item == "m.2"  # asked out of turn: the fallen process is replaced
    with pytest.raises(SeparatorFailure, match="crash died of SIGSEGV"):
        runner.separate(guilty, before)
    assert runner.separate(before)[0].item == "m.0"  # it was lost with the process, and goes to the new one


def test_an_error_leaves_what_was_sent_ahead_in_turn(start: Start, write: Write) -> None:
    model = write(separate="assert requests[0].item != 'm.1', 'not this one'")
    runner = start(model)
    guilty, after = [request("m.1")], [request("m.2")]
    with pytest.raises(SeparatorFailure, match="AssertionError: not this one"):
        runner.separate(guilty, after)
    assert runner.separate(after)[0].item == "m.2"


# Contained falls


def test_after_a_crash_the_next_request_is_answered(start: Start) -> None:
    runner = start("crash")
    for item in ("m.0", "m.1", "m.2"):
        if item == "m.1":
            with pytest.raises(SeparatorFailure, match="crash died of SIGSEGV: given about to fall"):
                runner.separate([request(item)])
        else:
            assert runner.separate([request(item)])[0].item == item


def test_too_many_falls_in_a_row_end_the_restarts(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_runner, "FALLS_IN_A_ROW", 2)
    runner = start("crash")
    for item, match in (("m.1", "SIGSEGV"), ("m.0", ""), ("m.1", "SIGSEGV"), ("m.1", "SIGSEGV")):
        if match:
            with pytest.raises(SeparatorFailure, match=match):
                runner.separate([request(item)])
        else:
            runner.separate([request(item)])
    with pytest.raises(SeparatorFailure, match="crash is not started again: given 2 failed processes in a row"):
        runner.separate([request("m.0")])


def test_a_hang_is_cut_with_everything_it_started(start: Start) -> None:
    runner = start("hang")
    group = group_of(runner)
    began = time.monotonic()
    with pytest.raises(SeparatorFailure, match="hang took over 1 s to separate"):
        runner.separate([request("m.1")])
    assert time.monotonic() - began < 5
    assert wait_until(lambda: not living(group))
    assert runner.separate([request("m.0")])[0].item == "m.0"


def test_a_batch_has_the_time_of_its_requests_together(start: Start) -> None:
    with pytest.raises(SeparatorFailure, match="took over 2 s"):
        start("hang").separate([request("m.0"), request("m.1")])


@pytest.mark.parametrize(
    ("toml", "load", "match"),
    [
        ("", "raise RuntimeError('no weights')", "written cannot be loaded: given RuntimeError: no weights"),
        ("", "import sys; sys.exit('usage: ...')", "written cannot be loaded: given SystemExit: usage"),
        ("", "import os; os.abort()", "process of adapter written died of SIGABRT"),
        ("", "import os; os.kill(os.getpid(), 9)", r"died of SIGKILL \(killed from outside"),
        ("load_timeout_seconds = 1.5\n", "import time; time.sleep(60)", "took over 1.5 s to be loaded"),
        ("max_memory_gb = 1.0\n", "import numpy; numpy.ones(1 << 28)", "MemoryError: Unable to allocate 2.00 GiB"),
    ],
)
def test_what_cannot_be_loaded_says_why_and_leaves_nothing(
    toml: str, load: str, match: str, start: Start, write: Write
) -> None:
    before = {path.name for path in Path("/proc/self/fd").iterdir()}
    with pytest.raises(SeparatorFailure, match=match):
        start(write(toml, load=load))
    assert {path.name for path in Path("/proc/self/fd").iterdir()} == before


@pytest.mark.parametrize(
    ("separate", "audio", "match"),
    [
        ("raise ValueError('\\ud800 is no text')", "None", r"written failed: given ValueError: \? is no text"),
        ("import sys; sys.exit(3)", "None", "written failed: given SystemExit: 3"),
        ("return None", "None", "TypeError"),
        ("pass", "list(r.mixture)", "m.0 is not mono floating-point audio: given shape .16000,., dtype list"),
        ("pass", "r.mixture[None]", r"given shape \(1, 16000\), dtype float32"),
        ("pass", "r.mixture.astype('int16')", "dtype int16"),
    ],
)
def test_what_an_adapter_raises_is_told_and_its_process_stays(
    separate: str, audio: str, match: str, start: Start, write: Write
) -> None:
    good = "if requests[0].item == 'good': return [Estimate('good', requests[0].mixture, 1)]\n        "
    runner = start(write(separate=good + separate, audio=audio))
    group = group_of(runner)
    for _ in range(2):
        with pytest.raises(SeparatorFailure, match=match):
            runner.separate([request()])
    assert runner.separate([request("good")])[0].item == "good" and group_of(runner) == group


def test_junk_on_the_workers_own_pipe_is_named(start: Start, write: Write) -> None:
    lines = "import os\n        for fd in range(3, 30):\n            try: os.write(fd, b'junk\\n')\n            "
    runner = start(write(separate=lines + "except OSError: pass"))
    with pytest.raises(SeparatorFailure, match=r"worker's frame: .* Invalid JSON"):
        runner.separate([request()])


def test_wrong_names_are_refused_by_the_common_check(start: Start) -> None:
    with pytest.raises(SeparatorFailure, match="estimates do not answer the requests: given somebody-else"):
        checked([request()], start("wrong-order").separate([request()]))


def test_a_lost_device_gets_a_new_process(start: Start, write: Write, tmp_path: Path) -> None:
    """Some errors of a GPU leave every later call failing; a stand-in for torch behaves so."""
    (tmp_path / "torch.py").write_text(
        "class cuda:\n"
        "    lost = False\n"
        "    is_initialized = staticmethod(lambda: True)\n"
        "    max_memory_allocated = staticmethod(lambda: 12345)\n"
        "    max_memory_reserved = staticmethod(lambda: 23456)\n"
        "    @classmethod\n"
        "    def synchronize(cls):\n"
        "        if cls.lost: raise RuntimeError('CUDA error: device-side assert')\n"
    )
    runner = start(
        write(
            load=f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import torch",
            separate="import torch; torch.cuda.lost = torch.cuda.lost or requests[0].item == 'm.1'",
        )
    )
    runner.separate([request("m.0")])
    assert (runner.usage.peak_device_bytes, runner.usage.reserved_device_bytes) == (12345, 23456)
    with pytest.raises(SeparatorFailure, match="RuntimeError: CUDA error: device-side assert"):
        runner.separate([request("m.1")])
    assert runner.separate([request("m.2")])[0].item == "m.2"


def test_missing_packages_and_files_are_told_as_in_process(start: Start, write: Write) -> None:
    with pytest.raises(MissingExtra, match="No module named 'a_package_that_nobody_has'") as caught:
        start("needs-missing-package")
    assert caught.value.remedy == 'pip install "sepbench[models]"'
    model = write()
    (model.folder / "adapter.py").unlink()
    with pytest.raises(SeparatorFailure, match=r"adapter written has no adapter\.py"):
        start(model)


# Nothing left behind


def test_closing_ends_the_process_and_closing_twice_is_fine(start: Start) -> None:
    runner = start("slow_start")
    group = group_of(runner)
    assert len(living(group)) == 2  # the worker, and what ends it when we are gone
    runner.close()
    runner.close()
    assert wait_until(lambda: not living(group))


@pytest.mark.parametrize("item", ["m.0", "m.1"])
def test_it_dies_with_its_parent_even_while_it_hangs(item: str, write: Write, tmp_path: Path) -> None:
    model = write(separate="if requests[0].item == 'm.1': import subprocess; subprocess.run(['sleep', '1000'])")
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, time\nfrom pathlib import Path\nimport numpy as np\n"
        "from sepbench.separators.spec import load_model\n"
        "from sepbench.separators.separator import Request\n"
        "from sepbench.separators.worker_runner import WorkerRunner\n"
        f"runner = WorkerRunner(load_model(Path({str(model.folder)!r})), {{}}, 'cpu')\n"
        "print(runner._process._process.pid, flush=True)\n"
        f"runner.separate([Request({item!r}, np.zeros(10, np.float32), 8000, 'q', 'extract')])\n"
        "time.sleep(1000)\n"
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        group = int(parent.stdout.readline())
        if item == "m.1":
            assert wait_until(lambda: "sleep" in living(group))
        parent.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not living(group))


# What it measures and may see


def test_peak_memory_is_the_workers_own_and_shows_a_leak(start: Start) -> None:
    ballast = np.ones(400 << 17)  # 400 MiB here, which ru_maxrss of a child would count
    runner = start("leak")
    peaks = []
    for index in range(6):
        runner.separate([request(f"m.{index}")])
        peaks.append(runner.usage.peak_memory_bytes)
    assert peaks[0] < ballast.nbytes / 2
    assert peaks[-1] - peaks[0] == pytest.approx(5 * 4 * 2**20, rel=0.2)
    assert runner.total.peak_memory_bytes == max(peaks)


def test_seconds_are_the_models_own(start: Start, write: Write) -> None:
    runner = start(write(load="import time; time.sleep(0.2)", separate="import time; time.sleep(0.1)"))
    assert 0.2 <= runner.total.seconds < 1
    runner.separate([request()])
    assert 0.1 <= runner.usage.seconds < 0.5
    assert 0.3 <= runner.total.seconds < 1.5


@pytest.mark.parametrize(("device", "seen"), [("cpu", "cpu ''"), ("cuda:0", "cuda:0 '4'"), ("cuda:1", "cuda:0 '6'")])
def test_one_device_and_one_thread(
    device: str, seen: str, start: Start, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4, 6")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    model = write(load="import os; v = os.environ; raise OSError(f\"{device} {v['CUDA_VISIBLE_DEVICES']!r} \" "
                  "+ v['OMP_NUM_THREADS'])")  # fmt: skip
    with pytest.raises(SeparatorFailure, match=f"OSError: {seen} 1$"):
        start(model, device=device)
    with pytest.raises(SeparatorFailure, match=r"no GPU cuda:2 to be seen: given CUDA_VISIBLE_DEVICES=4, 6"):
        start(model, device="cuda:2")


def test_our_modules_do_not_stand_for_the_models(start: Start, write: Write) -> None:
    with pytest.raises(MissingExtra, match="No module named 'training'"):
        start(write(load="import training"))


@pytest.mark.slow
def test_a_round_trip_takes_milliseconds(start: Start) -> None:
    (model,) = find_models(["mixture"])
    runner, asked = start(model), request(samples=320000)
    taken = []
    for _ in range(20):  # the fastest of several: another process on the machine must not fail this
        began = time.perf_counter()
        runner.separate([replace(asked, references=())])
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.02
    assert os.getpid() != group_of(runner)
