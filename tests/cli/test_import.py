"""``sepbench manifest import`` as a user meets it, and what can be done with its lists at once."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from sepbench import audio
from sepbench.manifest import load
from tests.cli.test_program import sepbench
from tests.protocols.tiny_lists import DCASE, LISTS, OWN, content

OWN_WORDS = [
    "manifest",
    "import",
    "premixed",
    "--csv",
    "data/items.csv",
    "--mixture",
    "mixtures/{id}.wav",
    "--target",
    "targets/{id}.wav",
    "--query",
    "prompt",
]


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """Tiny lists of AudioSep and of the challenge, and two pairs of one's own."""
    for name, lines in LISTS.items():
        (tmp_path / f"{name}_eval.csv").write_bytes(content(lines))
    (tmp_path / "lass_synthetic_validation.csv").write_bytes(content(DCASE))
    rng = np.random.default_rng(3)
    for name in "ab":
        target, noise = rng.standard_normal((2, 16000)).astype(np.float32) * 0.1
        audio.write(tmp_path / "data" / "targets" / f"{name}.wav", target, 16000)
        audio.write(tmp_path / "data" / "mixtures" / f"{name}.wav", target + noise, 16000)
    (tmp_path / "data" / "items.csv").write_bytes(content(OWN))
    return tmp_path


def test_the_six_lists_of_audiosep_by_name(lists: Path) -> None:
    for name, lines in LISTS.items():
        source = ["manifest", "import", f"audiosep-{name}", "--csv", f"{name}_eval.csv"]
        done = sepbench(*source, "--premixed", "-o", f"premixed/{name}.jsonl", cwd=lists)
        assert done.returncode == 0, done.stderr
        assert f"premixed/{name}.jsonl: {len(lines) - 1} mixtures" in done.stdout
        assert done.stderr.startswith("warning: Not the published file")
    done = sepbench(*source[:2], "audiosep-esc50", "--csv", "esc50_eval.csv", "-o", "p.jsonl", cwd=lists)
    assert done.returncode == 0 and "flagged 2: class_overlap" in done.stdout
    assert {row.snr_db for row in load(lists / "p.jsonl").mixtures} == {0.0}


@pytest.mark.parametrize(
    ("words", "error", "remedy"),
    [
        (["audiosep-audioset", "--csv", "audioset_eval.csv", "-o", "l.jsonl"], "names no noise clips", "--premixed"),
        (
            ["audiosep-esc50", "--csv", "esc50_eval.csv", "-o", "l.jsonl", "--premixed", "--snr-db", "3"],
            "a ratio of their own: given --snr-db 3.0",
            "leave one option out",
        ),
        (["audiosep-esc50", "--csv", "music_eval.csv", "-o", "l.jsonl"], "music_eval.csv, line 2", "esc50_eval.csv"),
        (["audiosep-esc50", "--csv", "nowhere.csv", "-o", "l.jsonl"], "file not found: given nowhere.csv", "check"),
        (["audiosep-esc50", "--csv", "esc50_eval.csv", "-o", "music_eval.csv"], "never edited", "--output"),
        (
            ["dcase2024-t9", "--csv", "lass_synthetic_validation.csv", "-o", "l.jsonl", "--captions", "x.json"],
            "option --captions: given x.json; wanted lass_validation.json",
            "name that file",
        ),
    ],
)
def test_a_wrong_word_exits_2_with_what_and_remedy(lists: Path, words: list[str], error: str, remedy: str) -> None:
    done = sepbench("manifest", "import", *words, cwd=lists)
    *_, what, advice = done.stderr.splitlines()
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert what.startswith("error: ") and error in what and remedy in advice
    assert not (lists / "l.jsonl").exists()


def test_the_challenges_table(lists: Path) -> None:
    done = sepbench(
        *["manifest", "import", "dcase2024-t9", "--csv", "lass_synthetic_validation.csv", "-o", "dcase.jsonl"],
        cwd=lists,
    )
    assert done.returncode == 0 and "note: 2 rows, where the published table has 3000." in done.stdout
    assert {row.snr_db for row in load(lists / "dcase.jsonl").mixtures} == {-3.0, 15.0}


def test_own_pairs_run_and_score_at_once(lists: Path) -> None:
    done = sepbench(*OWN_WORDS, "--group", "recording", "--label", "class", "-o", "mine/mine.jsonl", cwd=lists)
    assert done.returncode == 0, done.stderr
    assert "next: sepbench run --models mixture --suite mine/mine.toml" in done.stdout
    ran = sepbench(*["run", "--models", "mixture", "--suite", "mine/mine.toml", "--workers", "2", "--json"], cwd=lists)
    assert ran.returncode == 0, ran.stderr
    of_mixture = json.loads(ran.stdout)["models"]["mixture"]
    assert of_mixture["metrics"]["si_sdri"]["value"] == 0 and of_mixture["metrics"]["sdri"]["value"] == 0
    assert set(of_mixture["slices"]["label"]) == {"dog", "rain"}
    verified = sepbench("manifest", "verify", "mine/mine.jsonl", "--json", cwd=lists)
    assert json.loads(verified.stdout)[0]["rendered"] == 2

    with (lists / "mine" / "mine.items.csv").open(encoding="utf-8") as table:
        for item in csv.DictReader(table):
            found = audio.read(lists / "data" / item["target"])
            noise = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
            audio.write(lists / "answers" / f"{item['item']}.wav", found.audio + 1e-4 * noise, 16000)  # 60 dB
    scored = sepbench(*["score", "--estimates", "answers", "--suite", "mine/mine.toml", "--json"], cwd=lists)
    assert scored.returncode == 0, scored.stderr
    metrics = json.loads(scored.stdout)["models"]["estimates"]["metrics"]
    assert metrics["si_sdr"]["value"] == pytest.approx(60, abs=0.2)
    assert metrics["si_sdri"]["value"] == pytest.approx(60, abs=0.5)
    again = sepbench(*OWN_WORDS, "-o", "mine/mine.jsonl", cwd=lists)
    assert again.returncode == 2 and "never edited" in again.stderr


def test_missing_audio_is_counted_and_nothing_written(lists: Path) -> None:
    (lists / "data" / "targets" / "b.wav").unlink()
    done = sepbench(*OWN_WORDS, "-o", "mine/mine.jsonl", cwd=lists)
    assert done.returncode == 2 and "1 of 4 audio files are not here: given targets/b.wav" in done.stderr
    assert not (lists / "mine").exists()
