"""``run.json``: what was run, with what, where. Read from the machine when a run starts; no environment variables."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

GIT_SECONDS = 20
RECORDED_PACKAGES = (
    "sepbench",
    "numpy",
    "scipy",
    "soundfile",
    "soxr",
    "pyloudnorm",
    "pandas",
    "scikit-learn",
    "torch",
    "transformers",
)


def package_versions() -> dict[str, str]:
    """Installed versions of the packages that can change a number."""
    found = {}
    for name in RECORDED_PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit of the working folder and whether it holds changes; None outside a checkout, without git, or where git
    does not answer in time."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        dirty = bool(_git(folder, "status", "--porcelain"))
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "dirty": dirty}


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=GIT_SECONDS)
    return done.stdout.strip()


def hardware() -> dict[str, Any]:
    """Processor, cores and memory, as far as the system tells."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else None
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": None if pages is None else round(pages / 2**30, 1),
    }


def now() -> str:
    """The time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
