"""Profiles of adapters whose time, memory and cost are known because the test wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sepbench.errors import MissingExtra, SeparatorFailure
from sepbench.profiling.profile import Profile, profile_model
from sepbench.profiling.totals import Total, totals
from sepbench.separators.separator import Cost, Part
from sepbench.separators.spec import load_model

TOML = 'title = "T"\nparadigm = "mask"\nlicence = "MIT"\nsample_rate = 8000\n'
CODE = """import os, sys, time
import numpy as np
from sepbench.separators.separator import Cost, Estimate, Part
class Adapter:
    def load(self, config, device):
        self.calls = 0
    def separate(self, requests):
        self.calls += len(requests)
        return [self.one(r, len(r.mixture) / r.sample_rate) for r in requests]
    def one(self, r, seconds):
        {work}
        return Estimate(r.item, r.mixture, r.sample_rate)
{cost}
"""
COST = "    def cost(self, seconds):\n        return {}\n"
Profiled = Callable[..., Profile]


@pytest.fixture
def profiled(tmp_path: Path) -> Profiled:
    """Write an adapter out of two lines and profile it."""

    def make(work: str = "pass", cost: str = "", *, toml: str = "", code: str = CODE, **wanted: Any) -> Profile:
        (tmp_path / "adapter.toml").write_text(TOML + toml)
        (tmp_path / "adapter.py").write_text(code.format(work=work, cost=COST.format(cost) if cost else ""))
        given = {"seconds": [1.0], "device": "cpu", "repeats": 10, "threads": 1} | wanted
        return profile_model(load_model(tmp_path), **given)

    return make


def test_an_adapters_own_account_comes_through_the_process(profiled: Profiled) -> None:
    part = "Part(1, 2, 3, macs=round(4 * seconds), fft_macs=5, steps=6, scopes=('code_stream',))"
    profile = profiled(cost=f"Cost(seconds, {{'net': {part}}}, dtype='float16')", seconds=[2.0, 1.0])
    known = Part(1, 2, 3, macs=4, fft_macs=5, steps=6, scopes=("code_stream",))
    assert [length.seconds for length in profile.lengths] == [1.0, 2.0]
    assert profile.lengths[0].cost == Cost(1.0, {"net": known}, "float16")
    assert profile.lengths[1].cost is not None and profile.lengths[1].cost.parts["net"].macs == 8


def test_in_json_the_sums_stand_beside_the_parts(profiled: Profiled) -> None:
    parts = "{'net': Part(1, 0, 0, macs=10**9), 'text': Part(0, 7, 0, macs=50, scopes=('pipeline',), per_query=True)}"
    content = json.loads(json.dumps(profiled(cost=f"Cost(seconds, {parts})", seconds=[4.0]).to_json()))
    (length,) = content["lengths"]
    assert length["cost"]["parts"]["text"]["per_query"] is True
    assert length["scopes"]["pipeline"] == {
        "macs": 10**9,
        "macs_per_second": 250_000_000,
        "query_macs": 50,
        "fft_macs": 0,
        "trainable": 1,
        "frozen": 7,
        "buffers": 0,
    }
    assert length["scopes"]["separator_only"]["query_macs"] == 0
    assert set(length["scopes"]) == {"separator_only", "pipeline"}


def test_an_adapter_that_does_not_say_has_no_invented_cost(profiled: Profiled) -> None:
    for profile in (profiled(), profiled(cost="None")):
        assert profile.lengths[0].cost is None
        assert profile.to_json()["lengths"][0]["scopes"] is None


def test_time_is_the_adapters_own_over_the_length_of_the_mixture(profiled: Profiled) -> None:
    (length,) = profiled("time.sleep(0.02 if self.calls > 2 else 0.5)", seconds=[2.0], repeats=11).lengths
    assert length.timing.repeats == 11
    assert 0.02 <= length.timing.median <= length.timing.p95 < 0.5  # the first two answers are not timed
    assert length.timing.rtf_median == pytest.approx(length.timing.median / 2, abs=1e-6)


def test_every_length_is_asked_two_times_more_than_timed(profiled: Profiled) -> None:
    calls = "Cost(seconds, {'calls': Part(0, 0, 0, macs=self.calls)})"
    costs = [length.cost for length in profiled(cost=calls, seconds=[1.0, 2.0], repeats=10).lengths]
    assert [cost and cost.parts["calls"].macs for cost in costs] == [24, 24]


def test_memory_is_what_a_fresh_process_held_above_an_empty_one(profiled: Profiled) -> None:
    work = "np.ones(round(seconds * 64 * 2**20), dtype=np.uint8)"
    profile = profiled(work, seconds=[1.0, 2.0])
    loaded, one, two = profile.loaded, *(length.memory for length in profile.lengths)
    assert loaded and one and two
    assert loaded.bytes < 32 * 2**20
    assert 64 * 2**20 <= one.bytes < 96 * 2**20
    assert two.bytes - one.bytes == pytest.approx(64 * 2**20, rel=0.1)
    assert (two.device_bytes, two.reserved_device_bytes) == (0, 0)


def test_counting_is_not_in_the_memory(profiled: Profiled) -> None:
    (length,) = profiled(cost="Cost(float(np.ones(2**28, dtype=np.uint8)[0]), {})").lengths
    assert length.memory is not None and length.memory.bytes < 64 * 2**20


def test_the_process_has_the_threads_it_was_given(profiled: Profiled) -> None:
    (length,) = profiled(cost="Cost(seconds, {}, dtype=os.environ['OMP_NUM_THREADS'])", threads=3).lengths
    assert length.cost == Cost(1.0, {}, "3")


def test_loading_is_timed_apart(profiled: Profiled) -> None:
    code = CODE.replace("self.calls = 0", "self.calls = 0; time.sleep(0.3)")
    profile = profiled(code=code)
    assert profile.load_seconds is not None and 0.3 <= profile.load_seconds < 3
    assert profile.lengths[0].timing.median < 0.3


@pytest.mark.parametrize(
    ("cost", "error"),
    [
        ("1 / 0", "cannot say its cost: given ZeroDivisionError"),
        ("Cost(seconds, {'net': Part(1, 2, 3, macs=0.5)})", "cost.parts.net.macs"),
        ("Cost(seconds, {'net': Part(1, 2, 3, macs=4, scopes=('whole',))})", "cost.parts.net.scopes"),
        ("{'macs': 4}", "cannot say its cost: given TypeError"),
        ("Cost(seconds, {'net': Part(1, 2, 3, macs=np.int64(4))})", "cannot say its cost: given TypeError"),
        ("Cost(float('nan'), {})", "cannot say its cost: given ValueError"),
    ],
)
def test_a_faulty_account_is_named(profiled: Profiled, cost: str, error: str) -> None:
    with pytest.raises(SeparatorFailure, match=error):
        profiled(cost=cost)


def test_an_adapter_that_fails_is_named(profiled: Profiled) -> None:
    with pytest.raises(SeparatorFailure, match="ValueError: no"):
        profiled("raise ValueError('no')")
    with pytest.raises(MissingExtra, match="no_such_package"):
        profiled(code="import no_such_package\n" + CODE)


def test_a_command_is_timed_whole_and_claims_nothing_else(profiled: Profiled) -> None:
    profile = profiled(toml='runtime = "command"\ncommand = "cp {mixture} {estimate}"\n')
    assert (profile.load_seconds, profile.loaded) == (None, None)
    (length,) = profile.lengths
    assert (length.cost, length.memory) == (None, None)
    assert length.timing.median > 0


def test_totals_leave_out_scopes_without_parts() -> None:
    cost = Cost(1.0, {"codes": Part(3, 0, 1, macs=5, fft_macs=2, scopes=("code_stream",))})
    assert totals(cost) == {"code_stream": Total(5, 0, 2, 3, 0, 1)}


def test_a_network_says_its_cost_with_a_few_lines(profiled: Profiled) -> None:
    pytest.importorskip("torch")
    code = CODE.replace("self.calls = 0", "self.calls = 0; import torch; self.net = torch.nn.Conv1d(1, 4, 5)") + (
        "        import torch\n"
        "        from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless\n"
        "        net = weightless(self.net)\n"
        "        mixture = torch.zeros(1, 1, round(seconds * 8000), device='meta')\n"
        "        return cost_of(seconds, lambda: net(mixture), {{'net': NetworkPart(net)}})\n"
    )
    (length,) = profiled(code=code.replace("{cost}", "    def cost(self, seconds):")).lengths
    assert length.cost == Cost(1.0, {"net": Part(24, 0, 0, macs=7996 * 4 * 5)})
