"""The libraries that a page carries: DataTables for its tables, Vega-Lite for its plots.

Both come out of installed packages, and nothing is fetched: ``itables`` holds a bundle of DataTables and jQuery (MIT),
``vl-convert-python`` one of Vega, Vega-Lite and Vega-Embed (BSD-3-Clause).
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec

from sepbench.errors import MissingExtra

PACKAGES = ("itables", "vl_convert")
EXPORTED = re.compile(r"export\s*\{[^}]*?\b([\w$]+) as default[^}]*\};?")
"""How an ES module hands out its main object: inside a page, nobody could import it."""

BUNDLING = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle(None).encode())"


@dataclass(frozen=True)
class Libraries:
    """Scripts, each a module of its own, and the style sheet that goes with them."""

    scripts: tuple[str, ...]
    style: str


def are_installed() -> bool:
    """Whether the extra ``report`` is there."""
    return all(find_spec(name) for name in PACKAGES)


@cache  # bundling takes seconds
def installed_libraries() -> Libraries | None:
    """What the extra ``report`` brings; None where it is not installed: the page is then plain tables and drawings.

    Raises:
        MissingExtra: an installed package is of a form that this version does not know.
    """
    if not are_installed():
        return None
    bundle = files("itables") / "html"
    tables = _as_global((bundle / "dt_bundle.js").read_text("utf-8"))
    return Libraries(
        scripts=(embeddable(tables), embeddable(_plots())),
        style=(bundle / "dt_bundle.css").read_text("utf-8").replace("</style", "<\\/style"),
    )


def _plots() -> str:
    """Vega's bundle, made in a process of its own: V8, which makes it, may take the process it is in down with it
    (vega/vl-convert issue 206)."""
    done = subprocess.run([sys.executable, "-c", BUNDLING], capture_output=True, check=False)
    if done.returncode != 0:
        raise MissingExtra(
            "the installed vl-convert-python makes no bundle",
            given=done.stderr.decode(errors="replace").strip()[-200:] or f"exit {done.returncode}",
            wanted="Vega, Vega-Lite and Vega-Embed in one script",
            remedy='pip install "sepbench[report]"',
        )
    return done.stdout.decode()


def _as_global(module: str) -> str:
    """The module's main object as ``window.DataTable``."""
    found = EXPORTED.search(module)
    if found is None:
        raise MissingExtra(
            "the installed itables holds DataTables in a form that this version does not know",
            wanted="a module with a default export",
            remedy='pip install "sepbench[report]"',
        )
    return f"{module[: found.start()]}window.DataTable={found[1]};{module[found.end() :]}"


def embeddable(script: str) -> str:
    """The script as it can stand inside an HTML element: nothing in it ends the element, or hides its end.

    In a script such letters stand in texts and regular expressions only, where a backslash changes nothing.

    >>> embeddable('"</script><!--"')
    '"<\\\\/script><\\\\!--"'
    """
    return re.sub(r"<(?=/script|!--)", r"<\\", script, flags=re.IGNORECASE)
