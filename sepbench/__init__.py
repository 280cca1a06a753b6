"""sepbench: an honest benchmark for sound separators that are told in words what to extract or remove.

`measure` scores one pair of arrays, `load_run` reads a run folder. Both are imported when first used, so that the
command line starts without what it does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sepbench.metrics.measure import measure
    from sepbench.metrics.metric import Measurement
    from sepbench.results.run_folder import Run, load_run

__version__ = "0.1.0"
__all__ = ["Measurement", "Run", "__version__", "load_run", "measure"]

_HOMES = {
    "measure": "sepbench.metrics.measure",
    "Measurement": "sepbench.metrics.metric",
    "Run": "sepbench.results.run_folder",
    "load_run": "sepbench.results.run_folder",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
