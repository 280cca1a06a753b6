"""What a figure was measured on, and writing it down."""

from __future__ import annotations

import platform
from datetime import date
from pathlib import Path

from sepbench.results import provenance

FOLDER = Path(__file__).parent


def described() -> str:
    """Processor, cores, memory, Python and the date, in one line."""
    hardware = provenance.hardware()
    parts = [hardware["processor"], f"{hardware['cores']} cores", f"{hardware['memory_gb']} GiB"]
    versions = provenance.package_versions()
    parts += [f"Python {platform.python_version()}", f"numpy {versions['numpy']}", f"sepbench {versions['sepbench']}"]
    return f"{', '.join(parts)}; {date.today().isoformat()}"


def write(name: str, title: str, words: str, header: list[str], rows: list[list[str]]) -> None:
    """Write ``benchmarks/<name>.md`` and print it."""
    table = ["| " + " | ".join(cells) + " |" for cells in (header, ["---"] * len(header), *rows)]
    text = "\n".join([f"# {title}", "", words.strip(), "", *table, "", f"Measured on {described()}.", ""])
    (FOLDER / f"{name}.md").write_text(text)
    print(text)
