"""The libraries that a page carries: DataTables for its tables, Vega-Lite for its plots.

Both come out of installed packages, and nothing is fetched: ``itables`` holds a bundle of DataTables and jQuery (MIT),
``vl-convert-python`` one of Vega, Vega-Lite and Vega-Embed (BSD-3-Clause).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec

from sepbench.errors import MissingExtra

PACKAGES = ("itables", "vl_convert")
EXPORTED = re.compile(r"export\s*\{[^}]*?\b([\w$]+) as default[^}]*\};?")
"""How an ES module hands out its main object: inside a page, nobody could import it."""


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
    import vl_convert

    bundle = files("itables") / "html"
    tables = _as_global((bundle / "dt_bundle.js").read_text("utf-8"))
    plots = vl_convert.javascript_bundle(None)  # type: ignore[arg-type] # the stub is wrong: None is its default
    return Libraries(
        scripts=(embeddable(tables), embeddable(plots)),
        style=(bundle / "dt_bundle.css").read_text("utf-8").replace("</style", "<\\/style"),
    )


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
