"""Papers' numbers on the page: with their source, as printed, and in no table with measured ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepbench.report.page import write_report
from sepbench.report.reported import reported_tables
from tests.report.summaries import summary
from tests.report.test_page import Elements, run_folder


def test_every_row_is_there_as_the_paper_prints_it() -> None:
    (table,) = reported_tables("audiosep/premixed/music")
    assert table.heads == ("SDRi (dB) ↑", "SI-SDR (dB) ↑") and table.rows == (("AudioSep", ("10.508", "9.425")),)
    assert table.address == "https://arxiv.org/abs/2308.05037"
    assert (
        "Mixtures: the mixtures of this suite." in table.notes
        and "The mean of ten per-instrument means." in table.notes
    )


def test_a_suite_that_no_paper_used_has_none() -> None:
    assert reported_tables("demo") == ()


def test_they_stand_apart_from_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sepbench.report.page.installed_libraries", lambda: None)
    content = summary()
    content["suite"]["name"] = "audiosep/premixed/music"
    html = write_report([run_folder(tmp_path / "run", content)], tmp_path / "page.html").read_text()
    assert "10.508" not in html[: html.index("Reported by papers")]
    table = html[html.index('<table class="published">') :].split("</table>")[0]
    assert "10.508" in table and "good" not in table and 'class="model"' not in table
    links = [attributes for tag, attributes in Elements(html).found if tag == "a"]
    assert links == [{"href": "https://arxiv.org/abs/2308.05037", "rel": "noreferrer"}]
