"""Vectors on disk: computed once, kept apart by identity, computed anew where a file is damaged."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from sepbench.embeddings.cache import vectors_of, vectors_of_texts
from sepbench.embeddings.embedder import About, Vector
from sepbench.errors import SepbenchError

ABOUT = About("test:mean", 1, 8000, 2, frozenset({"audio", "text"}), "whole", (), "MIT", "this test", extra="")


class Counting:
    """Gives mean and length of a clip, and counts what it was asked."""

    def __init__(self, identity: str = "test") -> None:
        self.about = ABOUT
        self.identity = identity
        self.asked: list[int] = []

    def audio(self, clips: Sequence[np.ndarray]) -> list[Vector]:
        self.asked.append(len(clips))
        return [np.array([clip.mean(), len(clip)], np.float32) for clip in clips]

    def text(self, texts: Sequence[str]) -> list[Vector]:
        self.asked.append(len(texts))
        return [np.array([len(text)], np.float32) for text in texts]


CLIPS = [np.full(3, 0.5, np.float32), np.ones(5, np.float32), np.full(3, 0.5, np.float32)]


def test_each_clip_once_in_one_batch_in_order(cache: Path) -> None:
    embedder = Counting()
    first = vectors_of(embedder, CLIPS)
    again = vectors_of(embedder, [CLIPS[1], CLIPS[0]])
    assert embedder.asked == [2]
    assert [vector.tolist() for vector in first] == [[0.5, 3], [1, 5], [0.5, 3]]
    assert [vector.tolist() for vector in again] == [[1, 5], [0.5, 3]]


def test_only_what_is_missing_is_computed(cache: Path) -> None:
    embedder = Counting()
    vectors_of(embedder, CLIPS[:1])
    vectors_of(embedder, CLIPS)
    vectors_of_texts(embedder, ["a", "b"])
    vectors_of_texts(embedder, ["b", "c"])
    assert embedder.asked == [1, 1, 2, 1]


def test_rate_and_identity_keep_vectors_apart(cache: Path) -> None:
    embedder, other = Counting(), Counting("other")
    vectors_of(embedder, CLIPS)
    vectors_of(other, CLIPS)
    embedder.about = replace(ABOUT, rate=16000)
    vectors_of(embedder, CLIPS)
    assert (embedder.asked, other.asked) == ([2, 2], [2])


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"no array", b"nan", b"double"])
def test_a_damaged_file_is_computed_anew(cache: Path, damage: bytes) -> None:
    embedder = Counting()
    vectors_of(embedder, CLIPS[:1])
    (path,) = cache.rglob("*.npy")
    if damage in (b"nan", b"double"):
        np.save(path, np.array([np.nan if damage == b"nan" else 1, 0], np.float32 if damage == b"nan" else np.float64))
    else:
        path.write_bytes(damage)
    assert vectors_of(embedder, CLIPS[:1])[0].tolist() == [0.5, 3]
    assert vectors_of(embedder, CLIPS[:1])[0].tolist() == [0.5, 3]
    assert embedder.asked == [1, 1]
    assert [file.name for file in cache.rglob("*") if file.is_file()] == [path.name]


def test_two_threads_keep_one_vector_at_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both_wrote, save = Barrier(2, timeout=10), np.save

    def save_and_wait(*given: object, **named: object) -> None:
        save(*given, **named)  # type: ignore[arg-type]
        both_wrote.wait()

    monkeypatch.setattr(np, "save", save_and_wait)
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(vectors_of, Counting(), CLIPS[:1]) for _ in range(2)]
        assert [done.result()[0].tolist() for done in asked] == [[0.5, 3], [0.5, 3]]
    (path,) = (file for file in cache.rglob("*") if file.is_file())
    assert np.load(path).tolist() == [0.5, 3]


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(SepbenchError, match=r"a vector cannot be kept: given .*: Not a directory") as caught:
        vectors_of(Counting(), CLIPS[:1])
    assert "SEPBENCH_CACHE" in caught.value.remedy
