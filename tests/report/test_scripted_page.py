"""The page with its libraries: what may run, what the scripts are given, and that no text becomes markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from sepbench.errors import MissingExtra
from sepbench.report import libraries
from sepbench.report.libraries import embeddable
from sepbench.report.page import write_report
from tests.report.run_folders import ATTACK, hostile_run
from tests.report.test_page import Elements, policy

pytest.importorskip("itables")
pytest.importorskip("vl_convert")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hostile")
    hostile_run(Path(__file__).parent.parent.parent, made)
    return made


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return written(folder, folder / "page.html")


def written(folder: Path, page: Path) -> str:
    return write_report([folder / "run"], page, sounds=2, manifests=[folder / "manifests"]).read_text()


def contents(html: str, kind: str) -> list[str]:
    return re.findall(rf'<script type="{kind}"[^>]*>(.*?)</script>', html, re.DOTALL)


def test_policy_lets_exactly_the_scripts_of_the_page_run(html: str) -> None:
    scripts = contents(html, "module")
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{one}'" for one in hashes)
    assert len(scripts) == 3
    assert policy(html) == f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {allowed}"


def test_page_is_well_formed_and_every_script_ends_where_it_should(html: str) -> None:
    elements = Elements(html)
    kinds = [attributes.get("type") for tag, attributes in elements.found if tag == "script"]
    assert kinds[-3:] == ["module"] * 3 and kinds[0] == "application/json" and set(kinds[1:-3]) == {"text/plain"}
    assert not {"link", "iframe", "img", "object", "base"} & elements.tags()
    for tag, attributes in elements.found:
        assert not any(name.startswith("on") for name in attributes), tag
        assert not {"src", "action"} & set(attributes) and (attributes.get("href") or "#").startswith("#")


def test_hostile_texts_reach_the_scripts_as_texts(html: str) -> None:
    data = json.loads(contents(html, "application/json")[0])
    assert data["models"][ATTACK]["title"] == f"Title of {ATTACK}" and ATTACK in data["suite"]["title"]
    assert ATTACK not in re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)


def test_ids_are_there_once(html: str) -> None:
    ids = [attributes["id"] for _, attributes in Elements(html).found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_same_input_gives_the_same_page(html: str, folder: Path, tmp_path: Path) -> None:
    assert written(folder, tmp_path / "page.html") == html


def test_a_bundle_of_another_form_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "EXPORTED", re.compile("no such export"))
    libraries.installed_libraries.cache_clear()
    with pytest.raises(MissingExtra, match="DataTables in a form that this version does not know"):
        libraries.installed_libraries()
    libraries.installed_libraries.cache_clear()


def test_a_script_cannot_end_its_element() -> None:
    script = embeddable("'</SCRIPT>' + '<!-- x' + (a < b)")
    assert script == "'<\\/SCRIPT>' + '<\\!-- x' + (a < b)"
