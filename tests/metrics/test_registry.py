"""Discovery: every family is found, nothing heavy is imported for it, names are unique and misspellings are helped."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sepbench.errors import SepbenchError
from sepbench.metrics import registry, waveform

HEAVY = ("scipy.signal", "scipy.linalg", "scipy.sparse", "pandas", "torch", "pystoi", "matplotlib")


def test_finding_the_metrics_imports_nothing_heavy() -> None:
    program = (
        "import sys; from sepbench.metrics.registry import metrics; assert len(metrics()) > 30;"
        f" print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_names_are_sorted_and_are_their_own_keys() -> None:
    found = registry.metrics()
    assert list(found) == sorted(found)
    assert all(name == metric.name for name, metric in found.items())
    assert registry.metrics() is found


def test_one_name_in_two_families_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waveform, "METRICS", (*waveform.METRICS, waveform.METRICS[0]))
    registry.metrics.cache_clear()
    try:
        with pytest.raises(SepbenchError, match="two metrics of one name: given sdr"):
            registry.metrics()
    finally:
        registry.metrics.cache_clear()


@pytest.mark.parametrize(("wrong", "meant"), [("si-sdr", "si_sdr"), ("lsd@ssreval", "lsd@ssr_eval"), ("STOI", "stoi")])
def test_a_misspelt_name_is_helped(wrong: str, meant: str) -> None:
    with pytest.raises(SepbenchError, match=f"unknown metric: given {wrong}") as caught:
        registry.get(wrong)
    assert meant in caught.value.remedy
