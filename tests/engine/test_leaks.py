"""Leaks: what a suite shares with training data, by clip, by recording, and by what is heard."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepbench.corpora.corpus import open_corpus
from sepbench.engine.leaks import Leak, find_leaks
from sepbench.manifest import SCHEMA, Meta, Mixture, Query, Source, save, with_id
from sepbench.separators.discovery import find_models
from sepbench.separators.spec import Model
from sepbench.suite import LoadedSuite, load_suite

HEADER = "filename,fold,target,category,esc10,src_file,take"
ROWS = (
    "1-100-A-0.wav,1,0,dog,True,100,A",
    "2-200-A-14.wav,2,14,chirping_birds,False,200,A",
    "4-100-B-0.wav,4,0,dog,True,100,B",
    "5-400-A-14.wav,5,14,chirping_birds,False,400,A",
    "5-500-A-14.wav,5,14,chirping_birds,False,500,A",
)


@pytest.fixture
def esc50(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five clips; 4-100-B is of the recording of 1-100-A, and 5-500-A sounds exactly like 2-200-A."""
    root = tmp_path / "esc50"
    (root / "meta").mkdir(parents=True)
    (root / "audio").mkdir()
    (root / "meta" / "esc50.csv").write_text("\n".join([HEADER, *ROWS, ""]))
    for seed, name in ((1, "1-100-A-0"), (2, "2-200-A-14"), (3, "4-100-B-0"), (4, "5-400-A-14"), (2, "5-500-A-14")):
        noise = np.random.Generator(np.random.PCG64(seed)).standard_normal(8000) * 0.1
        soundfile.write(root / "audio" / f"{name}.wav", noise, 16000)
    monkeypatch.setenv("SEPBENCH_DATA_ESC50", str(root))
    open_corpus.cache_clear()
    yield root
    open_corpus.cache_clear()


def suite_of(folder: Path, *pairs: tuple[str, str]) -> LoadedSuite:
    """A suite of ESC-50 pairs by file name."""

    def source(file: str, role: str) -> Source:
        group = f"freesound:{file.split('-')[1]}"
        return Source("esc50", f"audio/{file}.wav", 0, 8000, ("x",), group, role)  # type: ignore[arg-type]

    queries = (Query("label", "extract", (0,), text="x"), Query("label", "extract", (1,), text="y"))
    mixtures = [
        with_id(
            Mixture(
                "", (source(a, "target"), source(b, "noise")), queries, 16000, 8000, "power", "none", "soxr_hq", 0.0
            )
        )
        for a, b in pairs
    ]
    save(folder / "list.jsonl", mixtures, Meta(SCHEMA, "list", "test", 0, 0, "", {}, {}, {}))
    text = 'schema = 1\nname = "s"\ntitle = "s"\ndescription = "s"\nmanifests = ["list"]\n'
    (folder / "s.toml").write_text(text + 'metrics = ["si_sdr"]\nscoring_rate = 16000\n')
    return load_suite(folder / "s.toml")


def trained_on(*corpora: str) -> Model:
    model = find_models(["mixture"], [])[0]
    return dataclasses.replace(model, file=dataclasses.replace(model.file, trained_on=corpora))


def test_clip_and_recording_are_found_by_id(esc50: Path, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, ("1-100-A-0", "5-400-A-14"), ("4-100-B-0", "5-400-A-14"), ("5-500-A-14", "5-400-A-14"))
    report = find_leaks(suite, trained_on("esc50"))
    assert report.leaks == (
        Leak(("esc50", "audio/1-100-A-0.wav"), ("esc50", "audio/1-100-A-0.wav"), "clip"),
        Leak(("esc50", "audio/4-100-B-0.wav"), ("esc50", "audio/1-100-A-0.wav"), "recording"),
    )
    assert (report.items, report.of_items, report.checked) == (4, 6, ("esc50:train",))


def test_equal_samples_are_found_by_listening(esc50: Path, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, ("5-500-A-14", "5-400-A-14"))
    assert find_leaks(suite, trained_on("esc50")).leaks == ()
    heard = find_leaks(suite, trained_on("esc50"), listen=True)
    expected = Leak(("esc50", "audio/5-500-A-14.wav"), ("esc50", "audio/2-200-A-14.wav"), "samples")
    assert heard.leaks == (expected,) and heard.items == 2


def test_a_model_trained_on_everything_leaks_everything(esc50: Path, tmp_path: Path) -> None:
    report = find_leaks(suite_of(tmp_path, ("5-500-A-14", "5-400-A-14")), trained_on("esc50:all"))
    assert {leak.by for leak in report.leaks} == {"clip"} and report.items == report.of_items == 2


def test_data_that_is_not_here_is_said_to_be_unchecked(
    esc50: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = suite_of(tmp_path, ("5-500-A-14", "5-400-A-14"))
    monkeypatch.delenv("SEPBENCH_DATA_ESC50")
    monkeypatch.delenv("SEPBENCH_DATA", raising=False)
    open_corpus.cache_clear()
    report = find_leaks(suite, trained_on("esc50"))
    assert report.checked == () and report.leaks == ()
    assert "SEPBENCH_DATA_ESC50" in report.unchecked[0]
