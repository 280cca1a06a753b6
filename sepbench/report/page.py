"""The page: run folders in, one HTML file out that asks nothing of any host."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from sepbench.errors import SepbenchError
from sepbench.paths import write_whole
from sepbench.report.asked import find_asked
from sepbench.report.libraries import embeddable, installed_libraries
from sepbench.report.reading import as_written, read_folder
from sepbench.report.section import Gathered, Section, build_section
from sepbench.report.sounds import MOST_BYTES, kept, sound_pages

SCRIPTS = ("data", "state", "averages", "board", "plots", "items", "model", "player", "main")
"""The page's own scripts, in the order in which one builds on another."""


def write_report(runs: Sequence[Path], output: Path, *, sounds: int = 0, manifests: Sequence[Path] = ()) -> Path:
    """Write the page.

    Args:
        runs: run folders, one section each.
        output: the HTML file; it appears whole or not at all.
        sounds: how many items of each run can be heard, of those whose answers were kept; fewer where there is no room.
        manifests: folders to look for suites in, besides those of the search path.

    Raises:
        MissingData: a folder without ``summary.json`` or ``run.json``.
        InvalidRecord: one of another schema, or without what the page shows.
        SepbenchError: the page cannot be written there.
    """
    room = MOST_BYTES // max(1, len(runs))
    html = render_page(
        [_section(folder, f"run{number}", sounds, room, manifests) for number, folder in enumerate(runs, start=1)]
    )
    try:
        write_whole(output, html)
    except OSError as error:
        raise SepbenchError(
            "the page cannot be written", given=f"{output}: {error.strerror}", remedy="choose another --output"
        ) from error
    return output


def _section(folder: Path, prefix: str, sounds: int, room: int, manifests: Sequence[Path]) -> Section:
    read = read_folder(folder)
    with as_written(folder):
        asked = find_asked(read.summary["suite"], manifests)
        items = sorted({item for model in read.rows.values() for item in model})
        heard = dict(sound_pages(prefix, kept(folder, list(read.summary["models"]), items), asked, sounds, room))
        return build_section(Gathered(read.summary, read.run, read.rows, asked, heard), prefix)


def render_page(sections: Sequence[Section]) -> str:
    """The HTML, every text escaped; drawings, libraries and own scripts are the only markup taken as it is."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sepbench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    libraries = installed_libraries()
    scripts = () if libraries is None else (*libraries.scripts, own_script())
    return (
        environment.get_template("page.html.j2").render(
            sections=sections,
            scripts=scripts,
            hashes=[sha256(script) for script in scripts],
            style="" if libraries is None else libraries.style,
        )
        + "\n"
    )


def own_script() -> str:
    """The page's own scripts as one module."""
    folder = files("sepbench.report") / "templates"
    return embeddable("".join((folder / f"{name}.js").read_text("utf-8") for name in SCRIPTS))


def sha256(script: str) -> str:
    """The hash by which the page's own security policy lets its scripts run, and no other."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
