"""The shipped recipes of lists that cannot be shipped, on small trees of the true layout: what is drawn, and that it is
the same again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sepbench.corpora.corpus import open_corpus
from sepbench.corpora.texts import clip_index, query_text
from sepbench.manifest import Manifest
from sepbench.protocols.dispatch import build_list
from sepbench.protocols.prepare import prepared_suite

MANIFESTS = Path(__file__).parent.parent.parent / "manifests"
CLASSES = (
    ("Bark,Dog,Domestic_animals_and_pets,Animal", "/m/05tny_,/m/0bt9lr,/m/068hy,/m/0jbk"),
    ("Meow,Cat,Domestic_animals_and_pets,Animal", "/m/07qrkrw,/m/01yrx,/m/068hy,/m/0jbk"),
    ("Dog,Domestic_animals_and_pets,Animal", "/m/0bt9lr,/m/068hy,/m/0jbk"),
    ("Electric_guitar,Guitar,Musical_instrument,Music", "/m/02sgy,/m/0342h,/m/04szw,/m/04rlf"),
    ("Drum_kit,Percussion,Musical_instrument,Music", "/m/02hnl,/m/0l14md,/m/04szw,/m/04rlf"),
)


@pytest.fixture
def corpora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Twenty clips each of FSD50K's eval set and Clotho's evaluation split: indexes without audio."""
    truth = tmp_path / "fsd50k" / "FSD50K.ground_truth"
    truth.mkdir(parents=True)
    rows = [f'{100 + i},"{labels}","{mids}"' for i, (labels, mids) in enumerate(CLASSES * 4)]
    (truth / "eval.csv").write_text("\n".join(["fname,labels,mids", *rows, ""]))
    clotho = tmp_path / "clotho"
    clotho.mkdir()
    captions = [f"clip {i}.wav,{','.join(f'Caption {k} of {i}.' for k in range(5))}" for i in range(20)]
    facts = [f"clip {i}.wav,sound{i % 7};place{i % 3},{900 + i},link,,someone,CC0" for i in range(20)]
    (clotho / "clotho_captions_evaluation.csv").write_text(
        "\n".join(["file_name,caption_1,caption_2,caption_3,caption_4,caption_5", *captions, ""])
    )
    (clotho / "clotho_metadata_evaluation.csv").write_text(
        "\n".join(["file_name,keywords,sound_id,sound_link,start_end_samples,manufacturer,license", *facts, ""])
    )
    for name in ("fsd50k", "clotho"):
        monkeypatch.setenv(f"SEPBENCH_DATA_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    open_corpus.cache_clear()
    clip_index.cache_clear()
    yield tmp_path
    open_corpus.cache_clear()
    clip_index.cache_clear()


def built(corpora: Path, recipe: str, name: str = "list") -> Manifest:
    """A shipped recipe with ten rows, since the trees are small; nothing else is changed."""
    text, changes = re.subn(r"rows = 500", "rows = 10", (MANIFESTS / recipe).read_text())
    assert changes == 1
    (corpora / f"{name}.recipe.toml").write_text(text)
    return build_list(corpora / f"{name}.recipe.toml", corpora / f"{name}.jsonl")


@pytest.mark.parametrize("folder", ["open_domain", "hsm_tss"])
def test_fsd50k_keeps_a_class_from_what_is_above_it_and_lets_siblings_meet(corpora: Path, folder: str) -> None:
    rows = built(corpora, f"{folder}/fsd50k.recipe.toml").mixtures
    pairs = {frozenset(source.labels[0] for source in row.sources) for row in rows}
    assert frozenset({"Bark", "Dog"}) not in pairs and all(len(pair) == 2 for pair in pairs)
    assert {"Bark", "Meow", "Electric guitar", "Drum kit"} <= set().union(*pairs)
    assert {query.text for row in rows for query in row.queries} <= {label for pair in pairs for label in pair}
    assert all(-15 <= (row.snr_db or 0) <= 15 and row.sources[1].gain_db is None for row in rows)


@pytest.mark.parametrize("folder", ["open_domain", "hsm_tss"])
def test_clotho_shares_no_keyword_and_points_to_its_captions(corpora: Path, folder: str) -> None:
    rows = built(corpora, f"{folder}/clotho.recipe.toml").mixtures
    for row in rows:
        target, noise = row.sources
        assert not set(target.labels) & set(noise.labels) and target.group != noise.group
        (query,) = row.queries
        assert query.text is None
        assert query_text(query) == f"Caption 0 of {re.sub(r'[^0-9]', '', target.clip)}."
    assert "Caption" not in (corpora / "list.jsonl").read_text()


@pytest.mark.parametrize("recipe", ["open_domain/fsd50k.recipe.toml", "hsm_tss/clotho.recipe.toml"])
def test_the_same_files_give_the_same_bytes(corpora: Path, recipe: str) -> None:
    for name in ("one", "two"):
        built(corpora, recipe, name)
    for ending in ("jsonl", "meta.json"):
        assert (corpora / f"one.{ending}").read_bytes() == (corpora / f"two.{ending}").read_bytes()


def test_a_copy_that_is_too_small_leaves_the_list_unbuilt_and_says_so(corpora: Path) -> None:
    reasons = {one.name: one.reason for one in prepared_suite(MANIFESTS / "open_domain.toml").unbuilt}
    assert set(reasons) == {"open_domain/clotho", "open_domain/fsd50k"}
    assert all("the corpora give too few rows" in reason for reason in reasons.values())
