"""Prompts to AudioSet classes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest

from sepbench.errors import SepbenchError
from sepbench.separators.eventsep.audioset_classes import TABLE, class_names
from sepbench.separators.eventsep.evaluator import stem_of
from sepbench.separators.eventsep.label_mapping import ClassMatch, map_prompt


def letters(texts: Sequence[str]) -> np.ndarray:
    """How often each letter occurs, unit length: a stand-in for an embedding model."""
    counts = np.array([[text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts])
    return np.float32(counts / np.linalg.norm(counts, axis=1, keepdims=True))


def mapped(prompt: str, label_map: str = "word-boundary") -> ClassMatch:
    return map_prompt(prompt, class_names(), label_map=label_map, embed=letters)


def test_the_table_is_audiosets_own() -> None:
    published = "cdd1049833c4b86127c2773ac0d14a2754b6a6d0d1798002ed5c66e699708429"
    assert hashlib.sha256(TABLE.read_bytes()).hexdigest() == published
    assert len(set(class_names())) == 527


@pytest.mark.parametrize(
    ("prompt", "label", "route"),
    [
        ("Train horn", "Train horn", "exact"),
        (" SPEECH ", "Speech", "exact"),
        ("a dog barking", "Dog", "substring"),
        ("church bells", "Church bell", "embedding"),
        ("xylophone", "Marimba, xylophone", "substring"),
        ("vacuum-cleaner", "Vacuum cleaner", "substring"),
    ],
)
def test_whole_words_decide(prompt: str, label: str, route: str) -> None:
    found = mapped(prompt)
    assert (found.label, found.route) == (label, route)
    assert class_names()[found.index] == label


@pytest.mark.parametrize(
    ("prompt", "papers"),
    [("sneezing", "Zing"), ("cow", "Cowbell"), ("train horning", "Rain"), ("ripping paper", "Ping")],
)
def test_letters_inside_words_decide_in_the_paper_only(prompt: str, papers: str) -> None:
    assert mapped(prompt, "paper").label == papers
    assert mapped(prompt).label != papers


def test_an_empty_prompt_and_an_unknown_map_are_refused() -> None:
    with pytest.raises(SepbenchError, match="empty prompt"):
        mapped("  ")
    with pytest.raises(SepbenchError, match="unknown label map: given words"):
        mapped("dog", "words")


@pytest.mark.parametrize(
    ("prompt", "stem"), [("Lead Singer", "vocals"), ("snare hit", "drums"), ("bassoon", "bass"), ("rain", None)]
)
def test_keywords_name_stems(prompt: str, stem: str | None) -> None:
    assert stem_of(prompt) == stem
