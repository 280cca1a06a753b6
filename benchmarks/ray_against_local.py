"""The Ray engine against the local one on this machine: the same items, the same number of workers."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from pathlib import Path

from benchmarks import machine, suites
from sepbench.engine.config import RunConfig
from sepbench.engine.run import run
from sepbench.metrics.registry import select
from sepbench.separators.discovery import find_models
from sepbench.suite import LoadedSuite, load_suite

FEW, MANY = 100, 500
SECONDS, RATE, WORKERS = 10.0, 32000, 2
METRICS = ("si_sdri", "si_sdr", "sdri", "sdr", "lsd", "psnr_mel", "mel_dist", "stoi", "silent_output_rate")


def timed(suite: LoadedSuite, out: Path, address: str | None) -> float:
    """Seconds of a whole run; `address` of a Ray cluster, or None for the local engine."""
    engine = {} if address is None else {"engine": "ray", "ray_address": address}
    models, metrics = tuple(find_models(["mixture"], [])), tuple(select(METRICS))
    began = time.perf_counter()
    outcome = run(RunConfig(suite, models, metrics, out, workers=WORKERS, **engine))  # type: ignore[arg-type]
    assert outcome.failed == 0
    return time.perf_counter() - began


def main() -> None:
    """Measure and write the page."""
    if importlib.util.find_spec("ray") is None:
        print('ray_against_local: ray is not installed: pip install "sepbench[ray]"')
        return
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": WORKERS})
    times: dict[tuple[str, int], float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suites.recordings(folder, count=32, seconds=SECONDS, sample_rate=RATE)
        for items in (FEW, MANY):
            suite = load_suite(suites.suite(folder, items=items, seconds=SECONDS, sample_rate=RATE, metrics=METRICS))
            for engine, address in (("local", None), ("ray", cluster.address)):
                times[engine, items] = timed(suite, folder / f"{engine}{items}", address)
    cluster.shutdown()
    each = {engine: (times[engine, MANY] - times[engine, FEW]) / (MANY - FEW) for engine in ("local", "ray")}
    rows = [[f"{items} items", *(f"{times[engine, items]:.1f} s" for engine in each)] for items in (FEW, MANY)]
    rows.append(["each further item", *(f"{1000 * taken:.1f} ms" for taken in each.values())])
    for row, ratio in zip(rows, [times["ray", n] / times["local", n] for n in (FEW, MANY)], strict=False):
        row.append(f"{ratio:.2f}")
    rows[-1].append(f"{each['ray'] / each['local']:.2f}")
    machine.write(
        "ray_against_local",
        "Ray against the local engine on one machine",
        f"{len(METRICS)} metrics of the untouched mixture on pairs of {SECONDS:g} s at {RATE} Hz, {WORKERS} workers. "
        "The cluster runs already; its own processes share the machine.",
        ["", "local", "ray", "ray / local"],
        rows,
    )


if __name__ == "__main__":
    main()
