"""CodecSep's DnR chunks on a small tree of the true layout: which are kept, what they are asked, how they sum."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepbench.corpora.availability import recordings
from sepbench.corpora.corpus import open_corpus
from sepbench.errors import InvalidRecord, MissingData, NothingComparable
from sepbench.manifest import Manifest
from sepbench.mixing import render
from sepbench.protocols.dispatch import build_list

RATE = 44100
RECIPE = """schema = 1
name = "codecsep/dnr"
protocol = "codecsep_dnr"
corpora = ["dnr_v2"]
folder = "tt"
sample_rate = 16000
seconds = 2.0
"""
HEADER = "file,class,mix start time,mix end time,clip start time,clip end time,clip gain,annotation"
ANNOTATIONS = (
    'sfx/1.wav,sfx,0.5,1.0,0.0,0.5,0.3,"Dog,Domestic_animal"',
    "sfx/2.wav,background,1.9,2.5,0.0,0.6,0.3,Rain",
    "music/3.wav,music,0.0,6.0,0.0,6.0,0.3,Jazz",
    "speech/4.wav,speech,4.0,6.0,0.0,2.0,0.3,HELLO",
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One test item of 6.5 s whose speech is silent from 2 to 4 s, and one of the validation folder."""
    rng = np.random.Generator(np.random.PCG64(0))
    for item in ("tt/1002", "cv/7"):
        folder = tmp_path / "dnr" / item
        folder.mkdir(parents=True)
        for stem in ("speech", "music", "sfx"):
            noise = 0.1 * rng.standard_normal(round(6.5 * RATE))
            if stem == "speech":
                noise[2 * RATE : 4 * RATE] = 0
            soundfile.write(folder / f"{stem}.wav", noise, RATE)
        soundfile.write(folder / "mix.wav", np.zeros(10), RATE)
        (folder / "annots.csv").write_text("\n".join([HEADER, *ANNOTATIONS, ""]))
    monkeypatch.setenv("SEPBENCH_DATA_DNR_V2", str(tmp_path / "dnr"))
    open_corpus.cache_clear()
    yield tmp_path
    open_corpus.cache_clear()


def built(root: Path, recipe: str = RECIPE) -> Manifest:
    (root / "dnr.recipe.toml").write_text(recipe)
    return build_list(root / "dnr.recipe.toml", root / "dnr.jsonl")


def test_active_chunks_of_the_test_folder_are_kept_and_the_rest_counted(root: Path) -> None:
    manifest = built(root)
    assert sorted(row.sources[0].start for row in manifest.mixtures) == [0, 4 * 16000]
    assert {source.clip.split("/")[0] for row in manifest.mixtures for source in row.sources} == {"tt"}
    assert manifest.meta.refused == {"fewer than half of the frames active": 1}


def test_prompts_are_the_stems_and_the_tags_heard_in_the_chunk(root: Path) -> None:
    texts = {row.sources[0].start: [query.text for query in row.queries] for row in built(root).mixtures}
    assert texts == {0: ["speech", "music", "dog, domestic animal, rain"], 64000: ["speech", "music", "sfx"]}


def test_the_mixture_is_the_plain_sum(root: Path) -> None:
    for row in built(root).mixtures:
        rendered = render(row, recordings(row))
        assert rendered.gains_db == (0.0, 0.0, 0.0) and rendered.common_gain == 1.0
        np.testing.assert_allclose(np.sum(rendered.stems, axis=0), rendered.mixture, atol=1e-6)


def test_nothing_active_and_nothing_there_are_told_apart(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingComparable, match="no chunk of DnR's tr is active"):
        built(root, RECIPE.replace('"tt"', '"tr"'))
    monkeypatch.setenv("SEPBENCH_DATA_DNR_V2", str(root / "nowhere"))
    open_corpus.cache_clear()
    with pytest.raises(MissingData, match="corpus dnr_v2 is not here"):
        built(root)


def test_a_damaged_annotation_is_named_by_line(root: Path) -> None:
    path = root / "dnr" / "tt" / "1002" / "annots.csv"
    path.write_text(path.read_text().replace("0.5,1.0,", "soon,1.0,"))
    with pytest.raises(InvalidRecord, match=r"annots.csv, line 2"):
        built(root)
