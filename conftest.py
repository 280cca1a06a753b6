"""What is left out of collection where an optional dependency is missing: networks are written in torch."""

from __future__ import annotations

from importlib.util import find_spec

NETWORKS = [
    "sepbench/networks/*",
    "sepbench/profiling/counting.py",
    "sepbench/profiling/network_cost.py",
    "sepbench/profiling/parameters.py",
]
collect_ignore_glob = [] if find_spec("torch") and find_spec("transformers") else NETWORKS
