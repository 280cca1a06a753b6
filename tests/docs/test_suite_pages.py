"""Every suite has a page, and the papers' numbers on it are those of the published results."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepbench.report.published_tables import markdown
from sepbench.search_path import shipped
from sepbench.suite import suite_files

PAGES = Path(__file__).parent.parent.parent / "docs" / "suites"
HEADINGS = ("**Known faults", "**Licence", "**Published numbers")
SUITES = [name for name, path in suite_files().items() if path.is_relative_to(shipped("manifests").resolve())]


def page(suite: str) -> str:
    return (PAGES / f"{suite.split('/')[0]}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("suite", SUITES)
def test_a_suites_page_has_its_published_numbers_digit_by_digit(suite: str) -> None:
    assert markdown(suite) in page(suite)


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_a_page_says_what_a_reader_must_know(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    for heading in HEADINGS:
        assert heading.lower().strip("*") in text, heading
    assert path.stem in {name.split("/")[0] for name in SUITES}, "a page of no suite"
