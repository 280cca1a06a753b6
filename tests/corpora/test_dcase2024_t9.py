"""The DCASE 2024 task 9 validation set: the form of its index, recordings, captions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.corpora.dcase2024_t9 import Dcase2024T9
from sepbench.errors import InvalidRecord, MissingData, SepbenchError

ENTRIES = [
    {
        "Index": "699743_14083205-hq",
        "Tags": ["alarm", "siren", "siren"],
        "Captions": ["It rings.", "It wails. ", "So."],
    },
    {
        "Index": "683683_4912242-hq",
        "Tags": ["musical instrument"],
        "Captions": ["One plays.", "Two play.", "All play."],
    },
    {"Index": "own recording", "Tags": ["wind"], "Captions": ["The wind blows."]},
]


def write(folder: Path, entries: object = ENTRIES) -> Dcase2024T9:
    """Write an index."""
    (folder / "lass_validation.json").write_text(json.dumps(entries, indent=4))
    return Dcase2024T9(folder)


def test_clips_have_tags_captions_and_the_sounds_number(tmp_path: Path) -> None:
    play, ring, own = write(tmp_path).clips()
    assert (ring.id, ring.group) == ("lass_validation/699743_14083205-hq.wav", "freesound:699743")
    assert ring.labels == ("alarm", "siren") and ring.captions == ("It rings.", "It wails. ", "So.")
    assert (play.group, play.labels, play.split) == ("freesound:683683", ("musical instrument",), "validation")
    assert own.group == "dcase2024_t9:own recording"


def test_version_ignores_the_order_of_entries(tmp_path: Path) -> None:
    version = write(tmp_path).version
    assert write(tmp_path, ENTRIES[::-1]).version == version
    assert write(tmp_path, ENTRIES[1:]).version != version


@pytest.mark.parametrize("folder", ["lass_validation", "."])
def test_audio_lies_in_the_archives_folder_or_beside_the_index(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    soundfile.write(tmp_path / folder / "699743_14083205-hq.flac", np.full(1600, 0.5), 16000)
    corpus = write(tmp_path)
    here = [clip.id for clip in corpus.clips() if corpus.has(clip.id)]
    assert here == ["lass_validation/699743_14083205-hq.wav"] and corpus.read(here[0]).sample_rate == 16000
    with pytest.raises(MissingData, match=r"dcase2024_t9 has no lass_validation/683683_4912242-hq\.wav"):
        corpus.read("lass_validation/683683_4912242-hq.wav")


@pytest.mark.parametrize(
    ("entries", "match"),
    [
        ([*ENTRIES, ENTRIES[0]], r"lass_validation\.json: field 3\.Index: given 699743_14083205-hq; .*each once"),
        ([{**ENTRIES[0], "Index": "../x"}], r"field 0\.Index: given \.\./x"),
        ([{"Index": "1_2-hq", "Tags": []}], r"field 0\.Captions: given nothing"),
        ([{**ENTRIES[0], "Tags": "siren"}], r"field 0\.Tags"),
        ({"data": ENTRIES}, r"lass_validation\.json"),
    ],
)
def test_a_faulty_entry_is_named(tmp_path: Path, entries: object, match: str) -> None:
    with pytest.raises(InvalidRecord, match=match):
        write(tmp_path, entries).clips()


def test_no_index_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"lass_validation\.json"):
        Dcase2024T9(tmp_path).clips()


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_damaged_byte_is_an_error_or_another_index(
    tmp_path_factory: pytest.TempPathFactory, position: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    corpus = write(folder)
    path = folder / "lass_validation.json"
    content = bytearray(path.read_bytes())
    content[position % len(content)] = byte
    path.write_bytes(content)
    try:
        clips = corpus.clips()
    except SepbenchError as error:
        assert "lass_validation.json" in error.what
    else:
        assert corpus.version and len({clip.id for clip in clips}) == 3
