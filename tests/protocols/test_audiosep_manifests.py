"""AudioSep's lists as manifests: what rows become in either form, and the lists that are shipped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sepbench import audio
from sepbench.corpora.availability import Availability, recordings
from sepbench.corpora.corpus import open_corpus
from sepbench.corpora.texts import clip_index, query_text, text_sha256
from sepbench.errors import SepbenchError
from sepbench.manifest import Manifest, Mixture, TextReference, load
from sepbench.mixing import render
from sepbench.protocols.audiosep_manifests import import_pairs, import_premixed
from sepbench.protocols.verify import verify
from sepbench.records import load_toml
from sepbench.suite import Suite, load_suite
from tests.protocols.test_audiosep_lists import published, read
from tests.protocols.tiny_lists import CLOTHO, LISTS, content

SHIPPED = Path(__file__).parent.parent.parent / "manifests"
PAIRS = ("audiocaps", "clotho", "esc50", "music", "vggsound")


def rows(manifest: Manifest) -> dict[str, Mixture]:
    return {row.flags[0]: row for row in manifest.mixtures}


@pytest.mark.parametrize(("name", "seconds"), [("audiocaps", 10), ("clotho", 10), ("esc50", 5), ("vggsound", 10)])
def test_pairs_are_from_the_clips_starts_at_the_stated_ratio(tmp_path: Path, name: str, seconds: int) -> None:
    first = rows(import_pairs(read(tmp_path, name), tmp_path / "l.jsonl", snr_db=3.0))["row:0"]
    assert (first.snr_db, first.snr_mode, first.clip_rule) == (3.0, "power", "none")
    assert (first.sample_rate, first.samples) == (32000, seconds * 32000)
    assert [(s.role, s.start, s.samples, s.gain_db) for s in first.sources] == [
        (role, 0, seconds * 32000, None) for role in ("target", "noise", "noise")[: len(first.sources)]
    ]
    assert len(first.sources) == (3 if name == "clotho" else 2)


def test_music_segments_are_cut_from_their_videos(tmp_path: Path) -> None:
    manifest = import_pairs(read(tmp_path, "music"), tmp_path / "l.jsonl", snr_db=0.0)
    target, noise = rows(manifest)["row:0"].sources
    assert (target.start, noise.start) == (0, 16 * 10 * 32000)
    assert any(note.startswith("Assumed, not published") for note in manifest.meta.notes)


def test_labels_are_asked_in_words_and_captions_pointed_to(tmp_path: Path) -> None:
    label = rows(import_premixed(read(tmp_path, "audioset"), tmp_path / "a.jsonl"))["row:2"].queries
    assert [(query.kind, query.text, query.text_from) for query in label] == [
        ("label", "Male speech, man speaking", None)
    ]
    for form in (
        import_premixed(read(tmp_path, "clotho"), tmp_path / "b.jsonl"),
        import_pairs(read(tmp_path, "clotho"), tmp_path / "c.jsonl", snr_db=0.0),
    ):
        (caption,) = rows(form)["row:1"].queries
        assert caption.kind == "caption" and caption.text is None and caption.text_from is not None
        assert caption.text_from == TextReference("audiosep", "data/clotho/segment-1.wav", "caption_1")
        assert caption.text_sha256 == text_sha256("Water runs. ")


def test_premixed_rows_name_two_files_and_where_the_target_is_from(tmp_path: Path) -> None:
    manifest = import_premixed(read(tmp_path, "esc50"), tmp_path / "l.jsonl")
    row = rows(manifest)["row:3"]
    assert row.files == (("audiosep", "data/esc50/segment-3.wav"), ("audiosep", "data/esc50/mixture-3.wav"))
    assert (row.samples, row.snr_db, row.snr_mode, row.faults) == (None, None, "none", ("self_mix", "class_overlap"))
    (target,) = row.sources
    assert (target.origin, target.labels, target.group) == ("esc50", ("dog",), "freesound:100")
    assert load(tmp_path / "l.jsonl").mixtures == manifest.mixtures


def test_faulty_rows_are_kept_and_counted(tmp_path: Path) -> None:
    manifest = import_pairs(read(tmp_path, "clotho"), tmp_path / "l.jsonl", snr_db=0.0)
    assert manifest.meta.rows == 4
    assert manifest.meta.recipe["flags"] == {"repeated_noise": 1, "target_among_noises": 2}


def test_audioset_names_no_noises_and_makes_no_pairs(tmp_path: Path) -> None:
    with pytest.raises(SepbenchError, match="names no noise clips") as caught:
        import_pairs(read(tmp_path, "audioset"), tmp_path / "l.jsonl", snr_db=0.0)
    assert "--premixed" in caught.value.remedy and not (tmp_path / "l.jsonl").exists()


def test_the_meta_file_says_when_the_list_is_another(tmp_path: Path) -> None:
    found = read(tmp_path, "esc50")
    assert import_premixed(found, tmp_path / "a.jsonl").meta.notes[0] == found.warning
    assert import_premixed(replace(found, warning=""), tmp_path / "b.jsonl").meta.notes[0].startswith("The published")


def test_published_audio_is_rendered_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny evaluation folder of AudioSep's: lists, targets and mixtures where its evaluators look for them."""
    folder, rng = tmp_path / "evaluation", np.random.default_rng(5)
    (folder / "metadata").mkdir(parents=True)
    (folder / "metadata" / "clotho_eval.csv").write_bytes(content(CLOTHO, "\r\n"))
    lengths = {"0": 20000, "1": 32000}  # the others are not here
    sounds = {}
    for number, length in lengths.items():
        target, noise = rng.standard_normal((2, length)).astype(np.float32) * 0.1
        sounds[number] = target, target + noise
        audio.write(folder / "data" / "clotho" / f"segment-{number}.wav", sounds[number][0], 32000)
        audio.write(folder / "data" / "clotho" / f"mixture-{number}.wav", sounds[number][1], 32000)
    monkeypatch.setenv("SEPBENCH_DATA_AUDIOSEP", str(folder))
    open_corpus.cache_clear()
    clip_index.cache_clear()
    path = tmp_path / "l.jsonl"
    manifest = import_premixed(read(tmp_path, "clotho"), path)
    for number, (target, mixed) in sounds.items():
        row = rows(manifest)[f"row:{number}"]
        rendered = render(row, recordings(row))
        np.testing.assert_array_equal(rendered.mixture, mixed)
        np.testing.assert_array_equal(rendered.stems[0], target)
    assert query_text(rows(manifest)["row:1"].queries[0]) == "Water runs. "
    here = verify(path)
    assert (here.rows, here.buildable, here.rendered) == (4, 2, 2)
    open_corpus.cache_clear()
    clip_index.cache_clear()


def assert_same_list(made: Manifest, shipped: Path) -> None:
    assert made.path.read_bytes() == shipped.read_bytes()
    assert replace(made.meta, builder="") == replace(load(shipped).meta, builder="")  # which names our own version


@pytest.mark.parametrize("name", PAIRS)
def test_shipped_pairs_are_the_published_list(tmp_path: Path, name: str) -> None:
    made = import_pairs(published(name), tmp_path / f"{name}.jsonl", snr_db=0.0)
    assert_same_list(made, SHIPPED / "audiosep" / f"{name}.jsonl")


@pytest.mark.parametrize("name", LISTS)
def test_shipped_premixed_lists_are_the_published_ones(tmp_path: Path, name: str) -> None:
    made = import_premixed(published(name), tmp_path / f"{name}.jsonl")
    assert_same_list(made, SHIPPED / "audiosep" / "premixed" / f"{name}.jsonl")


def test_shipped_lists_have_the_published_counts_and_faults() -> None:
    """Without the published lists, which are not part of the project."""
    counts = {"audiocaps": 4820, "clotho": 5225, "esc50": 2000, "music": 5004, "vggsound": 1000, "audioset": 5270}
    faulty = {"audiocaps": 3, "clotho": 13, "vggsound": 2}
    for folder, names in (("audiosep", PAIRS), ("audiosep/premixed", tuple(counts))):
        for name in names:
            manifest = load(SHIPPED / folder / f"{name}.jsonl")
            assert len(manifest.mixtures) == counts[name]
            assert sum(bool(row.faults) for row in manifest.mixtures) == faulty.get(name, 0)
            assert all(query.text is None for row in manifest.mixtures for query in row.queries) == (
                name in ("audiocaps", "clotho")
            )


def test_averages_are_the_papers() -> None:
    rules = {
        f"{folder}{name}": load_toml(Suite, SHIPPED / "audiosep" / f"{folder}{name}.toml").averaging
        for folder, names in (("", PAIRS), ("premixed/", LISTS))
        for name in names
    }
    special = {
        "music": "macro_class_mean",
        "premixed/music": "macro_class_mean",
        "premixed/audioset": "class_median_mean",
    }
    assert rules == dict.fromkeys(rules, "mean") | special


def test_eventsep_asks_three_of_the_lists_and_averages_over_rows() -> None:
    loaded = load_suite(SHIPPED / "eventsep.toml")
    assert [len(manifest.mixtures) for manifest in loaded.manifests] == [1000, 5004, 2000]
    assert (len(loaded.items()), loaded.suite.averaging, loaded.suite.scoring_rate) == (8004, "mean", 32000)


def test_shipped_esc50_pairs_are_no_two_of_a_class_or_a_recording() -> None:
    manifest = load(SHIPPED / "audiosep" / "esc50.jsonl")
    assert len({row.sources[0].clip for row in manifest.mixtures}) == 2000  # every clip once as target
    assert len({row.sources[1].clip for row in manifest.mixtures}) == 1274
    assert all(len(row.flags) == 1 for row in manifest.mixtures)
    assert all(row.sources[0].group != row.sources[1].group for row in manifest.mixtures)


def test_exactly_242_rows_are_buildable_from_the_partial_copy(real_esc50: Path) -> None:
    here = Availability()
    assert sum(here.has_all(row) for row in load(SHIPPED / "audiosep" / "esc50.jsonl").mixtures) == 242
