"""Where adapters, manifests and suites are looked for.

In order: the working folder, folders named by the user, folders of installed plugins, what this installation carries.
The first hit wins, so a local file can stand in for a shipped one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def shipped(kind: str) -> Path:
    """The installation's own ``adapters``, ``manifests`` or ``results/published``.

    They are inside the wheel, or beside the package's source.
    """
    package = Path(__file__).parent
    inside = package / "shipped" / kind
    return inside if inside.is_dir() else package.parent / kind


def folders(kind: str, named: Sequence[Path] = (), installed: Sequence[Path] = ()) -> list[Path]:
    """All existing folders to look in, first to last, each once."""
    candidates = [Path.cwd() / kind, *named, *installed, shipped(kind)]
    return [path for path in dict.fromkeys(path.resolve() for path in candidates) if path.is_dir()]


def cache_folder() -> Path:
    """``SEPBENCH_CACHE``, else ``sepbench`` in the user's cache folder (``XDG_CACHE_HOME``, else ``~/.cache``)."""
    given = os.environ.get("SEPBENCH_CACHE")
    return Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sepbench"


def closest(name: str, known: Sequence[str]) -> str:
    """Half a sentence for an unknown name: the likeliest meant ones, or all of them where few.

    >>> closest("si-sdr", ["si_sdr", "lsd", "stoi"])
    'did you mean si_sdr?'
    """
    import difflib

    if near := difflib.get_close_matches(name, known, n=3, cutoff=0.6):
        return f"did you mean {' or '.join(near)}?"
    return f"known: {', '.join(known)}" if known else "none is known"
