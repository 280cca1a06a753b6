"""What each further system costs on a suite whose references and mixtures were scored before, embedding metrics on."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from pathlib import Path

from benchmarks import machine, suites
from sepbench.engine.config import RunConfig
from sepbench.engine.run import run
from sepbench.metrics.registry import select
from sepbench.separators.discovery import find_models
from sepbench.suite import load_suite

ITEMS, SECONDS, RATE = 16, 10.0, 16000
SYSTEMS = ("oracle-irm", "oracle-ibm", "oracle-wiener")
METRICS = ("si_sdri", "si_sdr", "sdri", "sdr", "lsd", "psnr_mel", "mel_dist", "stoi", "kl_softmax@own")
MOST = 0.6


def tagger(folder: Path) -> Path:
    """A Cnn14 of full size: its weights are drawn, since what it costs does not depend on them."""
    import torch

    from sepbench.networks.cnn14 import Cnn14
    from sepbench.networks.cnn14_trunk import PANNS_16K

    torch.manual_seed(0)
    path = folder / "cnn14.pth"
    torch.save({"model": Cnn14(PANNS_16K).state_dict()}, path)
    return path


def processor_seconds() -> float:
    """CPU time of this process and of those it started that have ended."""
    used = [resource.getrusage(which) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def scored(path: Path, systems: tuple[str, ...], out: Path) -> tuple[float, float]:
    """CPU and wall seconds of a run."""
    config = RunConfig(load_suite(path), tuple(find_models(systems, [])), tuple(select(METRICS)), out)
    before, began = processor_seconds(), time.perf_counter()
    outcome = run(config)
    assert outcome.failed == 0 and outcome.computed == ITEMS * len(systems)
    for model in outcome.summary["models"].values():
        assert model["metrics"]["kl_softmax@own"]["n"] == ITEMS
    return processor_seconds() - before, time.perf_counter() - began


def main() -> None:
    """Measure and write the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= {"SEPBENCH_CACHE": str(folder / "cache"), "SEPBENCH_EMBEDDER_PANNS": str(tagger(folder))}
        suites.recordings(folder, count=8, seconds=SECONDS, sample_rate=RATE)
        path = suites.suite(folder, items=ITEMS, seconds=SECONDS, sample_rate=RATE, metrics=METRICS)
        times = [scored(path, (system,), folder / system) for system in SYSTEMS]
        os.environ["SEPBENCH_CACHE"] = str(folder / "another cache")
        together = scored(path, SYSTEMS, folder / "together")
    first = times[0]
    rows = [
        [
            f"{order}, {system}",
            *(f"{taken:.1f} s" for taken in both),
            *(f"{a / b:.0%}" for a, b in zip(both, first, strict=True)),
        ]
        for order, system, both in zip(("first", "second", "third"), SYSTEMS, times, strict=True)
    ]
    rows.append(
        [
            "all three in one run, nothing kept before",
            *(f"{taken:.1f} s" for taken in together),
            *(f"{a / b:.0%}" for a, b in zip(together, first, strict=True)),
        ]
    )
    machine.write(
        "second_system",
        "Each further system on a suite",
        f"{ITEMS} pairs of {SECONDS:g} s at {RATE} Hz, {len(METRICS)} metrics, among them the divergence of Cnn14's "
        "tags (full size, weights drawn). Each system is a run of its own and starts its processes and networks anew; "
        f"vectors of references and mixtures are kept on disk. Wanted: at most {MOST:.0%} of the first.",
        ["system", "CPU time", "wall time", "CPU, of the first", "wall, of the first"],
        rows,
    )
    assert all(taken <= MOST * first[0] for taken, _ in times[1:]), "a further system costs too much"


if __name__ == "__main__":
    main()
