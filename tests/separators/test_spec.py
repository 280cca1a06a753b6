"""adapter.toml: read without importing, errors that name file, line and field, revisions that follow the code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sepbench.errors import InvalidRecord, MissingData
from sepbench.separators.discovery import adapter_folders, find_models
from sepbench.separators.spec import load_model

ADAPTERS = Path(__file__).parent.parent / "adapters"
TEXT = """title = "Mine"
paradigm = "mask"
licence = "MIT"
sample_rate = 32000

[config]
steps = 10

[variants.fast]
steps = 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "adapter.toml").write_text(TEXT)
    (tmp_path / "mine" / "adapter.py").write_text("raise RuntimeError('listing must not import me')\n")
    return tmp_path


def test_variants_override_settings_and_listing_imports_nothing(folder: Path) -> None:
    plain, fast = find_models(["mine", "mine:fast"], [folder])
    assert (plain.config, fast.config) == ({"steps": 10}, {"steps": 2})
    assert (plain.name, fast.name) == ("mine", "mine:fast")
    assert not plain.native_removal and plain.file.modes == ("extract",)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("sample_rate = 32000", 'sample_rate = "32k"', r"adapter.toml, line 4: field sample_rate: given '32k'"),
        ('"mask"', '"magic"', r"adapter.toml, line 2: field paradigm: given 'magic'; wanted Input should be 'mask'"),
        ("licence", "license", r"adapter.toml, line \d: field licen.e"),
        ('title = "Mine"\n', "", r"adapter.toml, line 1: field title: given nothing"),
        ('title = "Mine"', 'title = "Mine', "not valid TOML"),
        ('licence = "MIT"', 'licence = "MIT"\nruntime = "command"', "field command"),
        (
            'licence = "MIT"',
            'licence = "MIT"\nruntime = "command"\ncommand = "sh -c \'cp {mixture} {estimate}"',
            "field command: given .*wanted the command line to run, with every quotation closed",
        ),
    ],
)
def test_bad_file_is_named(folder: Path, old: str, new: str, match: str) -> None:
    (folder / "mine" / "adapter.toml").write_text(TEXT.replace(old, new, 1))
    with pytest.raises(InvalidRecord, match=match):
        load_model(folder / "mine")


def test_unknown_names_get_the_nearest(folder: Path) -> None:
    with pytest.raises(MissingData, match="unknown model: given mnie") as caught:
        find_models(["mnie"], [folder])
    assert caught.value.remedy == "did you mean mine?"
    with pytest.raises(InvalidRecord, match="no variant of that name: given slow; wanted fast"):
        find_models(["mine:slow"], [folder])


def test_revision_follows_the_code_and_not_pythons_leftovers(folder: Path) -> None:
    before = load_model(folder / "mine").revision
    (folder / "mine" / "__pycache__").mkdir()
    (folder / "mine" / "__pycache__" / "x.pyc").write_bytes(b"1")
    assert load_model(folder / "mine").revision == before
    (folder / "mine" / "adapter.py").write_text("pass\n")
    assert load_model(folder / "mine").revision != before


def test_working_folder_comes_before_what_is_shipped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(folder / "mine", folder / "adapters" / "mixture")
    shipped = adapter_folders()["mixture"]
    monkeypatch.chdir(folder)
    assert adapter_folders()["mixture"] == folder / "adapters" / "mixture" != shipped


def test_every_shipped_adapter_reads_and_has_a_page() -> None:
    for name, path in adapter_folders().items():
        assert load_model(path).file.title and (path / "README.md").is_file(), name


FACTS = """
[variants.small]
steps = 1

[facts.small]
title = "Small"
sample_rate = 16000
untrained = true

[[facts.small.weights]]
url = "https://a.example/small.pt"
file = "mine/small.pt"
licence = "MIT"

[facts.small.weights.conversion]
file = "mine/small.safetensors"
keep = ["net."]
"""


def test_a_variants_facts_stand_over_its_adapters(folder: Path) -> None:
    path = folder / "mine" / "adapter.toml"
    path.write_text(TEXT + FACTS)
    plain, fast, small = find_models(["mine", "mine:fast", "mine:small"], [folder])
    assert (small.file.title, small.file.sample_rate, small.file.untrained) == ("Small", 16000, True)
    assert (plain.file.title, plain.file.sample_rate, plain.file.untrained) == ("Mine", 32000, False)
    assert plain.file == fast.file and small.file.paradigm == "mask" and small.config == {"steps": 1}
    assert plain.file.weights == () and small.file.weights[0].conversion is not None


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("[facts.small]", "[facts.smal]", r"field facts: given .*; wanted names of variants"),
        ("steps = 1", "untrained = true", r"field variants: given \['small.untrained'\]; wanted settings; facts of"),
        ("sample_rate = 16000", "sample_rate = 1", r"field sample_rate: given 1; wanted"),
        ("untrained = true", 'untrained = "yes"', r"line \d+: field facts.small.untrained: given 'yes'"),
        ('"mine/small.pt"', '"../small.pt"', r"field weights.file: given \['../small.pt', 'mine/small.safetensors'\]"),
        ('"mine/small.safetensors"', '"/small"', r"field weights.file: given \['mine/small.pt', '/small'\]"),
    ],
)
def test_bad_facts_are_named(folder: Path, old: str, new: str, match: str) -> None:
    (folder / "mine" / "adapter.toml").write_text(TEXT + FACTS.replace(old, new))
    with pytest.raises(InvalidRecord, match=match):
        load_model(folder / "mine", "small")
