"""The page as a browser gets it: well formed, self-contained, and every text only text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sepbench.errors import InvalidRecord, MissingData
from sepbench.report.page import write_report
from tests.report.summaries import RUN, entry, model, summary

VOID = {"meta", "link", "br", "img", "input", "hr"}
ATTACK = '<img src=x onerror="alert(1)">'


class Elements(HTMLParser):
    """Collects elements and text; an end tag that closes nothing is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def run_folder(path: Path, content: dict[str, object] | None = None) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / "summary.json").write_text(json.dumps(content or summary()))
    (path / "run.json").write_text(json.dumps(RUN))
    return path


def page(tmp_path: Path, content: dict[str, object] | None = None) -> str:
    return write_report([run_folder(tmp_path / "run", content)], tmp_path / "page.html").read_text()


def test_page_is_well_formed_and_asks_no_host(tmp_path: Path) -> None:
    html = page(tmp_path)
    elements = Elements(html)
    assert not {"script", "link", "iframe", "img", "object", "base"} & {tag for tag, _ in elements.found}
    for tag, attributes in elements.found:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("src", "href", "action", "xlink:href") or (value or "").startswith("#"), (tag, value)
    assert not re.search(r"url\(\s*['\"]?https?:|@import", html)


def test_texts_from_outside_stay_texts(tmp_path: Path) -> None:
    hostile = summary(**{ATTACK: model("mask", entry(1.0), entry(1.0), title=ATTACK, needs=[ATTACK])})
    hostile["suite"] |= {"title": ATTACK, "description": ATTACK, "manifests": {ATTACK: "00"}}
    hostile["models"][ATTACK]["coverage"] = {"items": 1, "ok": 0, "failed": 1, "errors": {ATTACK: 1}}
    hostile["suite"]["metrics"]["lsd"]["label"] = ATTACK
    elements = Elements(page(tmp_path, hostile))
    assert "img" not in {tag for tag, _ in elements.found}
    assert elements.text.count(ATTACK) >= 8


def test_page_says_what_is_missing_partial_or_failed(tmp_path: Path) -> None:
    content = summary(
        a=model("mask", entry(1.0), entry(1.0), coverage={"items": 3, "ok": 1, "failed": 2, "errors": {"E: y": 2}})
    )
    content["suite"] |= {"partial": True, "limit": 7, "refused_items": 3}
    text = " ".join(Elements(page(tmp_path, content)).text.split())
    assert "Partial run. Only the first 7 items were scored" in text
    assert "2 of 12 items could not be built" in text
    assert "3 items are left out for every model" in text
    assert "a, 2 items: E: y" in text


def test_page_carries_signatures_hashes_and_directions(tmp_path: Path) -> None:
    html = page(tmp_path)
    for wanted in (
        "si_sdri|v1|rate:native",
        "ab" * 32,
        "cd" * 32,
        "0123456789abcdef",
        "numpy 2.4.6",
        'aria-label="lower is better"',
    ):
        assert wanted in html


def test_only_systems_are_bold_and_worse_than_mixture_is_flagged(tmp_path: Path) -> None:
    html = page(tmp_path)
    controls = html[html.index('class="group-controls"') :]
    assert 'class="best"' not in controls[: controls.index("</table>")]
    row = html[html.index(">close<") :].split("</tr>")[0]
    assert "worse than the mixture" in row


def test_same_input_gives_the_same_page_and_several_runs_share_one(tmp_path: Path) -> None:
    assert page(tmp_path) == page(tmp_path)
    folders = [run_folder(tmp_path / name) for name in ("a", "b")]
    assert write_report(folders, tmp_path / "two.html").read_text().count("<h1") == 2


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"file not found: given .*summary\.json"):
        write_report([tmp_path], tmp_path / "p.html")
    with pytest.raises(InvalidRecord, match="schema: given 9; wanted 1"):
        page(tmp_path, summary() | {"schema": 9})
    broken = summary()
    del broken["suite"]["hash"]
    with pytest.raises(InvalidRecord, match=r"not a summary of this version.*hash"):
        page(tmp_path, broken)
    with pytest.raises(InvalidRecord, match="not a summary of this version"):
        page(tmp_path, {"schema": 1, "suite": {}, "models": {}})
