"""What is damaged, whole: a suite, a recipe, an adapter file, and the command of a run."""

from __future__ import annotations

from pathlib import Path

SUITE = {
    "schema": 1,
    "name": "small",
    "title": "Small",
    "description": "For tests",
    "manifests": ["small"],
    "scoring_rate": 8000,
    "metrics": ["sdr", "si_sdri", "silent_output_rate"],
    "slices": ["snr_bin", "faults"],
    "length_tolerance_ms": 20.0,
}
RECIPE = {
    "schema": 1,
    "name": "small",
    "seed": 5,
    "corpora": ["synthetic"],
    "split": "test",
    "rows": 3,
    "sample_rate": 8000,
    "seconds": 0.5,
    "snr_db": [-5.0, 5.0],
    "gains": "frozen",
    "source_counts": [2, 3],
    "queries": {"label": 1.0, "absent": 1.0, "remove": 0.5},
    "notes": ["a note"],
}
ADAPTER = {
    "title": "Half",
    "paradigm": "mask",
    "licence": "MIT",
    "runtime": "worker",
    "sample_rate": 8000,
    "max_seconds": 10.0,
    "modes": ["extract"],
    "prompts": ["speech", "music"],
    "needs": ["references"],
    "timeout_seconds": 20.0,
    "max_memory_gb": 4.0,
    "python": "env/bin/python",
    "weights": [{"url": "https://a.b/c", "sha256": "0" * 64, "bytes": 3, "file": "half/c.bin", "licence": "MIT"}],
    "trained_on": ["esc50"],
    "config": {"gain": 0.5, "names": ["a", "b"], "deep": {"x": 1}},
    "variants": {"soft": {"gain": 0.25}},
}


def run_words(originals: Path, out: Path) -> list[str]:
    """The command that makes, or goes on with, the run."""
    return ["run", "--models", "mixture,silence", "--suite", str(originals / "small.toml"), "--out", str(out)]
