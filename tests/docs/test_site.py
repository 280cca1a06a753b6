"""The site is built without a warning, finds every metric, and asks no host for anything."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sepbench.metrics.registry import metrics

yaml = pytest.importorskip("yaml")

PROJECT = Path(__file__).parent.parent.parent
DOCS = PROJECT / "docs"
CONFIG = yaml.safe_load((PROJECT / "mkdocs.yml").read_text(encoding="utf-8"))
MADE = {"metrics/index.md"}
"""By the hook, as are all pages that are not in the file's nav."""
LOADED = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*>""")


def pages(nav: Any) -> Iterator[str]:
    for entry in nav:
        if isinstance(entry, str):
            yield entry
        else:
            for child in entry.values():
                yield from pages([child] if isinstance(child, str) else child)


def test_the_nav_names_every_page_and_no_other() -> None:
    named = list(pages(CONFIG["nav"]))
    assert len(named) == len(set(named))
    assert set(named) - MADE == {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}


def test_the_readme_links_to_pages_of_the_site() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(docs/([\w/-]+\.md)\)", readme))
    assert linked <= set(pages(CONFIG["nav"]))


@pytest.mark.slow
def test_the_site_is_built_strictly_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    pytest.importorskip("material")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=PROJECT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert built.returncode == 0 and "WARNING" not in built.stderr, built.stderr
    site = tmp_path / "site"
    for page in site.rglob("*.html"):
        assert not LOADED.findall(page.read_text(encoding="utf-8")), page
    found = {entry["location"] for entry in json.loads((site / "search" / "search_index.json").read_text())["docs"]}
    for name in metrics():
        base = name.partition("@")[0]
        assert f'id="{name}"' in (site / "metrics" / f"{base}.html").read_text(encoding="utf-8")
        assert f"metrics/{base}.html#{name}" in found, "the search does not find it"
    assert not list(site.rglob("*.py"))
