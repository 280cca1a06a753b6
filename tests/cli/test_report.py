"""``sepbench report``: what can be heard on the page, and what is said where something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.in_process import sepbench_here
from tests.report.run_folders import hostile_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made, _ = hostile_run(Path(__file__).parent.parent.parent, tmp_path_factory.mktemp("report"))
    return made


@pytest.mark.parametrize(("audio", "sounds"), [("none", 0), ("sample:1", 1)])
def test_audio_caps_what_can_be_heard(run: Path, tmp_path: Path, audio: str, sounds: int) -> None:
    pytest.importorskip("itables")
    pytest.importorskip("vl_convert")
    words = ("report", str(run), "-o", "page.html", "--audio", audio, "--manifests", str(run.parent / "manifests"))
    done = sepbench_here(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "page.html\n", "")
    assert (tmp_path / "page.html").read_text().count('id="run1-sound-') == sounds


def test_an_unknown_wish_for_audio_is_a_usage_error(tmp_path: Path) -> None:
    done = sepbench_here("report", "run", "--audio", "all", cwd=tmp_path)
    assert done.returncode == 2 and "--audio: given all; wanted none or sample:N" in done.stderr


def test_without_the_extra_the_page_is_plain_and_says_how_to_get_more(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sepbench.report.libraries.PACKAGES", ("itables", "no_such_package"))
    monkeypatch.setattr("sepbench.report.page.installed_libraries", lambda: None)
    done = sepbench_here("report", str(run), "-o", "page.html", cwd=tmp_path)
    assert done.returncode == 0 and 'pip install "sepbench[report]"' in done.stderr
    assert "<script" not in (tmp_path / "page.html").read_text()
