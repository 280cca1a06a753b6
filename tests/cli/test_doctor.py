"""``sepbench doctor``: what it finds is what is there, and what is lacking comes with a remedy."""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sepbench.cli.app import app
from sepbench.corpora.corpus import open_corpus

CORE = ("numpy>=2.4", "scipy>=1.17")


def findings(*, code: int = 0) -> dict[str, dict[str, str]]:
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == code, done.output
    return {finding["what"]: finding for finding in json.loads(done.stdout)}


def test_a_whole_core_is_fine_and_every_gap_has_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEPBENCH_DATA", raising=False)
    monkeypatch.delenv("SEPBENCH_DATA_ESC50", raising=False)
    open_corpus.cache_clear()
    found = findings()
    assert found["core"]["state"] == "ok" and found["corpus synthetic"]["detail"] == "624 clips in its index"
    assert "SEPBENCH_DATA_ESC50" in found["corpus esc50"]["remedy"]
    assert all(finding["remedy"] for finding in found.values() if finding["state"] != "ok")


@pytest.mark.parametrize(
    ("lines", "detail"),
    [
        (("numpy>=999.0", *CORE[1:]), "numpy .* is older than 999.0"),
        ((*CORE, "no-such-package>=1"), "no-such-package not installed"),
    ],
)
def test_a_core_package_that_is_lacking_or_old_is_wrong(
    monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...], detail: str
) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: list(lines))
    core = findings(code=2)["core"]
    assert core["state"] == "wrong"
    assert re.search(detail, core["detail"])


def test_an_extra_names_its_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [*CORE, 'no-such-package>=1; extra == "models"', 'numpy>=1; extra == "baselines"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: lines)
    found = findings()
    assert found["extra models"]["remedy"] == 'pip install "sepbench[models]"'
    assert found["extra baselines"]["state"] == "ok"


def test_a_damaged_index_is_named_and_does_not_end_the_examination(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text("nonsense\n")
    monkeypatch.setenv("SEPBENCH_DATA_ESC50", str(tmp_path))
    open_corpus.cache_clear()
    assert "line 1" in findings()["corpus esc50"]["detail"]
    open_corpus.cache_clear()
