"""The page as a browser gets it: well formed, self-contained, and every text only text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from sepbench.report.page import write_report
from tests.report.summaries import RUN, entry, model, summary

VOID = {"meta", "link", "br", "img", "input", "hr"}
ATTACK = '"><img src=x onerror="alert(1)"></script>'


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

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.found}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page as it is without the extra: what a reader without scripts, or a printer, gets of any page."""
    monkeypatch.setattr("sepbench.report.page.installed_libraries", lambda: None)


def policy(html: str) -> str:
    return next(
        attributes["content"] or ""
        for _, attributes in Elements(html).found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )


def run_folder(path: Path, content: dict[str, object] | None = None) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / "summary.json").write_text(json.dumps(content or summary()))
    (path / "run.json").write_text(json.dumps(RUN))
    return path


def page(tmp_path: Path, content: dict[str, object] | None = None) -> str:
    return write_report([run_folder(tmp_path / "run", content)], tmp_path / "page.html").read_text()


def row(html: str, name: str) -> str:
    """The line of the first table whose name is `name`."""
    return html[html.index(f">{name}<") :].split("</tr>")[0]


def test_page_is_well_formed_and_asks_no_host(tmp_path: Path) -> None:
    html = page(tmp_path)
    elements = Elements(html)
    assert not {"link", "iframe", "img", "object", "base", "metadata"} & elements.tags()
    for tag, attributes in elements.found:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("src", "href", "action", "xlink:href") or (value or "").startswith("#"), (tag, value)
    assert not re.search(r"url\((?!#)|@import|https?:", html)


def test_without_libraries_nothing_may_run(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert "<script" not in html and "<form" not in html and "<dialog" not in html
    assert policy(html) == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_ids_are_there_once_even_with_several_runs(tmp_path: Path) -> None:
    folders = [run_folder(tmp_path / name) for name in ("a", "b")]
    html = write_report(folders, tmp_path / "two.html").read_text()
    ids = [attributes["id"] for _, attributes in Elements(html).found if "id" in attributes]
    assert len(ids) == len(set(ids)) and html.count("<h1") == 2 and html.count("<svg") == 2


def test_texts_from_outside_stay_texts(tmp_path: Path) -> None:
    hostile = summary(**{ATTACK: model("mask", entry(1.0), entry(1.0), title=ATTACK, needs=[ATTACK])})
    hostile["suite"] |= {"name": ATTACK, "title": ATTACK, "description": ATTACK, "manifests": {ATTACK: ATTACK}}
    hostile["models"][ATTACK] |= {
        "coverage": {"items": 1, "ok": 0, "failed": 1, "errors": {ATTACK: 1}},
        "revision": ATTACK,
        "trained_on": [ATTACK],
    }
    hostile["models"][ATTACK]["metrics"]["lsd"] |= {"n_undefined": 1, "undefined": {ATTACK: 1}}
    for fact in ("label", "unit", "signature", "source"):
        hostile["suite"]["metrics"]["si_sdri"][fact] = ATTACK
    hostile["models"][ATTACK]["slices"]["corpus"] = {name: {"si_sdri": entry(1.0)} for name in (ATTACK, "b")}
    elements = Elements(page(tmp_path, hostile))
    assert not {"img", "script"} & elements.tags()
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
    assert elements.text.count(ATTACK) >= 20


def test_page_says_what_is_missing_partial_or_failed(tmp_path: Path) -> None:
    content = summary(
        a=model("mask", entry(1.0), entry(1.0), coverage={"items": 3, "ok": 1, "failed": 2, "errors": {"E: y": 2}})
    )
    content["suite"] |= {"partial": True, "limit": 7, "refused_items": 3}
    text = " ".join(Elements(page(tmp_path, content)).text.split())
    assert "PARTIAL RUN. Scored with --limit 7; these numbers are not the suite's." in text
    assert "10 of 12 items could be built here; the clips of 2 are not on the machine." in text
    assert "3 items are left out for every model" in text
    assert "a, 2 items: E: y" in text and "1 of 3" in text


def test_a_whole_run_carries_no_banner(tmp_path: Path) -> None:
    content = summary()
    content["suite"] |= {"missing_items": 0}
    text = Elements(page(tmp_path, content)).text
    assert "PARTIAL" not in text and "Coverage." not in text and "Failures" not in text


def test_page_carries_signatures_hashes_and_machine(tmp_path: Path) -> None:
    text = " ".join(Elements(page(tmp_path)).text.split())
    for wanted in (
        "si_sdri|v1|rate:native",
        "ab" * 32,
        "cd" * 32,
        "0123456789abcdef",
        "numpy 2.4.6",
        "Linux, cores 2",
        "no git checkout",
        "2026-01-01T00:00:00+00:00",
        "not finished",
    ):
        assert wanted in text


def test_heads_say_their_direction_to_eye_and_ear(tmp_path: Path) -> None:
    text = " ".join(Elements(page(tmp_path)).text.split())
    assert "SI-SDRi (dB)↑ higher is better" in text and "LSD ↓ lower is better" in text


def test_values_of_the_fixture_stand_in_the_table(tmp_path: Path) -> None:
    html = page(tmp_path)
    shown = re.compile(r'<span class="(?:value|ci)">(.*?)</span>')
    assert shown.findall(row(html, "good")) == [
        "6.00", "5.00 to 7.00", "1.200", "1.000 to 1.400", "12.5 %", "0.0 % to 25.0 %",
    ]  # fmt: skip
    assert shown.findall(row(html, "silence"))[:3] == ["\u2013", "n 0 of 10", "3.000"]


def test_nothing_is_shown_as_a_dash_with_its_reason_in_tooltip_and_list(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert 'title="10 of 10 undefined: estimate_silent 10"' in row(html, "silence")
    assert "\u2013" in row(html, "silence") and "n 0 of 10" in row(html, "silence")
    assert "silence: SI-SDRi, 10 of 10 undefined: estimate_silent 10" in " ".join(Elements(html).text.split())


def test_only_systems_are_bold_and_worse_than_mixture_is_flagged(tmp_path: Path) -> None:
    html = page(tmp_path)
    apart = html[html.index('<tbody class="controls">') :]
    assert "best of the systems" not in apart[: apart.index("</table>")]
    assert "best of the systems" in row(html, "good")
    assert "worse than the mixture" in row(html, "close") and "worse than the mixture" not in row(html, "good")
    assert "not ranked: made anew" in row(html, "anew") and "metric unranked" in row(html, "anew")


def test_same_input_gives_the_same_page(tmp_path: Path) -> None:
    assert page(tmp_path) == page(tmp_path)


def test_runs_without_later_fields_and_without_models_have_a_page(tmp_path: Path) -> None:
    lean = summary()
    for field in ("metric_order", "scored_items", "refused_items"):
        del lean["suite"][field]
    assert "10 of 12" in Elements(page(tmp_path, lean)).text
    assert "Small" in Elements(page(tmp_path, summary() | {"models": {}})).text


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"file not found: given .*summary\.json"):
        write_report([tmp_path], tmp_path / "p.html")
    with pytest.raises(InvalidRecord, match="schema: given 9; wanted 1"):
        page(tmp_path, summary() | {"schema": 9})
    with pytest.raises(InvalidRecord, match="not what this version writes"):
        page(tmp_path, {"schema": 1, "suite": {}, "models": {}})


def test_of_several_runs_the_broken_one_is_named(tmp_path: Path) -> None:
    broken = summary()
    del broken["suite"]["hash"]
    folders = [run_folder(tmp_path / "whole"), run_folder(tmp_path / "broken", broken)]
    with pytest.raises(InvalidRecord, match=r"broken: .* not what this version writes: given KeyError: 'hash'"):
        write_report(folders, tmp_path / "p.html")
    assert not (tmp_path / "p.html").exists()


def test_a_place_that_takes_no_page_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SepbenchError, match=r"the page cannot be written: given .*file") as caught:
        write_report([run_folder(tmp_path / "run")], tmp_path / "file" / "p.html")
    assert caught.value.remedy == "choose another --output"
