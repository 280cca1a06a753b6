"""``sepbench check``: an honest adapter passes, and each way of breaking the contract fails the check of that name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sepbench.separators.checking import CHECKS, Check, check_adapter
from sepbench.separators.discovery import find_models
from sepbench.separators.spec import Model, load_model
from tests.cli.test_program import sepbench

ADAPTERS = Path(__file__).parent.parent / "adapters"
TOML = 'title = "T"\nparadigm = "mask"\nlicence = "MIT"\n'
CODE = """import os
import numpy as np
from sepbench.separators.separator import Estimate
class Adapter:
    def load(self, config, device):
        self.count = 0
    def separate(self, requests):
        return [self.one(r, len(requests)) for r in requests]
    def one(self, r, together):
        self.count += 1
        x, rate = r.mixture, r.sample_rate
        {line}
        return Estimate(r.item, x, rate)
"""


Verdicts = Callable[..., dict[str, Check]]


def verdicts(model: Model) -> dict[str, Check]:
    found = check_adapter(model)
    assert [check.name for check in found] == ["load", *CHECKS]
    return {check.name: check for check in found}


def of(name: str) -> dict[str, Check]:
    (model,) = find_models([name], [ADAPTERS])
    return verdicts(model)


def failed(found: dict[str, Check]) -> set[str]:
    return {name for name, check in found.items() if check.state == "failed"}


@pytest.fixture
def check(tmp_path: Path) -> Verdicts:
    """Check an adapter that does one thing to every mixture `x`."""

    def run(line: str, toml: str = "") -> dict[str, Check]:
        (tmp_path / "adapter.toml").write_text(TOML + toml)
        (tmp_path / "adapter.py").write_text(CODE.format(line=line))
        return verdicts(load_model(tmp_path))

    return run


def test_an_oracle_passes_and_scales_exactly() -> None:
    found = of("oracle-irm")
    assert {check.state for check in found.values()} == {"ok"}
    assert found["gain"].reason == "half in, exactly half out" and found["silence"].reason == "silence out"
    assert found["shape"].reason == "mono, float32, 32000 samples" and found["modes"].reason == "extract and remove"


LENGTHS = {"shape", "modes", "kinds", "odd lengths", "very short"}
EVERYTHING = set(CHECKS)


@pytest.mark.parametrize(
    ("line", "broken", "name", "reason"),
    [
        ("x = x[:-400]", LENGTHS, "shape", "1.975 s in answer to a mixture of 2.000 s (32000 samples)"),
        ("x = x[: len(x) - 800 * (len(x) % 2)]", {"odd lengths"}, "odd lengths", "mixture of 2.000 s (31999"),
        ("x = x + (len(x) % 2 and np.inf)", {"odd lengths"}, "odd lengths", "31999 of 31999 samples are NaN"),
        ("assert len(x) > 8000", {"very short"}, "very short", "adapter {} failed: given AssertionError"),
        ("assert r.kind != 'instruction', r.query", {"kinds"}, "kinds", "AssertionError: Please extract the sound of "),
        ("x = x / x.max()", {"silence"}, "silence", "32000 of 32000 samples are NaN or infinite"),
        ("x = x * np.float32(1 + 1e-6 * self.count)", {"determinism"}, "determinism", "asked twice: up to"),
        ("x = x * np.float32(os.getpid())", {"determinism"}, "determinism", "asked in another process: up to"),
        ("x = x * np.float32(together)", {"batch"}, "batch", "in a batch and alone: up to"),
        ("x = np.stack([x, x])", EVERYTHING, "shape", "not mono floating-point audio: given shape (2, 32000)"),
        ("rate = 0", EVERYTHING, "sample rate", "has no sample rate: given 0"),
        ("x = x / max(abs(x).max(), 1e-9)", set(), "gain", "half in: +0.00 dB, -6 dB away from half out"),
    ],
)
def test_each_fault_fails_the_check_of_its_name(
    line: str, broken: set[str], name: str, reason: str, check: Verdicts, tmp_path: Path
) -> None:
    found = check(line)
    assert failed(found) == broken
    assert reason.format(tmp_path.name) in found[name].reason


def test_the_declared_rate_is_held_to(check: Verdicts) -> None:
    found = check("x, rate = x[::2], rate // 2", "sample_rate = 8000\n")
    assert failed(found) == {"sample rate"}
    assert found["sample rate"].reason == "answers at 4000 Hz; sample_rate in adapter.toml says 8000"


def test_what_is_not_promised_is_not_applicable(check: Verdicts) -> None:
    found = check("x = x * np.float32(self.count)", "deterministic = false\nmax_seconds = 0.5\n")
    assert {name for name, one in found.items() if one.state == "not applicable"} == {"determinism", "batch", "gain"}
    assert failed(found) == set() and found["shape"].reason == "mono, float32, 8000 samples"
    command = of("by-command")
    assert {name: one.reason for name, one in command.items() if one.state != "ok"} == {
        "memory": "a command starts anew for every item"
    }


def test_misbehaving_adapters_are_found_out() -> None:
    leaking = of("leak")
    assert failed(leaking) == {"memory"} and leaking["memory"].reason.startswith("80.")
    falling = of("crash")
    assert falling["order"].reason == "process of adapter crash died of SIGSEGV: given about to fall"
    assert falling["shape"].state == "ok"
    assert failed(of("wrong-order")) == EVERYTHING
    unloaded = of("broken-load")
    assert unloaded["load"].reason.endswith("cannot be loaded: given RuntimeError: no weights on this planet")
    assert {one.reason for name, one in unloaded.items() if name != "load"} == {"it does not load"}


def test_the_command_prints_verdicts_and_exits_2_when_the_contract_breaks(tmp_path: Path) -> None:
    done = sepbench("check", "silence")
    assert done.returncode == 0 and "no level to compare" in done.stdout
    words = ["check", "nan", "--adapters", str(ADAPTERS), "--json", "--logs", str(tmp_path)]
    done = sepbench(*words)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    report = json.loads(done.stdout)
    assert report["model"] == "nan" and report["ok"] is False and (tmp_path / "nan.log").is_file()
    states = {entry["check"]: entry["state"] for entry in report["checks"]}
    assert states["load"] == "ok" and states["finite"] == "failed"
