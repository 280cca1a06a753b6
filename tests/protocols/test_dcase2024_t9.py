"""The challenge's table of mixtures: what rows become, where captions stand, and the rule they are rendered by."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sepbench import audio
from sepbench.corpora.availability import recordings
from sepbench.corpora.corpus import open_corpus
from sepbench.corpora.dcase2024_t9 import Dcase2024T9
from sepbench.corpora.texts import clip_index, query_text
from sepbench.errors import InvalidRecord, MissingData
from sepbench.manifest import load
from sepbench.mixing import render
from sepbench.protocols.dcase2024_t9 import TABLE, build_recipe, import_list
from tests.protocols.tiny_lists import DCASE, content

DOG, RAIN = "692211_12333864-hq", "683417_321967-hq"
INDEX = [
    {"Index": DOG, "Tags": ["dog", "animal"], "Captions": ["Barking", "A dog barks", "A dog"]},
    {"Index": RAIN, "Tags": ["rain"], "Captions": ["It rains", "Rain", "Wet"]},
]
RECIPE = 'schema = 1\nname = "dcase2024_t9"\nprotocol = "dcase2024_t9"\ncorpora = ["dcase2024_t9"]\nrows = 2\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> Path:
    """The published layout in small."""
    root = tmp_path / "dcase"
    root.mkdir()
    (root / TABLE).write_bytes(content(DCASE, "\r\n"))
    (root / "lass_validation.json").write_text(json.dumps(INDEX))
    for name in (DOG, RAIN):
        audio.write(root / "lass_validation" / f"{name}.wav", rng.uniform(-0.9, 0.9, 160000).astype(np.float32), 16000)
    monkeypatch.setenv("SEPBENCH_DATA_DCASE2024_T9", str(root))
    for cached in (open_corpus, clip_index):
        cached.cache_clear()
    return root


def test_columns_are_source_noise_ratio_and_caption(folder: Path, tmp_path: Path) -> None:
    manifest = import_list(folder / TABLE, tmp_path / "l.jsonl")
    row = next(row for row in manifest.mixtures if row.flags[0] == "row:0")
    assert [(source.clip, source.role, source.group) for source in row.sources] == [
        (f"lass_validation/{DOG}.wav", "target", "freesound:692211"),
        (f"lass_validation/{RAIN}.wav", "noise", "freesound:683417"),
    ]
    assert (row.snr_db, row.snr_mode, row.clip_rule) == (-3.0, "power", "peak_0.9_if_gt_1")
    assert (row.sample_rate, row.samples) == (16000, 160000)
    assert [(query.kind, query.text, query.sources) for query in row.queries] == [("caption", "A dog barks", (0,))]
    assert "2 captions stand in this list as text: do not pass it on." in manifest.meta.notes
    assert "2 rows, where the published table has 3000." in manifest.meta.notes


def test_with_the_index_captions_are_pointed_to_and_clips_have_tags(folder: Path, tmp_path: Path) -> None:
    manifest = import_list(folder / TABLE, tmp_path / "l.jsonl", clips=Dcase2024T9(folder).clips())
    rows = {row.flags[0]: row for row in manifest.mixtures}
    pointed, as_text = rows["row:0"].queries[0], rows["row:1"].queries[0]
    assert pointed.text is None and pointed.text_from is not None
    assert (pointed.text_from.clip, pointed.text_from.field) == (f"lass_validation/{DOG}.wav", "caption_2")
    assert query_text(pointed) == "A dog barks"
    assert as_text.text == "Rain, and wind"  # the index has no such caption
    assert rows["row:0"].target.labels == ("dog", "animal")
    assert "1 captions stand in this list as text: do not pass it on." in manifest.meta.notes


def test_a_row_is_rendered_by_the_challenges_rule(folder: Path, tmp_path: Path) -> None:
    """noise * sqrt(P_s / 10^(snr/10) / P_n); when the sum's peak exceeds 1, everything times 0.9 / peak."""
    row = next(r for r in import_list(folder / TABLE, tmp_path / "l.jsonl").mixtures if r.flags[0] == "row:0")
    rendered = render(row, recordings(row))
    source, noise = (
        audio.read(folder / "lass_validation" / f"{name}.wav").audio.astype(np.float64) for name in (DOG, RAIN)
    )
    noise *= np.sqrt(np.mean(source**2) / 10 ** (-3 / 10) / np.mean(noise**2))
    peak = np.abs(source + noise).max()
    assert peak > 1
    np.testing.assert_allclose(rendered.mixture, (source + noise) * 0.9 / peak, atol=1e-6)
    np.testing.assert_allclose(rendered.stems[0], source * 0.9 / peak, atol=1e-6)


def test_the_recipe_takes_table_and_index_from_the_corpus(folder: Path, tmp_path: Path) -> None:
    recipe, counted = tmp_path / "dcase2024_t9.recipe.toml", list[int]()
    recipe.write_text(RECIPE)
    built = build_recipe(recipe, tmp_path / "l.jsonl", counted.append)
    assert (built.meta.name, built.meta.rows, counted) == ("dcase2024_t9", 2, [2])
    assert load(tmp_path / "l.jsonl") == built
    assert (
        built.mixtures == import_list(folder / TABLE, tmp_path / "m.jsonl", clips=Dcase2024T9(folder).clips()).mixtures
    )
    recipe.write_text(RECIPE.replace("rows = 2", "rows = 3000"))
    with pytest.raises(InvalidRecord, match="given 2 rows; wanted 3000"):
        build_recipe(recipe, tmp_path / "n.jsonl")
    (folder / TABLE).unlink()
    with pytest.raises(MissingData, match="file not found"):
        build_recipe(recipe, tmp_path / "n.jsonl")
    assert not (tmp_path / "n.jsonl").exists()


def test_the_shipped_recipe_is_one(folder: Path, tmp_path: Path, project: Path) -> None:
    with pytest.raises(InvalidRecord, match="given 2 rows; wanted 3000"):
        build_recipe(project / "manifests" / "dcase2024_t9.recipe.toml", tmp_path / "n.jsonl")


@pytest.mark.parametrize(
    ("lines", "match"),
    [
        (DCASE[1:], "line 1: .*wanted a header"),
        (DCASE[:1], "line 1: .*and at least one row"),
        ((), "line 1: given nothing; wanted at least one row"),
        ((DCASE[0], f"{DOG},{RAIN},-3"), "line 2: .*wanted 4 values"),
        ((DCASE[0], f"../{DOG},{RAIN},-3,Dog"), "line 2: given ../"),
        ((DCASE[0], f"{DOG},{RAIN},1.5,Dog"), "line 2: .*whole dB"),
        ((DCASE[0], f"{DOG},{RAIN},60,Dog"), "line 2: given 60; wanted within 40 dB"),
        ((DCASE[0], f"{DOG},{RAIN},٣,Dog"), "line 2: .*whole dB"),
        ((DCASE[0], f"{DOG},1_1-hq,3,Dog"), "line 2: given 1_1-hq; wanted a clip that the index names"),
    ],
)
def test_what_is_no_such_table_is_named_by_line(
    folder: Path, tmp_path: Path, lines: tuple[str, ...], match: str
) -> None:
    (folder / TABLE).write_bytes(content(lines))
    with pytest.raises(InvalidRecord, match=match):
        import_list(folder / TABLE, tmp_path / "l.jsonl", clips=Dcase2024T9(folder).clips())
    assert not (tmp_path / "l.jsonl").exists()


def test_a_clip_mixed_with_itself_is_flagged(folder: Path, tmp_path: Path) -> None:
    (folder / TABLE).write_bytes(content((DCASE[0], f"{DOG},{DOG},0,A dog")))
    (row,) = import_list(folder / TABLE, tmp_path / "l.jsonl").mixtures
    assert row.faults == ("self_mix",)
