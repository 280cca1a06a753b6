"""Mixtures to learn from: whose clips they are made of, what holds of each, and that a step's are always the same."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from recipes.training.clips import TrainingClip, training_side
from recipes.training.mixtures import Drawing, draw_absent_text, draw_mixtures, generator
from sepbench.audio import Recording
from sepbench.errors import SepbenchError
from sepbench.manifest import Clip
from sepbench.suite import find_suite, load_suite

DRAWING = Drawing(seconds=0.5, source_counts=(2, 3), snr_db=(-15.0, 15.0), label_share=0.5)


@pytest.fixture(scope="module")
def side() -> tuple[TrainingClip, ...]:
    return training_side("demo", sample_rate=16000, per_label=1)


def test_no_clip_of_the_suite_is_learnt_from(side: tuple[TrainingClip, ...]) -> None:
    suite = load_suite(find_suite("demo"))
    tested = {source.group for item in suite.items() for source in item.mixture.sources}
    assert len(side) == 39 and len({one.clip.labels for one in side}) == 39
    assert {one.clip.split for one in side} == {"train"} and not tested & {one.clip.group for one in side}
    assert {one.recording.sample_rate for one in side} == {16000}
    assert {len(one.recording.audio) for one in side} == {80000}  # 5 s


def test_sources_sum_to_the_mixture_at_a_ratio_in_the_range(side: tuple[TrainingClip, ...]) -> None:
    drawn = [one for step in range(12) for one in draw_mixtures(side, DRAWING, 2, generator(0, "test", step))]
    assert {len(one.clips) for one in drawn} == {2, 3}
    for one in drawn:
        stems = np.stack(one.rendered.stems).astype(np.float64)
        assert np.abs(stems.sum(0) - one.rendered.mixture).max() < 1e-6 and stems.shape[1] == 8000
        ratio = 10 * np.log10(np.sum(stems[0] ** 2) / np.sum(stems[1:].sum(0) ** 2))
        assert -15.02 <= ratio <= 15.02
        classes = [clip.clip.all_classes() for clip in one.clips]
        assert len(frozenset().union(*classes)) == sum(map(len, classes))
        assert all(text in clip.texts() for text, clip in zip(one.texts, one.clips, strict=True))


def test_a_step_has_the_same_mixtures_whatever_was_drawn_before(side: tuple[TrainingClip, ...]) -> None:
    draw_mixtures(side, DRAWING, 3, generator(0, "codec", 6))
    one, again, other = (draw_mixtures(side, DRAWING, 1, generator(0, "codec", step))[0] for step in (7, 7, 8))
    assert np.array_equal(one.rendered.mixture, again.rendered.mixture) and one.texts == again.texts
    assert not np.array_equal(one.rendered.mixture, other.rendered.mixture)


def test_an_absent_sound_shares_no_class_with_any_that_is_heard(side: tuple[TrainingClip, ...]) -> None:
    (drawn,) = draw_mixtures(side, DRAWING, 1, generator(0, "test", 0))
    heard = frozenset().union(*(one.clip.all_classes() for one in drawn.clips))
    by_text = {text: one.clip.all_classes() for one in side for text in one.texts()}
    texts = [draw_absent_text(side, drawn.clips, 0.5, generator(0, step)) for step in range(50)]
    assert len(set(texts)) > 20 and not any(heard & by_text[text] for text in texts)


def test_clips_that_may_not_meet_are_an_error() -> None:
    rng = np.random.default_rng(0)
    alike = [
        TrainingClip(
            Clip("c", str(number), ("rain",), str(number), "train"),
            Recording(0.1 * rng.standard_normal(16000).astype(np.float32), 16000),
        )
        for number in range(3)
    ]
    with pytest.raises(SepbenchError, match="no mixtures can be drawn"):
        draw_mixtures(alike, DRAWING, 1, rng)
