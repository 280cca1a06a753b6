"""Companions: which other queries of a mixture are heard beside one, and what a metric gets of them."""

from __future__ import annotations

import dataclasses

from sepbench.engine.companions import companions
from sepbench.manifest import Mixture, Query, Source

DOG = Source("c", "dog", 0, 10, ("dog",), "a", "target", gain_db=0.0)
RAIN = Source("c", "rain", 0, 10, ("rain",), "b", "noise", gain_db=0.0)
QUERIES = (
    Query("label", "extract", (0,), text="dog"),
    Query("label", "remove", (0,), text="dog"),
    Query("label", "extract", (1,), text="rain"),
    Query("label", "remove", (1,), text="the rain"),
    Query("label", "extract", (), text="siren"),
)
MIXTURE = Mixture("x", (DOG, RAIN), QUERIES, 16000, 10, "power", "none", "soxr_hq")


def test_a_removal_goes_with_the_extraction_in_the_same_words() -> None:
    assert companions(MIXTURE, 1, ["complement"]) == {"complement": 0}
    assert companions(MIXTURE, 3, ["complement"]) == {}  # "the rain" was never extracted
    assert companions(MIXTURE, 0, ["complement"]) == {}


def test_an_extraction_goes_with_one_of_another_sound_that_is_there() -> None:
    assert companions(MIXTURE, 0, ["swapped"]) == {"swapped": 2}
    assert companions(MIXTURE, 2, ["swapped"]) == {"swapped": 0}
    assert companions(MIXTURE, 4, ["swapped"]) == {}
    both = dataclasses.replace(MIXTURE, queries=(QUERIES[0], Query("label", "extract", (0, 1), text="dog and rain")))
    assert companions(both, 0, ["swapped"]) == {}


def test_only_what_is_wanted_is_looked_for() -> None:
    assert companions(MIXTURE, 0, []) == {}
