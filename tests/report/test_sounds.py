"""Sounds on the page: the same sound comes back out, levels stay comparable, and what cannot be heard says why."""

from __future__ import annotations

import base64
import io
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sepbench.errors import SepbenchError
from sepbench.report.asked import Asked, find_asked
from sepbench.report.packing import Packed
from sepbench.report.sounds import kept, mp3, parse_wish, sound_pages
from sepbench.report.spectrogram import levels_db, picture
from sepbench.suite import load_suite
from tests.report.run_folders import MODELS, hostile_suite, keep_sounds, suite_part

SYSTEMS = MODELS[:2]


def tone(seconds: float = 1.0, rate: int = 16000, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 1000 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def opened(page: Packed) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(page.text)))


@pytest.mark.parametrize("rate", [16000, 44100, 20000])
def test_the_encoded_sound_is_the_sound(rate: int) -> None:
    encoded = mp3(tone(rate=rate), rate)
    decoded, decoded_rate = soundfile.read(io.BytesIO(encoded))
    assert decoded_rate == {20000: 22050}.get(rate, rate) and encoded == mp3(tone(rate=rate), rate)
    spectrum = np.abs(np.fft.rfft(decoded))
    assert np.argmax(spectrum) * decoded_rate / len(decoded) == pytest.approx(1000, abs=2)
    assert np.sqrt(np.mean(decoded**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_levels_are_those_of_a_full_scale_sine() -> None:
    levels = levels_db(tone(level=0.5), 16000)
    assert levels.max() == pytest.approx(20 * np.log10(0.5), abs=0.1)
    assert levels.mean(axis=1).argmax() == 32  # 1000 Hz in bins of 31.25 Hz
    assert levels_db(np.zeros(10, np.float32), 16000).max() == -120.0


def test_pictures_share_their_scale() -> None:
    from PIL import Image

    loud, soft = (levels_db(tone(level=level), 16000) for level in (0.5, 0.05))
    shades = [np.asarray(Image.open(io.BytesIO(picture(one, float(loud.max()))))) for one in (loud, soft)]
    assert shades[0].shape == (128, 320) and shades[0].max() > shades[1].max()


@pytest.mark.parametrize("text", ["all", "sample:", "sample:-1", "8"])
def test_an_unknown_wish_is_refused(text: str) -> None:
    with pytest.raises(SepbenchError, match=r"--audio: given .*wanted none or sample:N"):
        parse_wish(text)


def test_pages_hold_mixture_target_and_answers(project: Path, tmp_path: Path) -> None:
    suite = hostile_suite(project, tmp_path / "manifests", mixtures=4)
    items = suite.items()
    keep_sounds(tmp_path / "run", items, SYSTEMS, 3)
    answers = kept(tmp_path / "run", [model.name for model in SYSTEMS], [item.name for item in items])
    assert set(answers) == {item.name for item in items[:3]}
    asked = find_asked(suite_part(suite), [tmp_path / "manifests"])
    found = dict(sound_pages("run1", answers, asked, 2, 10_000_000))
    assert len(found) == 2 and list(found) == list(answers)[:2]
    page = opened(next(iter(found.values())))
    roles = [(track["name"], track["role"]) for track in page["tracks"]]
    assert roles == [("the mixture", "mixture"), ("the target", "target"), *((m.name, "model") for m in SYSTEMS)]
    mixture, target, *_ = (soundfile.read(io.BytesIO(base64.b64decode(one["mp3"])))[0] for one in page["tracks"])
    assert len(mixture) == len(target) == 64000 and np.abs(mixture - target).max() > 0.01


def test_no_more_is_packed_than_there_is_room_for(project: Path, tmp_path: Path) -> None:
    suite = hostile_suite(project, tmp_path / "manifests", mixtures=4)
    keep_sounds(tmp_path / "run", suite.items(), SYSTEMS, 3)
    answers = kept(tmp_path / "run", [SYSTEMS[0].name], [item.name for item in suite.items()])
    whole = [page for _, page in sound_pages("run1", answers, Asked(), 9, 10_000_000)]
    room = len(whole[0].text) + len(whole[1].text)
    assert len(whole) == 3 and len(list(sound_pages("run1", answers, Asked(), 9, room))) == 2


def test_an_unknown_or_changed_suite_leaves_the_answers_and_a_reason(project: Path, tmp_path: Path) -> None:
    suite = hostile_suite(project, tmp_path / "manifests", mixtures=2)
    keep_sounds(tmp_path / "run", suite.items(), SYSTEMS, 1)
    answers = kept(tmp_path / "run", [SYSTEMS[0].name], [item.name for item in suite.items()])
    unknown = find_asked({"name": "no such suite", "hash": "x"})
    changed = find_asked(suite_part(suite) | {"hash": "ff" * 32}, [tmp_path / "manifests"])
    assert "the suite is not here" in unknown.reason and "in another state" in changed.reason
    (_, page), *_ = sound_pages("run1", answers, changed, 1, 10_000_000)
    assert [track["role"] for track in opened(page)["tracks"]] == ["model"]
    assert "in another state" in opened(page)["reason"]


def test_words_that_may_not_be_passed_on_are_not_on_the_page(project: Path) -> None:
    suite = load_suite(project / "manifests" / "audiosep" / "premixed" / "audiocaps.toml")
    asked = Asked({item.name: item for item in suite.items()})
    referred = [item for item in suite.items() if item.query.text_from is not None]
    assert referred and not {item.name for item in referred} & set(asked.texts)
