"""Embedders of other environments: packages that cannot be imported here, run by an interpreter of their own.

Clips are cut into windows here, so that no package crops at random, and the vectors of a clip's windows are averaged
here. How the process is run is `sepbench.embeddings.outside_process`'s.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sepbench.audio import Audio
from sepbench.embeddings.embedder import About, Vector, identity_of, no_texts
from sepbench.embeddings.environments import environment, interpreter
from sepbench.embeddings.outside_process import OutsideProcess
from sepbench.embeddings.outside_recipes import RECIPES, Recipe
from sepbench.embeddings.windows import mean, repeated, windows
from sepbench.errors import MissingData, SepbenchError
from sepbench.weights import find

EMBEDDERS = tuple(recipe.about for recipe in RECIPES.values())
AT_ONCE = 8
"""Windows of one question."""
ASK_SECONDS = 300.0
"""For each window or text."""


def locate(about: About) -> About:
    """The facts as they are, once its environment and its code are found: they are asked for before gigabytes are.

    Raises:
        MissingData: one of them is not here; the remedy brings it.
    """
    recipe = RECIPES[about.name]
    interpreter(environment(recipe.environment))
    _folders(about, recipe)
    return about


def open_embedder(about: About, device: str) -> OutsideEmbedder:
    """Start the process and load the weights.

    Raises:
        MissingExtra: the interpreter lacks a package.
        SepbenchError: the weights cannot be loaded.
    """
    return OutsideEmbedder(about, RECIPES[about.name], device)


class OutsideEmbedder:
    """One embedder in a process of its own, which is started again after it fell."""

    def __init__(self, about: About, recipe: Recipe, device: str) -> None:
        self.about = about
        self.identity = identity_of(about)
        self._recipe = recipe
        self._window = round(recipe.window_seconds * about.rate)
        config = _config(about, recipe)
        self._process = OutsideProcess(about.name, recipe.environment, recipe.script, config, device)

    def audio(self, clips: Sequence[Audio]) -> list[Vector]:
        """Embed clips, a few windows at a time.

        Raises:
            SepbenchError: an empty clip, a process that failed, a vector that is none.
        """
        if not all(len(clip) for clip in clips):
            raise SepbenchError("an empty clip has no vector", wanted="at least one sample")
        pieces = [windows(clip, self._window) for clip in clips]
        given = [repeated(one, self._window) if self._recipe.fills else one for clip in pieces for one in clip]
        vectors: list[Vector] = []
        for start in range(0, len(given), AT_ONCE):
            vectors += self._embed(None, given[start : start + AT_ONCE])
        remaining = iter(vectors)
        return [mean([next(remaining) for _ in clip]) for clip in pieces]

    def text(self, texts: Sequence[str]) -> list[Vector]:
        """Embed texts.

        Raises:
            SepbenchError: it knows no texts, or one is too long for it.
        """
        if "text" not in self.about.speaks:
            raise no_texts(self.about)
        return self._embed(list(texts), [])

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _embed(self, texts: list[str] | None, clips: Sequence[Audio]) -> list[Vector]:
        """The vectors of some texts, or else of windows."""
        count = len(clips) if texts is None else len(texts)
        header = {"type": "embed", "texts": texts}
        found = self._process.ask(
            header, clips, wanted="vectors", most=count * self.about.dim, seconds=count * ASK_SECONDS
        )
        lengths = {len(vector) for vector in found}
        if len(found) != count or lengths - {self.about.dim} or not all(np.isfinite(vector).all() for vector in found):
            raise self._process.failure(
                f"{len(found)} of lengths {sorted(lengths)}", "gave other vectors than finite ones"
            )
        return found


def _config(about: About, recipe: Recipe) -> dict[str, Any]:
    """The script's settings: constants, and where its files are."""
    paths = {Path(weight.file).name: str(find(weight)) for weight in about.weights}
    config: dict[str, Any] = {**recipe.config, "tokenizer": [paths[file] for file in recipe.tokenizer]}
    config |= {setting: paths[file] for file, setting in recipe.files.items()}
    return config | _folders(about, recipe)


def _folders(about: About, recipe: Recipe) -> dict[str, str]:
    """Settings by the folders that only the user knows.

    Raises:
        MissingData: one is not named.
    """
    for variable in recipe.folders:
        if not os.environ.get(variable):
            raise MissingData(
                f"the code of {about.name} is not here",
                given=f"{variable} is not set",
                wanted="the folder of its repository",
                remedy=f"clone it and set {variable}=FOLDER, see docs/afsim.md",
            )
    return {setting: os.environ[variable] for variable, setting in recipe.folders.items()}
